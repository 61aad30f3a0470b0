package org.lionalign.align.judge;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.lionalign.align.text.ModelDigest;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.format.AppendLog;
import org.lionalign.core.json.Json;
import org.lionalign.core.json.JsonLines;

/**
 * Rows of answers with their judgements, appended as they are judged and keyed by content: after a kill, the same call goes on where it stopped,
 * and the file gets the bytes of an uninterrupted run.
 *
 * <p>Each line is the row with {@code judgement}: {@code key}, {@code judge} (its identity) and what {@link JudgementJson} writes.
 */
public final class JudgedFile {
    /** Questions judged together; judges whose results depend on their neighbours (a faithful PairRM) see the same ones whatever was killed. */
    private static final int CHUNK = 32;

    private final AppendLog log;
    private final Judge judge;
    private final String identity;
    private final Map<String, Integer> present = new HashMap<>();
    private final SortedMap<String, Long> failures = new TreeMap<>();
    private long already;
    private long judged;
    private long answers;

    /** Opens the file, which may hold earlier judgements of the same judge. */
    public JudgedFile(Path file, Judge judge) {
        this.log = new AppendLog(file);
        this.judge = judge;
        this.identity = judge.identity();
        log.read((place, line) -> {
            JsonNode row = Json.parse(line, file.toString());
            JsonNode judgement = row.path("judgement");
            if (!judgement.path("key").isTextual()) {
                throw new BadInput(file + ": expected rows that lion judge wrote, found others; name another file");
            }
            if (!judgement.path("judge").asText().equals(identity)) {
                throw new BadInput(file + ": expected judgements of " + identity + ", found those of "
                        + judgement.path("judge").asText() + "; name another file");
            }
            present.merge(judgement.get("key").textValue(), 1, Integer::sum);
            Question question = AnswerRows.question(row, file.toString());
            count(JudgementJson.read((ObjectNode) judgement, question.answers().size(), file.toString()));
        });
    }

    private void count(Judgement judgement) {
        answers += judgement.scores().length;
        for (String failure : judgement.failures()) {
            if (failure != null) {
                failures.merge(failure, 1L, Long::sum);
            }
        }
    }

    /** Judges the rows that are not there yet; {@code progress} hears of every row. */
    public void judge(Iterable<JsonLines.Row> rows, String name, Runnable progress) {
        Map<String, Integer> left = new HashMap<>(present);
        List<Question> chunk = new ArrayList<>();
        for (JsonLines.Row row : rows) {
            JsonNode node = row.value().deepCopy();
            if (node instanceof ObjectNode object) {
                object.remove("judgement"); // another judge's
            }
            chunk.add(AnswerRows.question(node, name + ":" + row.line()));
            if (chunk.size() == CHUNK) {
                judge(chunk, left, progress);
                chunk.clear();
            }
        }
        judge(chunk, left, progress);
    }

    private void judge(List<Question> chunk, Map<String, Integer> left, Runnable progress) {
        List<String> keys = new ArrayList<>();
        boolean[] missing = new boolean[chunk.size()];
        boolean any = false;
        for (int q = 0; q < missing.length; q++) {
            String key =
                    ModelDigest.text(identity + "\0" + Json.write(chunk.get(q).row()));
            keys.add(key);
            int known = left.getOrDefault(key, 0);
            left.put(key, known - 1);
            missing[q] = known <= 0;
            any |= missing[q];
        }
        if (any) {
            List<Judgement> judgements = judgements(chunk);
            List<String> lines = new ArrayList<>();
            for (int q = 0; q < missing.length; q++) {
                if (missing[q]) {
                    lines.add(line(chunk.get(q), keys.get(q), judgements.get(q)));
                    count(judgements.get(q));
                }
            }
            log.append(String.join("\n", lines)); // one sync to disk for all of them
            judged += lines.size();
        }
        for (boolean isMissing : missing) {
            already += isMissing ? 0 : 1;
            progress.run();
        }
    }

    /** Rows without an answer are not the judge's affair, but stay in the file: every prompt is accounted for. */
    private List<Judgement> judgements(List<Question> chunk) {
        List<Question> asked =
                chunk.stream().filter(question -> !question.answers().isEmpty()).toList();
        Iterator<Judgement> said = judge.judge(asked).iterator();
        return chunk.stream()
                .map(question -> question.answers().isEmpty() ? Judgement.of() : said.next())
                .toList();
    }

    private String line(Question question, String key, Judgement judgement) {
        if (judgement.scores().length != question.answers().size()) {
            throw new IllegalStateException(judge.getClass().getName() + ": expected "
                    + question.answers().size() + " scores for " + question.id() + ", found "
                    + judgement.scores().length);
        }
        ObjectNode row = question.row().deepCopy();
        ObjectNode said = row.putObject("judgement").put("key", key).put("judge", identity);
        said.setAll(JudgementJson.write(judgement));
        return Json.write(row);
    }

    /** What the file holds now: {@code judged} and {@code already} rows of this call, {@code answers} in all, {@code failures} by reason, the judge's {@code usage}. */
    public ObjectNode summary() {
        ObjectNode node = Json.object()
                .put("judged", judged)
                .put("already", already)
                .put("answers", answers)
                .put(
                        "failed",
                        failures().values().stream().mapToLong(Long::longValue).sum());
        ObjectNode reasons = node.putObject("failures");
        failures.forEach(reasons::put);
        ObjectNode usage = judge.usage();
        if (!usage.isEmpty()) {
            node.set("usage", usage);
        }
        return node;
    }

    /** Failed answers by reason. */
    public SortedMap<String, Long> failures() {
        return Collections.unmodifiableSortedMap(failures);
    }
}
