package org.lionalign.core.stats;

import java.util.List;
import java.util.SplittableRandom;

/**
 * The paired bootstrap: questions are drawn with replacement, and with each question both systems' scores on it (Efron 1979; Koehn 2004
 * for comparing systems). A function of the differences and the seed.
 *
 * @param low 2.5 percentile of the mean difference
 * @param high 97.5 percentile
 * @param standardError standard deviation of the mean difference over the resamples
 * @param pValue two-sided: twice the smaller share of resamples on one side of zero, each count one too high so that it is never 0
 */
public record PairedBootstrap(double low, double high, double standardError, double pValue) {
    /** Resamples: enough that the second digit of a p-value near 0.05 stands. */
    public static final int ROUNDS = 10_000;

    /** @param differences second system minus first, one for each question */
    public static PairedBootstrap of(double[] differences, long seed) {
        return of(differences, seed, ROUNDS);
    }

    public static PairedBootstrap of(double[] differences, long seed, int rounds) {
        return ofParts(List.of(differences), seed, rounds);
    }

    /**
     * The plain mean of several parts' mean differences, as a leaderboard averages its tasks: each part is resampled within itself.
     *
     * @param parts differences of each part's questions
     */
    public static PairedBootstrap ofParts(List<double[]> parts, long seed, int rounds) {
        if (parts.isEmpty() || parts.stream().anyMatch(part -> part.length == 0) || rounds < 2) {
            throw new IllegalArgumentException("expected questions and two or more rounds, found "
                    + parts.stream().map(part -> part.length).toList() + " and " + rounds);
        }
        SplittableRandom random = new SplittableRandom(seed);
        double[] means = new double[rounds];
        int notAbove = 0;
        int notBelow = 0;
        for (int r = 0; r < rounds; r++) {
            double mean = 0;
            for (double[] part : parts) {
                double sum = 0;
                for (int i = 0; i < part.length; i++) {
                    sum += part[random.nextInt(part.length)];
                }
                mean += sum / part.length;
            }
            means[r] = mean / parts.size();
            notAbove += means[r] <= 0 ? 1 : 0;
            notBelow += means[r] >= 0 ? 1 : 0;
        }
        double p = Math.min(1, 2.0 * (Math.min(notAbove, notBelow) + 1) / (rounds + 1));
        return new PairedBootstrap(
                Percentiles.of(means, 2.5),
                Percentiles.of(means, 97.5),
                Summary.of(means).standardDeviation(),
                p);
    }
}
