package org.lionalign.align.online;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lionalign.align.judge.Judgement;
import org.lionalign.align.judge.Question;
import org.lionalign.align.sample.Drawn;
import org.lionalign.align.text.TextModel;
import org.lionalign.core.chat.Conversation;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.json.Json;

/**
 * A prompt, its answers, and what a judge thinks of them: a row of {@code lion sample} with a {@code judgement} beside its answers.
 *
 * @param id file and row of the prompt
 * @param promptId digest of the prompt
 * @param promptIds its tokens as the policy read them, null when only a server knows
 * @param failures answers that the sampler could not draw
 * @param refusal why the prompt was not answered at all, or null
 * @param sampledBy policy and settings
 * @param row the prompt's own row, which may hold an original pair
 * @param judgement null before the judge has spoken
 */
public record JudgedPrompt(
        String id,
        String source,
        String promptId,
        Conversation prompt,
        int @Nullable [] promptIds,
        List<Drawn> answers,
        int failures,
        @Nullable String refusal,
        JsonNode sampledBy,
        ObjectNode row,
        String judge,
        @Nullable Judgement judgement) {
    public JudgedPrompt {
        answers = List.copyOf(answers);
    }

    /** What a judge is asked; null when there is nothing to compare. */
    public @Nullable Question question() {
        return answers.isEmpty()
                ? null
                : new Question(id, prompt, answers.stream().map(Drawn::text).toList(), row);
    }

    /** A row of {@code lion sample} or {@code lion judge}. */
    public static JudgedPrompt of(JsonNode node, Path file, long line) {
        String where = file + ":" + line;
        if (!node.path("answers").isArray()) {
            throw BadInput.of(
                    file,
                    line,
                    "answers",
                    "a list",
                    node.path("answers").getNodeType().toString());
        }
        ObjectNode row = node.path("row") instanceof ObjectNode own ? own : ((ObjectNode) node).deepCopy();
        Conversation prompt = node.path("prompt").isTextual()
                ? Conversation.of(new org.lionalign.core.chat.Message(
                        "user", node.get("prompt").asText()))
                : TextModel.conversation(node.path("prompt"), row, where + ": prompt");
        List<Drawn> answers = new ArrayList<>();
        for (int i = 0; i < node.get("answers").size(); i++) {
            JsonNode answer = node.get("answers").get(i);
            answers.add(
                    answer.isTextual()
                            ? new Drawn(i, answer.asText(), null, null, "stop", null, "", true, null)
                            : Drawn.of(
                                    answer.has("index") ? answer : ((ObjectNode) answer.deepCopy()).put("index", i)));
        }
        String id = node.path("id").asText(where);
        JsonNode ids = node.path("prompt_ids");
        return new JudgedPrompt(
                id,
                node.path("source").asText(file.toString()),
                node.path("prompt_id").asText(id),
                prompt,
                ids.isArray() ? org.lionalign.align.text.Scorer.ids(ids, where + ": prompt_ids") : null,
                answers,
                node.path("failures").size(),
                node.hasNonNull("refusal") ? node.get("refusal").asText() : null,
                node.path("sampled_by"),
                row,
                node.path("judgement").path("judge").asText(),
                node.hasNonNull("judgement") ? judgement(node.get("judgement"), answers.size(), where) : null);
    }

    /** As it stands in rows: scores and matrix with null where the judge failed, and why. */
    public static ObjectNode toJson(Judgement judgement, String judge) {
        ObjectNode node = Json.object().put("judge", judge);
        node.set("scores", numbers(judgement.scores()));
        ArrayNode failures = node.putArray("failures");
        for (String failure : judgement.failures()) {
            failures.add(failure);
        }
        double[][] pairwise = pairwise(judgement);
        if (pairwise != null) {
            ArrayNode rows = node.putArray("pairwise");
            for (double[] row : pairwise) {
                rows.add(numbers(row));
            }
        }
        return node;
    }

    @SuppressWarnings("NullAway") // the matrix is there as a whole or not at all
    static double @Nullable [][] pairwise(Judgement judgement) {
        return judgement.pairwise();
    }

    private static ArrayNode numbers(double[] values) {
        ArrayNode list = Json.MAPPER.createArrayNode();
        for (double value : values) {
            if (Double.isNaN(value)) {
                list.addNull();
            } else {
                list.add(value);
            }
        }
        return list;
    }

    private static Judgement judgement(JsonNode node, int answers, String where) {
        double[] scores = doubles(node.path("scores"), answers, where + ": judgement.scores");
        String[] failures = new String[answers];
        for (int i = 0; i < answers; i++) {
            JsonNode failure = node.path("failures").path(i);
            failures[i] = failure.isTextual() ? failure.asText() : Double.isNaN(scores[i]) ? "no score" : null;
            if (failures[i] != null) {
                scores[i] = Double.NaN; // a failure is never a score
            }
        }
        JsonNode matrix = node.path("pairwise");
        double[][] pairwise = matrix.isArray() ? new double[answers][] : null;
        for (int i = 0; pairwise != null && i < answers; i++) {
            pairwise[i] = doubles(matrix.path(i), answers, where + ": judgement.pairwise[" + i + "]");
        }
        return new Judgement(scores, failures, pairwise);
    }

    private static double[] doubles(JsonNode list, int n, String where) {
        if (!list.isArray() || list.size() != n) {
            throw new BadInput(where + ": expected " + n + " numbers, one for each answer, found "
                    + (list.isArray() ? list.size() + "" : list.getNodeType()));
        }
        double[] values = new double[n];
        for (int i = 0; i < n; i++) {
            if (!list.get(i).isNumber() && !list.get(i).isNull()) {
                throw new BadInput(where + "[" + i + "]: expected a number or null, found " + list.get(i));
            }
            values[i] = list.get(i).isNull() ? Double.NaN : list.get(i).asDouble();
        }
        return values;
    }
}
