package org.lionalign.core.stats;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Ratings from battles, by the model of Bradley and Terry (1952): {@code P(a beats b) = 1 / (1 + 10^((Rb − Ra)/400))}. A tie is half a
 * win of each. The most likely ratings, with mean 1000; a model that won all its battles, or lost all, has none and gets a very large or
 * very small one.
 */
public final class BradleyTerry {
    private static final double BASE = Math.log(10);
    /** Rating points for each factor of ten in the odds. */
    public static final double SCALE = 400;
    /** Mean of the ratings. */
    public static final double OFFSET = 1000;
    /** Only keeps ratings finite: it moves one of 100 battles by less than 1e-7 points. */
    private static final double RIDGE = 1e-9;

    private BradleyTerry() {}

    /**
     * The ratings {@code [models]}.
     *
     * @param models how many there are
     * @param first model index of each battle's first side
     * @param second of its second
     * @param outcome 1 where the first won, 0 where the second did, 0.5 for a tie
     * @param weights battles that a row stands for
     */
    public static double[] ratings(int models, int[] first, int[] second, double[] outcome, double[] weights) {
        // Rows of the same two models are one row: their sum is all that counts.
        double[][] battles = new double[models][models];
        double[][] won = new double[models][models];
        for (int i = 0; i < first.length; i++) {
            if (first[i] == second[i]) {
                throw new IllegalArgumentException("battle " + i + ": expected two models, found one against itself");
            }
            battles[first[i]][second[i]] += weights[i];
            won[first[i]][second[i]] += weights[i] * outcome[i];
        }
        List<LogisticRegression.Row> rows = new ArrayList<>();
        double[] targets = new double[models * models];
        double[] counts = new double[models * models];
        for (int a = 0; a < models; a++) {
            for (int b = 0; b < models; b++) {
                if (battles[a][b] > 0) {
                    targets[rows.size()] = won[a][b] / battles[a][b];
                    counts[rows.size()] = battles[a][b];
                    rows.add(new LogisticRegression.Row(new int[] {a, b}, new double[] {BASE, -BASE}));
                }
            }
        }
        double[] beta = LogisticRegression.fit(
                rows, models, Arrays.copyOf(targets, rows.size()), Arrays.copyOf(counts, rows.size()), RIDGE);
        // Only differences are determined; the regression that starts at zero keeps the mean there.
        double mean = Arrays.stream(beta).sum() / models;
        double[] ratings = new double[models];
        for (int m = 0; m < models; m++) {
            ratings[m] = SCALE * (beta[m] - mean) + OFFSET;
        }
        return ratings;
    }

    /** Probability that the first beats the second. */
    public static double winProbability(double firstRating, double secondRating) {
        return 1 / (1 + Math.pow(10, (secondRating - firstRating) / SCALE));
    }
}
