package org.lionalign.core.stats;

import java.util.Arrays;

/**
 * Logistic regression with an L1 penalty and without intercept: minimises {@code ‖β‖₁ + Σ cᵢ · log(1 + exp(−yᵢ · xᵢβ))} by newGLMNET
 * (Yuan, Ho and Lin 2012, JMLR 13, algorithm 3 with the settings of liblinear's solver 6, which scikit-learn's
 * {@code penalty="l1", solver="liblinear"} runs).
 *
 * <p>liblinear stops early (relative tolerance 1e-4) and visits coordinates in a random order, so that the last digits of its answer
 * depend on both. The same order, shrinking and stopping rules give the same digits here; a small tolerance gives the optimum.
 */
public final class LassoLogistic {
    private static final int MOST_NEWTON_STEPS = 100;
    private static final int MOST_SWEEPS = 1000;
    private static final int MOST_HALVINGS = 20;
    private static final double NU = 1e-12; // keeps the model of the objective strictly convex
    private static final double SIGMA = 0.01; // share of the predicted decrease that a step must reach

    private final double[][] columns; // [p][n]
    private final boolean[] positive; // [n]
    private final double[] cost; // [n]
    private final int n;
    private final int p;
    private final double[] beta;
    private final double[] next; // where the inner problem is
    private final double[] gradient;
    private final double[] diagonal;
    private final double[] negativeSums;
    private final double[] odds; // exp(xβ)
    private final double[] tau; // cost / (1 + odds)
    private final double[] curve; // cost · odds / (1 + odds)²
    private final double[] step; // x · (next − β)
    private final int[] order;

    private LassoLogistic(double[][] columns, boolean[] positive, double[] cost) {
        this.columns = columns;
        this.positive = positive;
        this.cost = cost;
        n = cost.length;
        p = columns.length;
        beta = new double[p];
        next = new double[p];
        gradient = new double[p];
        diagonal = new double[p];
        negativeSums = new double[p];
        odds = new double[n];
        tau = new double[n];
        curve = new double[n];
        step = new double[n];
        order = new int[p];
    }

    /**
     * The coefficients {@code [p]}.
     *
     * @param x rows {@code [n][p]}
     * @param positive whether a row's label is 1
     * @param weights of the rows; rows of weight 0 are taken out first, as scikit-learn's liblinear does
     * @param c inverse strength of the penalty
     * @param tolerance of the gradient, relative to its first value; liblinear's default is 1e-4
     * @param seed of the coordinates' order
     */
    public static double[] fit(
            double[][] x, boolean[] positive, double[] weights, double c, double tolerance, long seed) {
        int p = x.length == 0 ? 0 : x[0].length;
        int kept = 0;
        int positives = 0;
        double[][] columns = new double[p][x.length];
        boolean[] labels = new boolean[x.length];
        double[] cost = new double[x.length];
        // liblinear groups the rows by class, negative first.
        for (boolean wanted : new boolean[] {false, true}) {
            for (int i = 0; i < x.length; i++) {
                if (positive[i] == wanted && weights[i] > 0) {
                    for (int j = 0; j < p; j++) {
                        columns[j][kept] = x[i][j];
                    }
                    labels[kept] = wanted;
                    cost[kept++] = weights[i] * c;
                    positives += wanted ? 1 : 0;
                }
            }
        }
        for (int j = 0; j < p; j++) {
            columns[j] = Arrays.copyOf(columns[j], kept);
        }
        LassoLogistic problem = new LassoLogistic(columns, labels, Arrays.copyOf(cost, kept));
        if (kept > 0) {
            problem.solve(
                    tolerance * Math.max(Math.min(positives, kept - positives), 1) / kept,
                    MersenneTwister.seeded(seed));
        }
        return problem.beta;
    }

    private void solve(double tolerance, MersenneTwister random) {
        for (int j = 0; j < p; j++) {
            order[j] = j;
            for (int i = 0; i < n; i++) {
                negativeSums[j] += positive[i] ? 0 : cost[i] * columns[j][i];
            }
        }
        Arrays.fill(odds, 1);
        refresh();
        double firstNorm = -1;
        double lastLargest = Double.POSITIVE_INFINITY;
        double innerTolerance = 1;
        for (int newton = 0; newton < MOST_NEWTON_STEPS; newton++) {
            double largest = 0;
            double norm = 0;
            int active = p;
            for (int s = 0; s < active; s++) {
                int j = order[s];
                differentiate(j);
                double violation = violation(beta[j], gradient[j], lastLargest);
                if (violation < 0) {
                    active--;
                    swap(s--, active);
                    continue;
                }
                largest = Math.max(largest, violation);
                norm += violation;
            }
            if (newton == 0) {
                firstNorm = norm;
            }
            if (norm <= tolerance * firstNorm) {
                return;
            }
            int sweeps = minimiseModel(active, innerTolerance * firstNorm, random);
            searchLine();
            if (sweeps == 1) {
                innerTolerance *= 0.25;
            }
            lastLargest = largest;
        }
    }

