package org.lionalign.core.stats;

import java.util.HashMap;
import java.util.Map;

/**
 * Count, mean and spread of a sample.
 *
 * @param count values that are numbers; NaN stands for a missing one and is left out, as pandas does
 * @param mean NaN of an empty sample
 * @param standardDeviation with n − 1 below the line; NaN of fewer than two values
 */
public record Summary(long count, double mean, double standardDeviation) {
    public static Summary of(double... values) {
        long count = 0;
        double sum = 0;
        for (double value : values) {
            if (!Double.isNaN(value)) {
                count++;
                sum += value;
            }
        }
        if (count == 0) {
            return new Summary(0, Double.NaN, Double.NaN);
        }
        double mean = sum / count;
        double residual = 0;
        double squares = 0;
        for (double value : values) {
            if (!Double.isNaN(value)) {
                residual += value - mean;
                squares += (value - mean) * (value - mean);
            }
        }
        // The two corrections take out the rounding of the first pass (Chan, Golub and LeVeque 1983).
        double variance = count < 2 ? Double.NaN : Math.max(0, squares - residual * residual / count) / (count - 1);
        return new Summary(count, mean + residual / count, Math.sqrt(variance));
    }

    /** Of the mean; NaN of fewer than two values. */
    public double standardError() {
        return standardDeviation / Math.sqrt(count);
    }

    /**
     * Standard error of the mean of values that come in groups (the turns of a question, the rows of a battle): values of a group may
     * depend on each other, groups do not. Liang and Zeger 1986, with the factor G/(G − 1) for G groups; equal to {@link #standardError}
     * where each group has one value. NaN of fewer than two groups.
     */
    public static double clusteredStandardError(double[] values, String[] groups) {
        Summary all = of(values);
        Map<String, Double> sums =
                new HashMap<>(); // only summed, in an order that cannot be seen in the result's digits that count
        double squares = 0;
        for (int i = 0; i < values.length; i++) {
            if (!Double.isNaN(values[i])) {
                double before = sums.getOrDefault(groups[i], 0.0);
                double after = before + values[i] - all.mean();
                squares += after * after - before * before;
                sums.put(groups[i], after);
            }
        }
        int g = sums.size();
        return g < 2 ? Double.NaN : Math.sqrt(Math.max(0, squares) * g / (g - 1)) / all.count();
    }
}
