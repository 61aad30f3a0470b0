package org.lionalign.core.stats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.lionalign.core.testing.Seeds;

/** Fits are where they should be: scikit-learn's numbers, closed forms and the conditions of a minimum. */
class RegressionTest {
    // scikit-learn 1.9.1: LogisticRegression(fit_intercept=False, C=0.5, tol=1e-12).fit(X, y, sample_weight=w)
    private static final double[][] X = {
        {1.79, 0.44, 0.1}, {-1.86, -0.28, -0.35}, {-0.08, -0.63, -0.04}, {-0.48, -1.31, 0.88},
        {0.88, 1.71, 0.05}, {-0.4, -0.55, -1.55}, {0.98, -1.1, -1.19}, {-0.21, 1.49, 0.24},
        {-1.02, -0.71, 0.63}, {-0.16, -0.77, -0.23}, {0.75, 1.98, -1.24}, {-0.63, -0.8, -2.42}
    };
    private static final double[] Y = {1, 1, 1, 0, 0, 1, 1, 1, 1, 1, 0, 1};
    private static final double[] W = {0.68, 0.56, 0.91, 0.95, 0.89, 0.89, 0.57, 0.87, 0.54, 0.77, 0.53, 0.65};
    private static final double[] RIDGE = {-0.15847068511827514, -0.2871362942888483, -0.44740954929323734};

    @Test
    void ridgeIsScikitLearns() {
        double[] beta = LogisticRegression.fit(LogisticRegression.dense(X), 3, Y, W, 2);
        for (int j = 0; j < 3; j++) {
            assertThat(beta[j]).isCloseTo(RIDGE[j], within(1e-6)); // lbfgs stops there
        }
    }

    @Test
    void theGradientIsZeroAtTheMinimum() {
        Seeds.forAll(30, random -> {
            int n = 5 + random.nextInt(40);
            double[][] x = new double[n][4];
            double[] y = new double[n];
            double[] w = new double[n];
            for (int i = 0; i < n; i++) {
                Arrays.setAll(x[i], j -> random.nextDouble(-3, 3));
                y[i] = random.nextBoolean() ? random.nextDouble() : random.nextInt(2);
                w[i] = random.nextDouble(0, 2);
            }
            double ridge = Math.pow(10, random.nextDouble(-6, 2));
            double[] beta = LogisticRegression.fit(LogisticRegression.dense(x), 4, y, w, ridge);
            for (int j = 0; j < 4; j++) {
                double gradient = ridge * beta[j];
                for (int i = 0; i < n; i++) {
                    gradient += w[i] * x[i][j] * (1 / (1 + Math.exp(-dot(x[i], beta))) - y[i]);
                }
                assertThat(gradient).isCloseTo(0, within(1e-7));
            }
        });
    }

    @Test
    void separableClassesHaveAFiniteMinimum() {
        double[] beta = LogisticRegression.fit(
                LogisticRegression.dense(new double[][] {{1}, {2}, {-1}}),
                1,
                new double[] {1, 1, 0},
                new double[] {1, 1, 1},
                1e-9);
        assertThat(beta[0]).isBetween(10.0, 100.0);
    }

    @Test
    void theLassoMeetsTheConditionsOfItsMinimum() {
        Seeds.forAll(30, random -> {
            int n = 20 + random.nextInt(60);
            double[][] x = new double[n][5];
            boolean[] y = new boolean[n];
            double[] w = new double[n];
            for (int i = 0; i < n; i++) {
                Arrays.setAll(x[i], j -> random.nextDouble(-2, 2));
                y[i] = random.nextDouble() < 1 / (1 + Math.exp(-2 * x[i][0]));
                w[i] = random.nextInt(5) == 0 ? 0 : random.nextDouble();
            }
            double c = Math.pow(10, random.nextDouble(-2, 1));
            double[] beta = LassoLogistic.fit(x, y, w, c, 1e-12, random.nextInt());
            for (int j = 0; j < 5; j++) {
                double slope = 0; // of the smooth part
                for (int i = 0; i < n; i++) {
                    slope += c * w[i] * x[i][j] * (1 / (1 + Math.exp(-dot(x[i], beta))) - (y[i] ? 1 : 0));
                }
                if (beta[j] == 0) {
                    assertThat(Math.abs(slope)).isLessThanOrEqualTo(1 + 1e-6);
                } else {
                    assertThat(slope).isCloseTo(-Math.signum(beta[j]), within(1e-6));
                }
            }
        });
    }

    @Test
    void aStrongPenaltyLeavesNothing() {
        assertThat(LassoLogistic.fit(
                        new double[][] {{1, 2}, {2, 1}},
                        new boolean[] {true, false},
                        new double[] {1, 1},
                        1e-4,
                        1e-4,
                        1))
                .containsOnly(0);
        assertThat(LassoLogistic.fit(new double[][] {{1}}, new boolean[] {true}, new double[] {0}, 1, 1e-4, 1))
                .containsOnly(0);
    }

    @Test
    void againstOneBaselineBradleyTerryIsTheShareOfBattlesWon() {
        Seeds.forAll(20, random -> {
            int models = 2 + random.nextInt(4);
            int n = 300;
            int[] first = new int[n];
            int[] second = new int[n];
            double[] outcome = new double[n];
            double[] weights = new double[n];
            double[] won = new double[models];
            double[] all = new double[models];
            for (int i = 0; i < n; i++) {
                second[i] = 1 + random.nextInt(models - 1);
                outcome[i] = random.nextInt(3) / 2.0;
                weights[i] = 1 + random.nextInt(3);
                won[second[i]] += weights[i] * (1 - outcome[i]);
                all[second[i]] += weights[i];
            }
            double[] ratings = BradleyTerry.ratings(models, first, second, outcome, weights);
            for (int m = 1; m < models; m++) {
                assertThat(BradleyTerry.winProbability(ratings[m], ratings[0]))
                        .isCloseTo(won[m] / all[m], within(1e-9));
            }
            assertThat(Arrays.stream(ratings).average().orElseThrow()).isCloseTo(1000, within(1e-9));
        });
    }

    @Test
    void aCircleIsEvenAndAUniformWinnerIsFarAboveTheRest() {
        double[] even = BradleyTerry.ratings(
                3, new int[] {0, 1, 2}, new int[] {1, 2, 0}, new double[] {1, 1, 1}, new double[] {1, 1, 1});
        for (double rating : even) {
            assertThat(rating).isCloseTo(1000, within(1e-6));
        }
        double[] won = BradleyTerry.ratings(2, new int[] {0}, new int[] {1}, new double[] {1}, new double[] {50});
        assertThat(BradleyTerry.winProbability(won[0], won[1])).isGreaterThan(0.9999999);
        assertThat(won[0]).isFinite();
    }

    private static double dot(double[] x, double[] beta) {
        double z = 0;
        for (int j = 0; j < x.length; j++) {
            z += x[j] * beta[j];
        }
        return z;
    }
}