    private void refresh() {
        for (int i = 0; i < n; i++) {
            double share = 1 / (1 + odds[i]);
            tau[i] = cost[i] * share;
            curve[i] = cost[i] * odds[i] * share * share;
        }
    }

    private void differentiate(int j) {
        double[] x = columns[j];
        double second = NU;
        double first = 0;
        for (int i = 0; i < n; i++) {
            second += x[i] * x[i] * curve[i];
            first += x[i] * tau[i];
        }
        diagonal[j] = second;
        gradient[j] = negativeSums[j] - first;
    }

    /** How far a coordinate is from optimal; below 0 where it is at zero and so far inside that it may be left out. */
    private double violation(double coefficient, double slope, double lastLargest) {
        double up = slope + 1;
        double down = slope - 1;
        if (coefficient > 0) {
            return Math.abs(up);
        }
        if (coefficient < 0) {
            return Math.abs(down);
        }
        if (up < 0) {
            return -up;
        }
        if (down > 0) {
            return down;
        }
        return up > lastLargest / n && down < -lastLargest / n ? -1 : 0;
    }

    /** Coordinate descent on the quadratic model of the smooth part; returns the sweeps it took. */
    private int minimiseModel(int active, double tolerance, MersenneTwister random) {
        Arrays.fill(step, 0);
        double lastLargest = Double.POSITIVE_INFINITY;
        int inner = active;
        int sweeps = 0;
        while (sweeps < MOST_SWEEPS) {
            double largest = 0;
            double norm = 0;
            for (int s = 0; s < inner; s++) {
                swap(s + random.nextIntByProduct(inner - s), s);
            }
            for (int s = 0; s < inner; s++) {
                int j = order[s];
                double[] x = columns[j];
                double slope = gradient[j] + (next[j] - beta[j]) * NU;
                for (int i = 0; i < n; i++) {
                    slope += x[i] * curve[i] * step[i];
                }
                double violation = violation(next[j], slope, lastLargest);
                if (violation < 0) {
                    inner--;
                    swap(s--, inner);
                    continue;
                }
                largest = Math.max(largest, violation);
                norm += violation;
                double change = change(slope, diagonal[j], next[j]);
                if (Math.abs(change) < 1e-12) {
                    continue;
                }
                change = Math.min(Math.max(change, -10), 10);
                next[j] += change;
                for (int i = 0; i < n; i++) {
                    step[i] += x[i] * change;
                }
            }
            sweeps++;
            if (norm <= tolerance) {
                if (inner == active) {
                    break;
                }
                inner = active; // the model is solved for those that were kept: look at the others again
                lastLargest = Double.POSITIVE_INFINITY;
                continue;
            }
            lastLargest = largest;
        }
        return sweeps;
    }

    /** The step that solves the problem in one variable. */
    private static double change(double slope, double curvature, double coefficient) {
        if (slope + 1 < curvature * coefficient) {
            return -(slope + 1) / curvature;
        }
        if (slope - 1 > curvature * coefficient) {
            return -(slope - 1) / curvature;
        }
        return -coefficient;
    }

    /** Halves the step until the objective falls enough. */
    private void searchLine() {
        double before = 0;
        double after = 0;
        double predicted = 0;
        for (int j = 0; j < p; j++) {
            predicted += gradient[j] * (next[j] - beta[j]);
            before += Math.abs(beta[j]);
            after += Math.abs(next[j]);
        }
        predicted += after - before;
        double negatives = 0;
        for (int i = 0; i < n; i++) {
            negatives += positive[i] ? 0 : cost[i] * step[i];
        }
        double[] trial = new double[n];
        for (int halving = 0; halving < MOST_HALVINGS; halving++) {
            double excess = after - before + negatives - SIGMA * predicted;
            for (int i = 0; i < n; i++) {
                double factor = Math.exp(step[i]);
                trial[i] = odds[i] * factor;
                excess += cost[i] * Math.log((1 + trial[i]) / (factor + trial[i]));
            }
            if (excess <= 0) {
                System.arraycopy(next, 0, beta, 0, p);
                System.arraycopy(trial, 0, odds, 0, n);
                refresh();
                return;
            }
            after = 0;
            for (int j = 0; j < p; j++) {
                next[j] = (beta[j] + next[j]) * 0.5;
                after += Math.abs(next[j]);
            }
            predicted *= 0.5;
            negatives *= 0.5;
            for (int i = 0; i < n; i++) {
                step[i] *= 0.5;
            }
        }
        // No step was small enough: start the next from exact values.
        for (int i = 0; i < n; i++) {
            double z = 0;
            for (int j = 0; j < p; j++) {
                z += beta[j] * columns[j][i];
            }
            odds[i] = Math.exp(z);
        }
        refresh();
    }

    private void swap(int a, int b) {
        int kept = order[a];
        order[a] = order[b];
        order[b] = kept;
    }
}
