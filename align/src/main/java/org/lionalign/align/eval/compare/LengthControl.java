package org.lionalign.align.eval.compare;

import java.util.Arrays;
import org.lionalign.core.stats.LogisticRegression;
import org.lionalign.core.stats.Summary;

/**
 * A win rate at equal lengths, in the spirit of AlpacaEval 2's (Dubois et al. 2024, eq. 1) without its term for the instruction's
 * difficulty, which needs many models: {@code P(win) = σ(θ + φ·tanh(Δlength / sd))}, read off at Δlength = 0.
 */
final class LengthControl {
    /** Only keeps a perfectly separable fit finite. */
    private static final double RIDGE = 1e-3;

    private LengthControl() {}

    /**
     * @param outcomes 1, ½ or 0 for each prompt
     * @param longer how many characters longer the first answer is
     * @return 0 to 1
     */
    static double winRate(double[] outcomes, double[] longer) {
        double spread = Summary.of(longer).standardDeviation();
        if (!(spread > 0)) {
            return Summary.of(outcomes).mean();
        }
        double[][] x = new double[longer.length][];
        for (int i = 0; i < longer.length; i++) {
            x[i] = new double[] {1, Math.tanh(longer[i] / spread)};
        }
        double[] weights = new double[longer.length];
        Arrays.fill(weights, 1);
        double[] fit = LogisticRegression.fit(LogisticRegression.dense(x), 2, outcomes, weights, RIDGE);
        return 1 / (1 + Math.exp(-fit[0]));
    }
}
