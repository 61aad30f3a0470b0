package org.lionalign.core.stats;

import java.util.Arrays;

/** Percentiles as {@code numpy.percentile} computes them by default: linear between order statistics (type 7 of Hyndman and Fan 1996). */
public final class Percentiles {
    private Percentiles() {}

    /** @param percent 0 to 100 */
    public static double of(double[] values, double percent) {
        if (values.length == 0) {
            throw new IllegalArgumentException("expected values, found none");
        }
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        double at = percent / 100 * (sorted.length - 1);
        int below = (int) Math.floor(at);
        int above = Math.min(below + 1, sorted.length - 1);
        double share = at - below;
        double step = sorted[above] - sorted[below];
        // NumPy interpolates from the nearer end, which is exact at both.
        return share < 0.5 ? sorted[below] + step * share : sorted[above] - step * (1 - share);
    }
}
