package org.lionalign.align.eval.mtbench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.lionalign.align.eval.EvalFiles;
import org.lionalign.align.eval.Failures;
import org.lionalign.align.eval.Item;
import org.lionalign.align.eval.Metric;
import org.lionalign.align.eval.SuiteResult;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.json.Json;
import org.lionalign.core.json.JsonLines;
import org.lionalign.core.stats.Summary;

/**
 * FastChat's pairwise table: a pair counts as won only where both orders name the same winner, else as a tie; pairs with an error are left
 * out and counted.
 */
final class PairTable {
    /** What a model's pairs came to. */
    static final class Row {
        int win;
        int loss;
        int tie;

        int all() {
            return win + loss + tie;
        }

        /** Each tie as half a win. */
        double winRateAdjusted() {
            return (win + 0.5 * tie) / all();
        }
    }

    private PairTable() {}

    /** @param baseline only pairs with it count, and it has no row; null for all pairs */
    static SuiteResult score(Path file, List<JsonLines.Row> rows, @Nullable String baseline) {
        Map<String, Row> table = new TreeMap<>();
        List<Item> items = new ArrayList<>();
        Failures failures = new Failures();
        for (JsonLines.Row row : rows) {
            String first = EvalFiles.text(file, row, "model_1");
            String second = EvalFiles.text(file, row, "model_2");
            if (baseline != null && !first.equals(baseline) && !second.equals(baseline)) {
                continue;
            }
            String game1 = winner(file, row, "g1_winner");
            String game2 = winner(file, row, "g2_winner");
            double score;
            if (game1.equals("error") || game2.equals("error")) {
                failures.add("no_verdict");
                score = Double.NaN;
            } else {
                score = !game1.equals(game2) || game1.equals("tie") ? 0.5 : game1.equals("model_1") ? 1 : 0;
                count(table, first, score);
                count(table, second, 1 - score);
            }
            String turn = row.value().path("turn").asText("1");
            items.add(new Item(
                    first + "/" + second + "/" + EvalFiles.id(file, row, "question_id") + "/" + turn,
                    "",
                    score,
                    Json.object()));
        }
        List<Metric> metrics = new ArrayList<>();
        table.entrySet().stream()
                .filter(entry -> !entry.getKey().equals(baseline))
                .sorted((a, b) -> Double.compare(
                        b.getValue().winRateAdjusted(), a.getValue().winRateAdjusted()))
                .forEach(entry -> {
                    Row row = entry.getValue();
                    metrics.add(metric(entry.getKey() + ": win_rate_adjusted", row, 1, 0, 0.5));
                    metrics.add(metric(entry.getKey() + ": win_rate", row, 1, 0, 0));
                    metrics.add(metric(entry.getKey() + ": loss_rate", row, 0, 1, 0));
                });
        if (metrics.isEmpty()) {
            throw new BadInput(file + ": expected pairs with a verdict"
                    + (baseline == null ? "" : " against " + baseline) + ", found none");
        }
        return new SuiteResult(MtBench.NAME, metrics, List.of(), items, failures.counts());
    }

    private static Metric metric(String name, Row row, double win, double loss, double tie) {
        double[] values = new double[row.all()];
        for (int i = 0; i < values.length; i++) {
            values[i] = i < row.win ? win : i < row.win + row.loss ? loss : tie;
        }
        Summary summary = Summary.of(values);
        return new Metric(name, summary.mean(), summary.standardError(), summary.count());
    }

    private static void count(Map<String, Row> table, String model, double score) {
        Row row = table.computeIfAbsent(model, k -> new Row());
        row.win += score == 1 ? 1 : 0;
        row.loss += score == 0 ? 1 : 0;
        row.tie += score == 0.5 ? 1 : 0;
    }

    private static String winner(Path file, JsonLines.Row row, String key) {
        String winner = EvalFiles.text(file, row, key);
        if (!List.of("model_1", "model_2", "tie", "error").contains(winner)) {
            throw BadInput.of(file, row.line(), key, "model_1, model_2, tie or error", winner);
        }
        return winner;
    }
}
