package org.lionalign.align.judge;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BooleanSupplier;
import org.lionalign.align.text.ModelDigest;
import org.lionalign.core.format.AppendLog;
import org.lionalign.core.json.Json;

/**
 * Judgements in a file, found again by judge and content of the question, so that judging goes on where it was killed. Failures are not kept:
 * the next call asks again.
 */
public final class KeptJudgements {
    /** Questions between two marks of progress; a judge whose results depend on its neighbours sees the same ones whatever was killed. */
    private static final int CHUNK = 32;

    private final AppendLog log;
    private final Map<String, ObjectNode> known = new HashMap<>(); // looked up only

    /** @param file judgements, appended; several judges may share it */
    public KeptJudgements(Path file) {
        log = new AppendLog(file);
        log.read((place, line) -> {
            ObjectNode node = (ObjectNode) Json.parse(line, file.toString());
            known.put(node.path("key").asText(), node);
        });
    }

    /** Hears how far it is. */
    @FunctionalInterface
    public interface Progress {
        void at(int done);
    }

    /**
     * Judges what is not in the file yet and hands every question's judgement on, in order, failures too.
     *
     * @param interrupted when true, returns after what is under way was handed on
     * @return false when interrupted before the end
     */
    public boolean judge(
            Judge judge, List<Question> questions, Progress progress, BooleanSupplier interrupted, Judge.Sink sink) {
        String identity = judge.identity();
        for (int from = 0; from < questions.size(); from += CHUNK) {
            if (interrupted.getAsBoolean()) {
                return false;
            }
            List<Question> chunk = questions.subList(from, Math.min(questions.size(), from + CHUNK));
            List<String> keys =
                    chunk.stream().map(question -> key(identity, question)).toList();
            List<Judgement> fresh = known.keySet().containsAll(keys) ? List.of() : judge.judge(chunk);
            for (int q = 0; q < chunk.size(); q++) {
                ObjectNode node = known.get(keys.get(q));
                Judgement judgement = node == null
                        ? fresh.get(q)
                        : JudgementJson.read(
                                node, chunk.get(q).answers().size(), log.file().toString());
                if (node == null && Arrays.stream(judgement.failures()).allMatch(Objects::isNull)) {
                    node = JudgementJson.write(judgement).put("key", keys.get(q));
                    log.append(Json.write(node));
                    known.put(keys.get(q), node);
                }
                sink.onJudgement(from + q, judgement);
            }
            progress.at(from + chunk.size());
        }
        return true;
    }

    private static String key(String identity, Question question) {
        ObjectNode node = Json.object().put("judge", identity).put("id", question.id());
        node.set("prompt", question.prompt().toContext(true));
        node.set("row", question.row());
        ArrayNode answers = node.putArray("answers");
        question.answers().forEach(answers::add);
        return ModelDigest.text(Json.write(node));
    }
}
