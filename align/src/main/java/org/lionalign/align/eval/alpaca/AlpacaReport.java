package org.lionalign.align.eval.alpaca;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.lionalign.align.eval.Failures;
import org.lionalign.align.eval.Item;
import org.lionalign.align.eval.Metric;
import org.lionalign.align.eval.SuiteResult;
import org.lionalign.core.json.Json;
import org.lionalign.core.stats.Summary;

/** The numbers of judged pairs: what the leaderboard shows, by part of the set, and how much length decided. */
final class AlpacaReport {
    private AlpacaReport() {}

    /** @param difficulty null for no length-controlled win rate */
    static SuiteResult of(List<Annotation> rows, @Nullable Difficulty difficulty, Failures failures) {
        double[] preferences = rows.stream().mapToDouble(Annotation::preference).toArray();
        int[] longer = rows.stream().mapToInt(Annotation::longer).toArray();
        WinRate rate = WinRate.of(preferences);
        List<Metric> metrics = new ArrayList<>();
        double[] headline = new double[rows.size()];
        java.util.Arrays.setAll(headline, i -> 100 * (preferences[i] - 1));
        if (difficulty != null && rate.total() > 0) {
            LengthControl lc = LengthControl.fit(preferences, longer, difficulty);
            String name = lc.regularised() ? "length_controlled_winrate" : "length_controlled_winrate_noreg";
            metrics.add(new Metric(name, lc.winRate(), lc.standardError(), rows.size()));
            java.util.Arrays.setAll(headline, i -> 100 * lc.predictions()[i]);
        }
        metrics.add(new Metric("win_rate", rate.winRate(), rate.standardError(), rate.total()));
        metrics.add(discrete(preferences, rate));
        metrics.add(averageLength(rows));
        metrics.add(longerPreferred(preferences, longer));
        return new SuiteResult(AlpacaEval.NAME, metrics, categories(rows, headline), items(rows), failures.counts());
    }

    private static Metric discrete(double[] preferences, WinRate rate) {
        double[] sides = new double[preferences.length];
        java.util.Arrays.setAll(
                sides, i -> Double.isNaN(preferences[i]) ? Double.NaN : 1 + Math.signum(preferences[i] - 1.5));
        return new Metric(
                "discrete_win_rate",
                rate.discreteWinRate(),
                50 * Summary.of(sides).standardError(),
                rate.total());
    }

    /** As the leaderboard has it: code points, cut to a whole number. */
    private static Metric averageLength(List<Annotation> rows) {
        Summary lengths = Summary.of(rows.stream()
                .mapToDouble(row -> Annotation.length(row.output2()))
                .toArray());
        return new Metric("avg_length", Math.floor(lengths.mean()), lengths.standardError(), lengths.count());
    }

    /** Per cent of decided pairs in which the longer answer won: 50 where the judge does not look at length. */
    private static Metric longerPreferred(double[] preferences, int[] longer) {
        double[] agree = new double[preferences.length];
        java.util.Arrays.setAll(agree, i -> {
            double side = Math.signum(preferences[i] - 1.5) * Math.signum(longer[i]);
            return side > 0 ? 100 : side < 0 ? 0 : Double.NaN;
        });
        Summary summary = Summary.of(agree);
        return new Metric("longer_preferred", summary.mean(), summary.standardError(), summary.count());
    }

    private static List<Metric> categories(List<Annotation> rows, double[] headline) {
        Map<String, List<Double>> parts = new LinkedHashMap<>();
        for (int i = 0; i < headline.length; i++) {
            parts.computeIfAbsent(rows.get(i).dataset(), k -> new ArrayList<>()).add(headline[i]);
        }
        List<Metric> categories = new ArrayList<>();
        parts.forEach((dataset, values) -> {
            Summary summary =
                    Summary.of(values.stream().mapToDouble(Double::doubleValue).toArray());
            categories.add(new Metric(dataset, summary.mean(), summary.standardError(), summary.count()));
        });
        return categories;
    }

    private static List<Item> items(List<Annotation> rows) {
        List<Item> items = new ArrayList<>();
        for (int i = 0; i < rows.size(); i++) {
            Annotation row = rows.get(i);
            ObjectNode detail = Json.object();
            detail.put("instruction", row.instruction());
            detail.put("answer", row.output2());
            detail.put("baseline", row.output1());
            detail.put("baseline_model", row.generator1());
            detail.put("annotator", row.annotator());
            items.add(new Item("" + i, row.dataset(), row.preference() - 1, detail));
        }
        return items;
    }
}
