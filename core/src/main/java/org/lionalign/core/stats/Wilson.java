package org.lionalign.core.stats;

/**
 * The interval of Wilson (1927) for a share: keeps its promise where the share is near 0 or 1, or the sample small.
 *
 * @param low at least 0
 * @param high at most 1
 */
public record Wilson(double low, double high) {
    /** Half the width of a 95 % interval of the standard normal distribution. */
    public static final double Z95 = 1.959963984540054;

    public static Wilson interval(long successes, long trials) {
        return interval(successes, trials, Z95);
    }

    /** @param z quantile of the standard normal distribution */
    public static Wilson interval(long successes, long trials, double z) {
        if (trials <= 0 || successes < 0 || successes > trials) {
            throw new IllegalArgumentException(
                    "expected 0 <= successes <= trials, found " + successes + " of " + trials);
        }
        double n = trials;
        double p = successes / n;
        double scale = 1 + z * z / n;
        double middle = (p + z * z / (2 * n)) / scale;
        double half = z / scale * Math.sqrt(p * (1 - p) / n + z * z / (4 * n * n));
        return new Wilson(Math.max(0, middle - half), Math.min(1, middle + half));
    }
}
