package org.lionalign.core.stats;

/** Student's t: the quantile that intervals of a few seeds need. */
public final class StudentT {
    private StudentT() {}

    /** The 97.5 % quantile, by bisection of the distribution function. */
    public static double quantile975(int degrees) {
        if (degrees < 1) {
            throw new IllegalArgumentException("expected one degree of freedom or more, found " + degrees);
        }
        double low = 0;
        double high = 20;
        for (int i = 0; i < 100; i++) {
            double middle = (low + high) / 2;
            if (above(middle, degrees) > 0.025) {
                low = middle;
            } else {
                high = middle;
            }
        }
        return (low + high) / 2;
    }

    /** P(T > t) for t ≥ 0: the finite sums of Abramowitz and Stegun 26.7.3 and 26.7.4. */
    static double above(double t, int degrees) {
        double theta = Math.atan2(t, Math.sqrt(degrees));
        double cos = Math.cos(theta);
        boolean odd = degrees % 2 == 1;
        double sum = 0;
        double term = odd ? cos : 1;
        for (int k = odd ? 3 : 2; k <= degrees; k += 2) {
            sum += term;
            term *= cos * cos * (k - 1) / k;
        }
        double inside = odd ? 2 / Math.PI * (theta + Math.sin(theta) * sum) : Math.sin(theta) * sum;
        return (1 - inside) / 2;
    }
}
