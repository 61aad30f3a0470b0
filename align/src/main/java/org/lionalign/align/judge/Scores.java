package org.lionalign.align.judge;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Scores that are being collected beside the reasons of those that are missing. */
final class Scores {
    private Scores() {}

    static double[] none(int n) {
        double[] scores = new double[n];
        Arrays.fill(scores, Double.NaN);
        return scores;
    }

    /** A model that overflows has said nothing. */
    static void put(double[] scores, @Nullable String[] failures, int answer, double value) {
        if (Double.isFinite(value)) {
            scores[answer] = value;
        } else {
            failures[answer] = "not_finite";
        }
    }
}
