package org.lionalign.core.stats;

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
        int n = differences.length;
        if (n == 0 || rounds < 2) {
            throw new IllegalArgumentException(
                    "expected questions and two or more rounds, found " + n + " and " + rounds);
        }
        SplittableRandom random = new SplittableRandom(seed);
        double[] means = new double[rounds];
        int notAbove = 0;
        int notBelow = 0;
        for (int r = 0; r < rounds; r++) {
            double sum = 0;
            for (int i = 0; i < n; i++) {
                sum += differences[random.nextInt(n)];
            }
            means[r] = sum / n;
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
