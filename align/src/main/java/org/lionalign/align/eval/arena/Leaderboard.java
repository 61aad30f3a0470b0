package org.lionalign.align.eval.arena;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.stats.BradleyTerry;
import org.lionalign.core.stats.LogisticRegression;
import org.lionalign.core.stats.MersenneTwister;
import org.lionalign.core.stats.Percentiles;
import org.lionalign.core.stats.Summary;

/**
 * Ratings and win rates of all models in a table of battles ({@code show_result.py} of arena-hard-auto v0.1): Bradley-Terry, and 100
 * resamples drawn with NumPy's generator at seed 42, number for number.
 *
 * @param baseline whom the win rates are against
 * @param models in the order of their first battle, the baseline among them
 * @param ratings one for each model; {@code gpt-4-0314} at 1000 where it takes part (with style control: the baseline at 1114)
 * @param rounds ratings {@code [100][models]} of the resamples
 * @param styleCoefficients of the standardised differences in tokens, headers, lists and bolds; null without style control
 */
record Leaderboard(
        String baseline,
        List<String> models,
        double[] ratings,
        double[][] rounds,
        double @Nullable [] styleCoefficients) {
    static final String ANCHOR = "gpt-4-0314";

    private static final int ROUNDS = 100;
    private static final long SEED = 42;
    private static final double BASE = Math.log(10);
    private static final double STYLE_ANCHOR = 1114;
    private static final double STYLE_RIDGE = 1; // scikit-learn's default C

    /** Battles as arrays: index of the baseline and of the model, and the baseline's score. */
    private record Table(List<String> models, int[] first, int[] second, double[] firstScore) {
        static Table of(List<Battle> battles) {
            Set<String> names = new LinkedHashSet<>();
            battles.forEach(battle -> names.add(battle.baseline()));
            battles.forEach(battle -> names.add(battle.model()));
            List<String> models = List.copyOf(names);
            Table table =
                    new Table(models, new int[battles.size()], new int[battles.size()], new double[battles.size()]);
            for (int i = 0; i < battles.size(); i++) {
                table.first[i] = models.indexOf(battles.get(i).baseline());
                table.second[i] = models.indexOf(battles.get(i).model());
                table.firstScore[i] = 1 - battles.get(i).modelScore();
            }
            return table;
        }
    }

    static Leaderboard of(List<Battle> battles, String baseline) {
        Table table = table(battles, baseline);
        MersenneTwister random = MersenneTwister.seeded(SEED);
        int n = battles.size();
        double[][] rounds = new double[ROUNDS][];
        for (int r = 0; r < ROUNDS; r++) {
            double[] times = new double[n];
            for (int row : random.resample(n)) {
                times[row]++;
            }
            rounds[r] = anchored(table, times);
        }
        double[] once = new double[n];
        java.util.Arrays.fill(once, 1);
        return new Leaderboard(baseline, table.models, anchored(table, once), rounds, null);
    }

    private static Table table(List<Battle> battles, String baseline) {
        Table table = Table.of(battles);
        if (!table.models.contains(baseline)) {
            throw new BadInput("baseline: expected one of " + table.models + ", found " + baseline);
        }
        return table;
    }

    private static double[] anchored(Table table, double[] times) {
        double[] ratings =
                BradleyTerry.ratings(table.models.size(), table.first, table.second, table.firstScore, times);
        int anchor = table.models.indexOf(ANCHOR);
        return anchor < 0 ? ratings : shifted(ratings, anchor, BradleyTerry.OFFSET);
    }

    private static double[] shifted(double[] ratings, int anchor, double to) {
        double[] moved = ratings.clone();
        for (int m = 0; m < moved.length; m++) {
            moved[m] += to - ratings[anchor];
        }
        return moved;
    }

    /**
     * With what the answers look like taken out: differences in length and markdown are further columns of the regression, which has
     * scikit-learn's default ridge.
     */
    static Leaderboard styleControlled(List<Battle> battles, String baseline) {
        Table table = table(battles, baseline);
        int n = battles.size();
        int models = table.models.size();
        double[][] style = standardised(battles);
        int[][] columns = new int[n][];
        List<LogisticRegression.Row> rows = new ArrayList<>();
        for (int i = 0; i < n; i++) {
            columns[i] = new int[2 + Style.FEATURES];
            double[] values = new double[2 + Style.FEATURES];
            columns[i][0] = table.first[i];
            columns[i][1] = table.second[i];
            values[0] = BASE;
            values[1] = -BASE;
            for (int f = 0; f < Style.FEATURES; f++) {
                columns[i][2 + f] = models + f;
                values[2 + f] = style[f][i];
            }
            rows.add(new LogisticRegression.Row(columns[i], values));
        }
        MersenneTwister random = MersenneTwister.seeded(SEED);
        double[][] rounds = new double[ROUNDS][];
        int at = table.models.indexOf(baseline);
        for (int r = 0; r < ROUNDS; r++) {
            double[] times = new double[n];
            for (int row : random.resample(n)) {
                times[row] += 2; // each battle stands twice in the official table, so that a tie is a win and a loss
            }
            rounds[r] = shifted(scaled(fit(rows, models, table, times), models), at, STYLE_ANCHOR);
        }
        double[] twice = new double[n];
        java.util.Arrays.fill(twice, 2);
        double[] beta = fit(rows, models, table, twice);
        return new Leaderboard(
                baseline,
                table.models,
                shifted(scaled(beta, models), at, STYLE_ANCHOR),
                rounds,
                java.util.Arrays.copyOfRange(beta, models, beta.length));
    }

    private static double[] fit(List<LogisticRegression.Row> rows, int models, Table table, double[] times) {
        return LogisticRegression.fit(rows, models + Style.FEATURES, table.firstScore, times, STYLE_RIDGE);
    }

    private static double[] scaled(double[] beta, int models) {
        double[] ratings = new double[models];
        for (int m = 0; m < models; m++) {
            ratings[m] = BradleyTerry.SCALE * beta[m] + BradleyTerry.OFFSET;
        }
        return ratings;
    }

    /** {@code [features][battles]}: (a − b) / (a + b + 1), then mean 0 and standard deviation 1 over the battles. */
    private static double[][] standardised(List<Battle> battles) {
        double[][] out = new double[Style.FEATURES][battles.size()];
        for (int f = 0; f < Style.FEATURES; f++) {
            for (int i = 0; i < battles.size(); i++) {
                Style a = battles.get(i).baselineStyle();
                Style b = battles.get(i).modelStyle();
                if (a == null || b == null) {
                    throw new BadInput("question " + battles.get(i).question() + ", model "
                            + battles.get(i).model()
                            + ": expected lengths and markdown counts of both answers for style control, found none");
                }
                out[f][i] = (a.feature(f) - b.feature(f)) / (a.feature(f) + b.feature(f) + 1);
            }
            Summary summary = Summary.of(out[f]);
            double n = battles.size();
            double sd = n < 2 ? 0 : summary.standardDeviation() * Math.sqrt((n - 1) / n);
            for (int i = 0; i < battles.size(); i++) {
                // A feature that is the same everywhere says nothing; the official tool divides by zero here.
                out[f][i] = sd > 0 ? (out[f][i] - summary.mean()) / sd : 0;
            }
        }
        return out;
    }

    /** Per cent against the baseline, to two decimals as the leaderboard prints it; the baseline's own is 50. */
    double winRate(String model) {
        return winRate(ratings, model);
    }

    private double winRate(double[] of, String model) {
        return model.equals(baseline) ? 50 : round(rate(of, models.indexOf(model)), 2);
    }

    private double rate(double[] of, int model) {
        return 100 * BradleyTerry.winProbability(of[model], of[models.indexOf(baseline)]);
    }

    /** Ratings at a percentile of the resamples, each model's by itself. */
    double[] ratingsAt(double percent) {
        double[] at = new double[models.size()];
        for (int m = 0; m < at.length; m++) {
            double[] column = new double[rounds.length];
            for (int r = 0; r < rounds.length; r++) {
                column[r] = rounds[r][m];
            }
            at[m] = Percentiles.of(column, percent);
        }
        return at;
    }

    /** Win rate at the 2.5 percentile of the ratings, as printed. */
    double low(String model) {
        return winRate(ratingsAt(2.5), model);
    }

    /** Win rate at the 97.5 percentile of the ratings, as printed. */
    double high(String model) {
        return winRate(ratingsAt(97.5), model);
    }

    /** Standard deviation of the win rate over the resamples. */
    double standardError(String model) {
        double[] rates = new double[rounds.length];
        for (int r = 0; r < rounds.length; r++) {
            rates[r] = rate(rounds[r], models.indexOf(model));
        }
        return model.equals(baseline) ? 0 : Summary.of(rates).standardDeviation();
    }

    /** As Python rounds: the nearest decimal to the number's exact value, half to even. */
    static double round(double value, int decimals) {
        return new BigDecimal(value).setScale(decimals, RoundingMode.HALF_EVEN).doubleValue();
    }
}
