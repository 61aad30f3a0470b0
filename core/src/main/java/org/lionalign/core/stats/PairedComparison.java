package org.lionalign.core.stats;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.IntToDoubleFunction;

/**
 * Two checkpoints on the same questions: is the second better?
 *
 * @param test what the verdict rests on: McNemar's exact test where every score is 0 or 1, else the paired bootstrap
 * @param pairs questions that both have a score for; only these count
 * @param unpaired questions that at least one of them failed on (NaN)
 * @param difference mean of second minus first, in the scores' unit; NaN without pairs
 * @param standardError of the difference, over questions; NaN of fewer than two pairs
 * @param low 2.5 percentile of the difference, by the paired bootstrap
 * @param high 97.5 percentile
 * @param pValue two-sided, of the named test
 */
public record PairedComparison(
        String test,
        int pairs,
        int unpaired,
        double difference,
        double standardError,
        double low,
        double high,
        double pValue,
        Verdict verdict) {
    /** Below this p-value there is evidence. */
    public static final double LEVEL = 0.05;

    /** What may be said of the second checkpoint. */
    public enum Verdict {
        BETTER,
        NO_EVIDENCE,
        WORSE;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT).replace('_', ' ');
        }
    }

    /**
     * @param first scores of the first checkpoint, higher is better, NaN where a question failed
     * @param second of the second, question by question
     * @param seed of the bootstrap
     */
    public static PairedComparison of(double[] first, double[] second, long seed) {
        if (first.length != second.length) {
            throw new IllegalArgumentException(
                    "expected as many scores, found " + first.length + " and " + second.length);
        }
        double[] differences = new double[first.length];
        int pairs = 0;
        int onlyFirst = 0;
        int onlySecond = 0;
        boolean binary = true;
        for (int i = 0; i < first.length; i++) {
            if (Double.isNaN(first[i]) || Double.isNaN(second[i])) {
                continue;
            }
            differences[pairs++] = second[i] - first[i];
            binary &= isBinary(first[i]) && isBinary(second[i]);
            onlyFirst += first[i] > second[i] ? 1 : 0;
            onlySecond += second[i] > first[i] ? 1 : 0;
        }
        differences = java.util.Arrays.copyOf(differences, pairs);
        String test = binary ? "McNemar, exact" : "paired bootstrap";
        int unpaired = first.length - pairs;
        if (pairs == 0) {
            return new PairedComparison(
                    test, 0, unpaired, Double.NaN, Double.NaN, Double.NaN, Double.NaN, 1, Verdict.NO_EVIDENCE);
        }
        Summary summary = Summary.of(differences);
        PairedBootstrap bootstrap = PairedBootstrap.of(differences, seed);
        // A single question can never be evidence, whatever the resamples (all the same) say.
        double p = pairs < 2 ? 1 : binary ? McNemar.test(onlyFirst, onlySecond).pValue() : bootstrap.pValue();
        Verdict verdict = verdict(p, summary.mean());
        return new PairedComparison(
                test,
                pairs,
                unpaired,
                summary.mean(),
                summary.standardError(),
                bootstrap.low(),
                bootstrap.high(),
                p,
                verdict);
    }

    /**
     * The plain mean of several parts' differences, as a leaderboard averages its tasks, by the bootstrap within each part. Parts without a
     * question that both have a score for are left out.
     *
     * @param first scores of the first checkpoint, part by part
     * @param second of the second
     */
    public static PairedComparison ofParts(List<double[]> first, List<double[]> second, long seed) {
        List<double[]> parts = new ArrayList<>();
        int pairs = 0;
        int unpaired = 0;
        double sum = 0;
        double variance = 0;
        boolean thin = false;
        for (int p = 0; p < first.size(); p++) {
            double[] differences = new double[first.get(p).length];
            java.util.Arrays.setAll(differences, differences(first.get(p), second.get(p)));
            double[] whole = java.util.Arrays.stream(differences)
                    .filter(difference -> !Double.isNaN(difference))
                    .toArray();
            unpaired += differences.length - whole.length;
            if (whole.length > 0) {
                Summary summary = Summary.of(whole);
                parts.add(whole);
                pairs += whole.length;
                sum += summary.mean();
                variance += summary.standardError() * summary.standardError();
                thin |= whole.length < 2;
            }
        }
        String test = "paired bootstrap within parts";
        if (parts.isEmpty()) {
            return new PairedComparison(
                    test, 0, unpaired, Double.NaN, Double.NaN, Double.NaN, Double.NaN, 1, Verdict.NO_EVIDENCE);
        }
        double difference = sum / parts.size();
        PairedBootstrap bootstrap = PairedBootstrap.ofParts(parts, seed, PairedBootstrap.ROUNDS);
        double p = thin ? 1 : bootstrap.pValue(); // a part of one question has no spread that could be resampled
        return new PairedComparison(
                test,
                pairs,
                unpaired,
                difference,
                Math.sqrt(variance) / parts.size(),
                bootstrap.low(),
                bootstrap.high(),
                p,
                verdict(p, difference));
    }

    private static IntToDoubleFunction differences(double[] first, double[] second) {
        if (first.length != second.length) {
            throw new IllegalArgumentException(
                    "expected as many scores, found " + first.length + " and " + second.length);
        }
        return i -> second[i] - first[i];
    }

    private static Verdict verdict(double p, double difference) {
        return p >= LEVEL || difference == 0 ? Verdict.NO_EVIDENCE : difference > 0 ? Verdict.BETTER : Verdict.WORSE;
    }

    private static boolean isBinary(double score) {
        return score == 0 || score == 1;
    }
}
