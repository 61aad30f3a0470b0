package org.lionalign.align.objective;

/** The logistic function and its logarithm, exact in saturation. */
public final class Logistic {
    private Logistic() {}

    public static double sigmoid(double x) {
        if (x >= 0) {
            return 1 / (1 + Math.exp(-x));
        }
        double e = Math.exp(x);
        return e / (1 + e);
    }

    /** {@code log σ(x) = −log(1 + e^−x)}. */
    public static double logSigmoid(double x) {
        return x >= 0 ? -Math.log1p(Math.exp(-x)) : x - Math.log1p(Math.exp(x));
    }
}
