package org.lionalign.align.online;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lionalign.align.judge.Judgement;
import org.lionalign.align.judge.JudgementJson;
import org.lionalign.align.judge.Question;
import org.lionalign.align.sample.Drawn;
import org.lionalign.align.text.TextModel;
import org.lionalign.core.chat.Conversation;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.json.Json;
import org.lionalign.core.json.JsonLines;

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

    /** The rows of a file of {@code lion sample} or {@code lion judge}, in order. */
    public static List<JudgedPrompt> read(Path file) {
        List<JudgedPrompt> all = new ArrayList<>();
        try (JsonLines lines = JsonLines.open(file)) {
            for (JsonLines.Row row : lines) {
                all.add(of(row.value(), file, row.line()));
            }
        }
        return all;
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
                node.path("judgement") instanceof ObjectNode judgement
                        ? JudgementJson.read(judgement, answers.size(), where + ": judgement")
                        : null);
    }

    /** As it stands in rows: what {@link JudgementJson} writes, and whose it is. */
    public static ObjectNode toJson(Judgement judgement, String judge) {
        ObjectNode node = Json.object().put("judge", judge);
        return node.setAll(JudgementJson.write(judgement));
    }
}
