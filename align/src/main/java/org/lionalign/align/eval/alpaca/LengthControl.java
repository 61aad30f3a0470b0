package org.lionalign.align.eval.alpaca;

import java.util.ArrayList;
import java.util.List;
import org.lionalign.core.stats.LassoLogistic;
import org.lionalign.core.stats.MersenneTwister;
import org.lionalign.core.stats.Summary;

/**
 * AlpacaEval's length-controlled win rate (Dubois et al. 2024, section 3; {@code metrics/glm_winrate.py} of alpaca_eval 0.6.6): fits
 *
 * <pre>P(model preferred) = σ(φ · tanh(Δlength / sd) + ψ · difficulty + θ)</pre>
 *
 * by L1-penalised logistic regression, the penalty chosen by five-fold cross-validation over ten strengths, and reports the mean
 * prediction with the length term at zero. Where the gamed baselines are known they are added as pseudo-data of weight 0.1 each
 * ({@code length_controlled_v1}, the published one); else not ({@code length_controlled_noreg}).
 *
 * @param winRate per cent
 * @param standardError of the predictions' mean
 * @param coefficients φ, ψ, θ
 * @param c the strength that was chosen
 * @param foldLosses mean log-likelihood {@code [folds][strengths]} on the rows left out
 * @param stdOfLengthDifference sd, with n − 1
 * @param predictions for each annotation, 0 to 1
 * @param regularised whether the gamed baselines took part
 */
public record LengthControl(
        double winRate,
        double standardError,
        double[] coefficients,
        double c,
        double[][] foldLosses,
        double stdOfLengthDifference,
        double[] predictions,
        boolean regularised) {
    private static final int FOLDS = 5;
    private static final int STRENGTHS = 10;
    private static final double GAMED_WEIGHT = 0.2 / 2; // a lambda of 0.2 over two baselines
    private static final double TOLERANCE = 1e-4; // scikit-learn's
    private static final long SEED = 123;
    private static final double CLIP = 1e-15;

    /** Rows of the regression before each becomes two, one for either label. */
    private record Table(double[][] x, double[] preference, double[] weight) {}

    /**
     * Fits and predicts.
     *
     * @param preferences 1 to 2, NaN for a failure, which is predicted but not fitted
     * @param longer code points of the model's answer minus the baseline's
     */
    public static LengthControl fit(double[] preferences, int[] longer, Difficulty difficulty) {
        int n = preferences.length;
        double[] lengths = new double[n];
        for (int i = 0; i < n; i++) {
            lengths[i] = longer[i];
        }
        double sd = Summary.of(lengths).standardDeviation();
        Table table = table(preferences, longer, sd, difficulty);
        double[][] losses = new double[FOLDS][];
        for (int fold = 0; fold < FOLDS; fold++) {
            losses[fold] = crossValidate(table, fold);
        }
        int best = 0;
        double bestSum = Double.NEGATIVE_INFINITY;
        for (int s = 0; s < STRENGTHS; s++) {
            double sum = 0;
            for (double[] fold : losses) {
                sum += fold[s];
            }
            if (sum > bestSum) {
                best = s;
                bestSum = sum;
            }
        }
        double[] beta = fit(table, -1, strength(best), MersenneTwister.seeded(SEED));
        double[] predictions = new double[n];
        for (int i = 0; i < n; i++) {
            predictions[i] = sigmoid(beta[1] * difficulty.of(i) + beta[2]);
        }
        Summary summary = Summary.of(predictions);
        return new LengthControl(
                100 * summary.mean(),
                100 * summary.standardError(),
                beta,
                strength(best),
                losses,
                sd,
                predictions,
                !difficulty.gamed().isEmpty());
    }

    private static Table table(double[] preferences, int[] longer, double sd, Difficulty difficulty) {
        List<double[]> x = new ArrayList<>();
        List<double[]> rest = new ArrayList<>();
        for (Difficulty.Gamed row : difficulty.gamed()) {
            if (!Double.isNaN(row.preference())) {
                x.add(new double[] {Math.tanh(row.stdDeltaLen()), row.difficulty(), row.notGamed() ? 1 : 0});
                rest.add(new double[] {row.preference(), row.notGamed() ? 1 : GAMED_WEIGHT});
            }
        }
        for (int i = 0; i < preferences.length; i++) {
            if (!Double.isNaN(preferences[i])) {
                // The official feature is baseline minus model; its sign only turns φ round.
                x.add(new double[] {Math.tanh(-longer[i] / sd), difficulty.of(i), 1});
                rest.add(new double[] {preferences[i] == 0 ? 0.5 : preferences[i] - 1, 1});
            }
        }
        double[] preference = rest.stream().mapToDouble(r -> r[0]).toArray();
        double[] weight = rest.stream().mapToDouble(r -> r[1]).toArray();
        return new Table(x.toArray(new double[0][]), preference, weight);
    }

    /** {@code numpy.logspace(-4, 4, 10)}. */
    private static double strength(int s) {
        return Math.pow(10, -4 + s * (8.0 / (STRENGTHS - 1)));
    }

    /** {@code GroupKFold(5)} on groups of two: the last group goes to the first fold, and so on backwards. */
    private static boolean isLeftOut(int row, int rows, int fold) {
        return (rows - 1 - row) % FOLDS == fold;
    }

    private static double[] crossValidate(Table table, int fold) {
        MersenneTwister seeds = MersenneTwister.seeded(SEED); // one stream for all strengths of a fold
        double[] losses = new double[STRENGTHS];
        for (int s = 0; s < STRENGTHS; s++) {
            double[] beta = fit(table, fold, strength(s), seeds);
            double sum = 0;
            int count = 0;
            for (int i = 0; i < table.x.length; i++) {
                if (isLeftOut(i, table.x.length, fold)) {
                    double p = Math.min(Math.max(sigmoid(dot(table.x[i], beta)), CLIP), 1 - CLIP);
                    double likelihood = table.preference[i] * Math.log(p) + (1 - table.preference[i]) * Math.log(1 - p);
                    sum += likelihood * table.weight[i];
                    count++;
                }
            }
            losses[s] = sum / count;
        }
        return losses;
    }

    /** @param fold the rows to leave out, −1 for none */
    private static double[] fit(Table table, int fold, double c, MersenneTwister seeds) {
        int n = table.x.length;
        int kept = 0;
        double[][] x = new double[2 * n][];
        boolean[] label = new boolean[2 * n];
        double[] weight = new double[2 * n];
        for (boolean one : new boolean[] {true, false}) {
            for (int i = 0; i < n; i++) {
                if (fold < 0 || !isLeftOut(i, n, fold)) {
                    x[kept] = table.x[i];
                    label[kept] = one;
                    weight[kept++] = (one ? table.preference[i] : 1 - table.preference[i]) * table.weight[i];
                }
            }
        }
        return LassoLogistic.fit(
                java.util.Arrays.copyOf(x, kept),
                java.util.Arrays.copyOf(label, kept),
                java.util.Arrays.copyOf(weight, kept),
                c,
                TOLERANCE,
                seeds.nextInt(Integer.MAX_VALUE));
    }

    private static double dot(double[] x, double[] beta) {
        double z = 0;
        for (int j = 0; j < x.length; j++) {
            z += x[j] * beta[j];
        }
        return z;
    }

    private static double sigmoid(double z) {
        return z >= 0 ? 1 / (1 + Math.exp(-z)) : Math.exp(z) / (1 + Math.exp(z));
    }
}
