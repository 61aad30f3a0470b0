package org.lionalign.core.stats;

import java.util.ArrayList;
import java.util.List;

/**
 * Logistic regression without intercept and with a ridge, by Newton's method: minimises
 *
 * <pre>Σ wᵢ · [log(1 + exp(xᵢβ)) − yᵢ · xᵢβ] + ridge/2 · ‖β‖²</pre>
 *
 * <p>Targets may lie between 0 and 1. scikit-learn's {@code LogisticRegression(fit_intercept=False, C=c)} is {@code ridge = 1/c}. A ridge
 * above 0 always has a minimum, also where the classes are separable or columns collinear.
 */
public final class LogisticRegression {
    private static final int MOST_STEPS = 200;
    private static final double CLOSE = 1e-12;
    private static final double ENOUGH = 1e-4; // of the promised decrease (Armijo)
    private static final double SHORTEST = 1e-10;

    /** A row of the design matrix: its columns that are not zero. */
    public record Row(int[] columns, double[] values) {
        double dot(double[] beta) {
            double sum = 0;
            for (int k = 0; k < columns.length; k++) {
                sum += values[k] * beta[columns[k]];
            }
            return sum;
        }
    }

    private LogisticRegression() {}

    /** The rows of a full matrix {@code [n][p]}. */
    public static List<Row> dense(double[][] x) {
        List<Row> rows = new ArrayList<>(x.length);
        int[] all = new int[x.length == 0 ? 0 : x[0].length];
        for (int j = 0; j < all.length; j++) {
            all[j] = j;
        }
        for (double[] row : x) {
            rows.add(new Row(all, row));
        }
        return rows;
    }

    /**
     * The coefficients {@code [p]}.
     *
     * @param targets 0 to 1, one for each row
     * @param weights not negative
     * @param ridge above 0
     */
    public static double[] fit(List<Row> rows, int p, double[] targets, double[] weights, double ridge) {
        if (!(ridge > 0)) {
            throw new IllegalArgumentException("expected a ridge above 0, found " + ridge);
        }
        double[] beta = new double[p];
        double value = objective(rows, beta, targets, weights, ridge);
        for (int step = 0; step < MOST_STEPS; step++) {
            double[] gradient = new double[p];
            double[][] hessian = new double[p][p];
            derivatives(rows, beta, targets, weights, ridge, gradient, hessian);
            double[] direction = solve(hessian, gradient);
            double decrease = 0; // that the quadratic model promises
            for (int j = 0; j < p; j++) {
                decrease += gradient[j] * direction[j] / 2;
            }
            if (decrease <= CLOSE * (1 + value)) {
                return moved(beta, direction, 1); // near the minimum a full step squares what is left
            }
            double length = 1;
            double[] trial = moved(beta, direction, length);
            double trialValue = objective(rows, trial, targets, weights, ridge);
            while (trialValue > value - ENOUGH * length * decrease && length > SHORTEST) {
                length /= 2;
                trial = moved(beta, direction, length);
                trialValue = objective(rows, trial, targets, weights, ridge);
            }
            beta = trial;
            value = trialValue;
        }
        return beta;
    }

    private static double[] moved(double[] beta, double[] direction, double length) {
        double[] to = new double[beta.length];
        for (int j = 0; j < to.length; j++) {
            to[j] = beta[j] - length * direction[j];
        }
        return to;
    }

    private static double objective(List<Row> rows, double[] beta, double[] targets, double[] weights, double ridge) {
        double sum = 0;
        for (int i = 0; i < targets.length; i++) {
            if (weights[i] != 0) {
                double z = rows.get(i).dot(beta);
                sum += weights[i] * (Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z))) - targets[i] * z);
            }
        }
        double squares = 0;
        for (double b : beta) {
            squares += b * b;
        }
        return sum + ridge / 2 * squares;
    }

    private static void derivatives(
            List<Row> rows,
            double[] beta,
            double[] targets,
            double[] weights,
            double ridge,
            double[] gradient,
            double[][] hessian) {
        for (int i = 0; i < targets.length; i++) {
            if (weights[i] == 0) {
                continue;
            }
            Row row = rows.get(i);
            double e = Math.exp(-Math.abs(row.dot(beta)));
            double share = row.dot(beta) >= 0 ? 1 / (1 + e) : e / (1 + e);
            double slope = weights[i] * (share - targets[i]);
            double curve = weights[i] * e / ((1 + e) * (1 + e));
            for (int a = 0; a < row.columns.length; a++) {
                gradient[row.columns[a]] += slope * row.values[a];
                double[] line = hessian[row.columns[a]];
                for (int b = 0; b < row.columns.length; b++) {
                    line[row.columns[b]] += curve * row.values[a] * row.values[b];
                }
            }
        }
        for (int j = 0; j < beta.length; j++) {
            gradient[j] += ridge * beta[j];
            hessian[j][j] += ridge;
        }
    }

    /** Solves a symmetric positive definite system by Cholesky's decomposition; the matrix is overwritten. */
    static double[] solve(double[][] a, double[] b) {
        int p = b.length;
        double[] x = b.clone();
        for (int j = 0; j < p; j++) {
            for (int k = 0; k < j; k++) {
                a[j][j] -= a[j][k] * a[j][k];
            }
            a[j][j] = Math.sqrt(Math.max(a[j][j], Double.MIN_NORMAL));
            for (int i = j + 1; i < p; i++) {
                for (int k = 0; k < j; k++) {
                    a[i][j] -= a[i][k] * a[j][k];
                }
                a[i][j] /= a[j][j];
            }
        }
        for (int i = 0; i < p; i++) {
            for (int k = 0; k < i; k++) {
                x[i] -= a[i][k] * x[k];
            }
            x[i] /= a[i][i];
        }
        for (int i = p - 1; i >= 0; i--) {
            for (int k = i + 1; k < p; k++) {
                x[i] -= a[k][i] * x[k];
            }
            x[i] /= a[i][i];
        }
        return x;
    }
}
