package org.lionalign.torch.encoder;

/**
 * Comparisons of n answers with each other, and what follows from them: LLM-Blender's {@code max_logits} aggregation (Jiang et al. 2023).
 *
 * @param logits {@code [n][n]}: how much better i is than j with i on the left; the diagonal is 0
 */
public record PairMatrix(double[][] logits) {
    public PairMatrix {
        for (double[] row : logits) {
            if (row.length != logits.length) {
                throw new IllegalArgumentException(
                        "a matrix of comparisons is square, found " + row.length + " of " + logits.length);
            }
        }
    }

    /** {@code score_i = mean over j of (M_ij − M_ji)}, the diagonal counted as 0, divisor n. */
    public double[] scores() {
        int n = logits.length;
        double[] scores = new double[n];
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                if (i != j) {
                    scores[i] += logits[i][j] - logits[j][i];
                }
            }
            scores[i] /= n;
        }
        return scores;
    }

    /** 1 for the best; equal scores share the better rank. */
    public int[] ranks() {
        double[] scores = scores();
        int[] ranks = new int[scores.length];
        for (int i = 0; i < scores.length; i++) {
            ranks[i] = 1;
            for (double other : scores) {
                if (other > scores[i]) {
                    ranks[i]++;
                }
            }
        }
        return ranks;
    }
}
