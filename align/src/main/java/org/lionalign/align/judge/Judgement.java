package org.lionalign.align.judge;

import org.jspecify.annotations.Nullable;

/**
 * What a judge thinks of a question's answers. A failure is a third outcome beside better and worse: it is counted, shown, and never
 * becomes a score (PITFALLS 30).
 *
 * @param scores one for each answer, higher is better; NaN where the judge failed
 * @param failures one for each answer: null, or why there is no score ({@code unparsed}, {@code refused}, {@code timeout} …)
 * @param pairwise {@code [i][j]}: how much better i is than j when i is shown first, diagonal 0, NaN where the judge failed; null for judges
 *     that look at one answer at a time
 */
public record Judgement(double[] scores, @Nullable String[] failures, double @Nullable [] @Nullable [] pairwise) {
    public Judgement {
        if (scores.length != failures.length) {
            throw new IllegalArgumentException(
                    "expected as many failures as scores, found " + failures.length + " for " + scores.length);
        }
        for (int i = 0; i < scores.length; i++) {
            if (Double.isNaN(scores[i]) == (failures[i] == null)) {
                throw new IllegalArgumentException(
                        "answer " + i + ": expected a score or a failure, found " + scores[i] + " and " + failures[i]);
            }
        }
    }

    /** Scores alone, none failed. */
    public static Judgement of(double... scores) {
        return new Judgement(scores, new String[scores.length], null);
    }

    /** Nothing was judged, all for the same reason. */
    public static Judgement failed(int answers, String why) {
        double[] scores = new double[answers];
        String[] failures = new String[answers];
        java.util.Arrays.fill(scores, Double.NaN);
        java.util.Arrays.fill(failures, why);
        return new Judgement(scores, failures, null);
    }
}
