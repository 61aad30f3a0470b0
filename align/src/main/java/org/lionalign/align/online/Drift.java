package org.lionalign.align.online;

import java.util.List;

/** How far a policy is from the one it came from, on answers that it sampled itself. */
public final class Drift {
    private Drift() {}

    /**
     * An estimate of KL(policy ‖ reference) per answer token.
     *
     * @param kl mean of log π − log π_ref: unbiased for answers drawn from π itself (temperature 1, nothing cut off), negative by chance
     * @param lowVariance mean of r − 1 − log r with r = π_ref/π: never negative, and unbiased as well (Schulman 2020, "Approximating KL
     *     divergence", k₃)
     * @param standardError of {@code kl}, over answers
     */
    public record Kl(double kl, double lowVariance, double standardError, long tokens) {}

    /**
     * Estimates the KL from log-probabilities of the same tokens under both.
     *
     * @param policy one array for each answer, as the sampler stored them
     * @param reference as the reference scores the same ids
     */
    public static Kl klPerToken(List<float[]> policy, List<float[]> reference) {
        if (policy.size() != reference.size()) {
            throw new IllegalArgumentException(
                    policy.size() + " answers of the policy, " + reference.size() + " of the reference");
        }
        double sum = 0;
        double low = 0;
        long tokens = 0;
        double[] byAnswer = new double[policy.size()];
        for (int a = 0; a < byAnswer.length; a++) {
            float[] p = policy.get(a);
            float[] q = reference.get(a);
            if (p.length != q.length) {
                throw new IllegalArgumentException(
                        "answer " + a + ": " + p.length + " tokens of the policy, " + q.length + " of the reference");
            }
            for (int t = 0; t < p.length; t++) {
                double logRatio = (double) q[t] - p[t];
                byAnswer[a] -= logRatio;
                low += Math.expm1(logRatio) - logRatio;
            }
            sum += byAnswer[a];
            tokens += p.length;
        }
        if (tokens == 0) {
            throw new IllegalArgumentException("no tokens to estimate a KL from");
        }
        // A ratio of sums over independent answers: the delta method.
        double mean = sum / tokens;
        double squares = 0;
        for (int a = 0; a < byAnswer.length; a++) {
            double rest = byAnswer[a] - mean * policy.get(a).length;
            squares += rest * rest;
        }
        double n = byAnswer.length;
        double error = n < 2 ? Double.NaN : Math.sqrt(squares * n / (n - 1)) / tokens;
        return new Kl(mean, low / tokens, error, tokens);
    }

    /** Mean length of the answers over the mean length of the others, which must not all be empty. */
    public static double lengthRatio(List<Integer> answers, List<Integer> before) {
        double mean = before.stream().mapToInt(Integer::intValue).average().orElse(0);
        if (answers.isEmpty() || mean <= 0) {
            throw new IllegalArgumentException("lengths of answers are missing");
        }
        return answers.stream().mapToInt(Integer::intValue).average().orElse(0) / mean;
    }
}
