package org.lionalign.align.judge;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The different texts among a question's answers. Judges look at each text once: that saves work, and equal texts get equal scores to the last
 * bit, which a second pass in another place of a batch would not promise.
 *
 * @param texts in the order of their first occurrence
 * @param of for each answer the index of its text
 */
record Distinct(List<String> texts, int[] of) {
    static Distinct of(List<String> answers) {
        List<String> texts = new ArrayList<>();
        Map<String, Integer> index = new HashMap<>();
        int[] of = new int[answers.size()];
        for (int a = 0; a < of.length; a++) {
            Integer known = index.putIfAbsent(answers.get(a), texts.size());
            of[a] = known == null ? texts.size() : known;
            if (known == null) {
                texts.add(answers.get(a));
            }
        }
        return new Distinct(texts, of);
    }

    /** What was found for the texts, for the answers; a score that is no number must have its failure. */
    Judgement spread(double[] scores, String[] failures, double[][] pairwise) {
        int n = of.length;
        double[] all = new double[n];
        String[] why = new String[n];
        for (int a = 0; a < n; a++) {
            all[a] = scores[of[a]];
            why[a] = failures[of[a]];
        }
        if (pairwise.length == 0) {
            return new Judgement(all, why, null);
        }
        double[][] matrix = new double[n][n];
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                matrix[i][j] = of[i] == of[j] ? 0 : pairwise[of[i]][of[j]];
            }
        }
        return new Judgement(all, why, matrix);
    }
}
