package org.lionalign.align.eval.run;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.lionalign.align.eval.Item;
import org.lionalign.align.eval.SuiteResult;
import org.lionalign.align.eval.harness.HarnessSuites;
import org.lionalign.align.eval.mtbench.MtBench;
import org.lionalign.core.stats.PairedComparison;
import org.lionalign.core.stats.Summary;

/**
 * Two checkpoints on a suite, question by question. The two turns of an MT-Bench question depend on each other and are one unit with their
 * mean; a leaderboard is the plain mean of its parts' raw scores, so its parts are resampled each within itself.
 */
final class SuitePair {
    /** Of the bootstrap, so that equal results give equal numbers. */
    private static final long SEED = 20240704;

    private SuitePair() {}

    static PairedComparison compare(SuiteResult first, SuiteResult second) {
        if (!isLeaderboard(first.suite())) {
            Scores scores = Scores.of(first.suite(), first.items(), second.items());
            return PairedComparison.of(scores.first, scores.second, SEED);
        }
        List<double[]> firsts = new ArrayList<>();
        List<double[]> seconds = new ArrayList<>();
        for (Scores part : parts(first, second).values()) {
            firsts.add(part.first);
            seconds.add(part.second);
        }
        return PairedComparison.ofParts(firsts, seconds, SEED);
    }

    /** Each part of a leaderboard by itself; empty for other suites. */
    static Map<String, PairedComparison> byPart(SuiteResult first, SuiteResult second) {
        Map<String, PairedComparison> parts = new LinkedHashMap<>();
        if (isLeaderboard(first.suite())) {
            parts(first, second)
                    .forEach((part, scores) -> parts.put(part, PairedComparison.of(scores.first, scores.second, SEED)));
        }
        return parts;
    }

    private static boolean isLeaderboard(String suite) {
        return suite.equals(HarnessSuites.LEADERBOARD_V1) || suite.equals(HarnessSuites.LEADERBOARD_V2);
    }

    private static Map<String, Scores> parts(SuiteResult first, SuiteResult second) {
        Map<String, Scores> parts = new LinkedHashMap<>();
        for (Item item : first.items()) {
            parts.computeIfAbsent(
                    item.category(),
                    part -> Scores.of(first.suite(), of(part, first.items()), of(part, second.items())));
        }
        return parts;
    }

    private static List<Item> of(String part, List<Item> items) {
        return items.stream().filter(item -> item.category().equals(part)).toList();
    }

    /** Scores of the same units in the same order; NaN where a unit failed or is missing. */
    private record Scores(double[] first, double[] second) {
        static Scores of(String suite, List<Item> first, List<Item> second) {
            Map<String, Double> a = units(suite, first);
            Map<String, Double> b = units(suite, second);
            TreeSet<String> all = new TreeSet<>(a.keySet());
            all.addAll(b.keySet());
            return new Scores(
                    all.stream()
                            .mapToDouble(unit -> a.getOrDefault(unit, Double.NaN))
                            .toArray(),
                    all.stream()
                            .mapToDouble(unit -> b.getOrDefault(unit, Double.NaN))
                            .toArray());
        }

        private static Map<String, Double> units(String suite, List<Item> items) {
            Map<String, List<Double>> scores = new LinkedHashMap<>();
            for (Item item : items) {
                String id = item.id();
                String unit = suite.equals(MtBench.NAME) ? id.substring(0, id.lastIndexOf('/')) : id;
                scores.computeIfAbsent(unit, key -> new ArrayList<>()).add(item.score());
            }
            Map<String, Double> units = new LinkedHashMap<>();
            scores.forEach((unit, all) -> units.put(unit, mean(all)));
            return units;
        }

        /** Of a unit's scores; a unit of which a part failed has none. */
        private static double mean(List<Double> all) {
            if (all.contains(Double.NaN)) {
                return Double.NaN;
            }
            return Summary.of(all.stream().mapToDouble(Double::doubleValue).toArray())
                    .mean();
        }
    }
}
