package org.lionalign.align.judge;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.lionalign.align.text.ModelDigest;
import org.lionalign.core.chat.Conversation;
import org.lionalign.core.chat.Message;
import org.lionalign.core.data.RowFiles;
import org.lionalign.core.data.RowReader;
import org.lionalign.core.error.BadInput;

/**
 * Recorded scores by the texts of prompt and answer. Rows: what {@code lion judge} writes, or one answer each, {@code prompt} (or
 * {@code messages}, {@code instruction}), {@code answer} (or {@code output}) and {@code score}; without a prompt, the answer's text alone is
 * looked up. AlpacaEval's annotations are read as they are: {@code preference} from 1 to 2, where 0 means a draw as 1.5 does.
 *
 * <p>Failures: {@code unrecorded}, and {@code ambiguous} where the same text was recorded with different scores.
 */
public final class ReplayJudge implements Judge {
    private final Map<String, Double> scores = new HashMap<>(); // NaN: ambiguous
    private final String identity;

    /** @param path a file (JSONL, JSON array, also .gz), or a folder of them */
    public ReplayJudge(Path path) {
        StringBuilder hashes = new StringBuilder();
        for (Path file : files(path)) {
            hashes.append(ModelDigest.file(file)).append('\n');
            try (RowReader rows = RowFiles.open(file)) {
                for (RowReader.Row row = rows.next(); row != null; row = rows.next()) {
                    String where = file + ":" + row.number();
                    if (!(row.value() instanceof ObjectNode value)) {
                        throw new BadInput(where + ": expected a JSON object, found "
                                + (row.error() != null ? row.error() : row.value()));
                    }
                    read(value, where);
                }
            }
        }
        identity = "replay " + ModelDigest.text(hashes.toString());
    }

    private static List<Path> files(Path path) {
        if (!Files.isDirectory(path)) {
            if (!Files.exists(path)) {
                throw new BadInput(path + ": no such file or folder");
            }
            return List.of(path);
        }
        try (Stream<Path> all = Files.list(path)) {
            List<Path> found = all.filter(file -> file.toString().matches(".*\\.jsonl?(\\.gz)?"))
                    .sorted()
                    .toList();
            if (found.isEmpty()) {
                throw new BadInput(path + ": expected files of recorded scores (.jsonl, .json), found none");
            }
            return found;
        } catch (IOException e) {
            throw new BadInput(path + ": cannot be listed: " + e.getMessage(), e);
        }
    }

    private void read(ObjectNode row, String where) {
        Conversation prompt = AnswerRows.prompt(row, where);
        JsonNode judgement = row.path("judgement");
        if (judgement.isObject()) {
            Question question = AnswerRows.question(row, where);
            Judgement recorded = JudgementJson.read(
                    (ObjectNode) judgement, question.answers().size(), where);
            for (int a = 0; a < question.answers().size(); a++) {
                if (recorded.failures()[a] == null) {
                    put(question.prompt(), question.answers().get(a), recorded.scores()[a]);
                }
            }
            return;
        }
        String answer = row.path(row.has("answer") ? "answer" : row.has("output_2") ? "output_2" : "output")
                .textValue();
        boolean alpaca = !row.has("score") && row.has("preference");
        JsonNode score = row.path(alpaca ? "preference" : "score");
        if (answer == null || !(score.isNumber() || (alpaca && score.isNull()))) {
            throw new BadInput(where + ": expected answer (or output) and score (or preference), or judgement, found "
                    + row.properties().stream().map(Map.Entry::getKey).toList());
        }
        if (score.isNumber()) { // AlpacaEval writes null where its judge failed
            double value = score.doubleValue();
            put(prompt, answer, alpaca && value == 0 ? 1.5 : value);
        }
    }

    private void put(@Nullable Conversation prompt, String answer, double score) {
        scores.merge(key(prompt, answer), score, (a, b) -> a.equals(b) ? a : Double.NaN);
    }

    private static String key(@Nullable Conversation prompt, String answer) {
        StringBuilder key = new StringBuilder();
        if (prompt != null) {
            for (Message message : prompt.messages()) {
                key.append(message.role())
                        .append('\0')
                        .append(message.content())
                        .append('\0');
            }
        }
        return ModelDigest.text(key.append('\1').append(answer).toString());
    }

    @Override
    public String identity() {
        return identity;
    }

    @Override
    public void judge(List<Question> questions, Sink sink) {
        for (int q = 0; q < questions.size(); q++) {
            Question question = questions.get(q);
            double[] found = Scores.none(question.answers().size());
            String[] failures = new String[found.length];
            for (int a = 0; a < found.length; a++) {
                String answer = question.answers().get(a);
                Double score = scores.get(key(question.prompt(), answer));
                score = score == null ? scores.get(key(null, answer)) : score;
                if (score == null) {
                    failures[a] = "unrecorded";
                } else if (score.isNaN()) {
                    failures[a] = "ambiguous";
                } else {
                    found[a] = score;
                }
            }
            sink.onJudgement(q, new Judgement(found, failures, null));
        }
    }
}
