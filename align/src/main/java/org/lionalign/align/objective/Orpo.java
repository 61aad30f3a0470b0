package org.lionalign.align.objective;

/**
 * ORPO (Hong et al. 2024, eq. 4, 6 and 7), reference-free: the chosen answer's loss per token plus λ times {@code −log σ} of the logarithm of
 * the odds ratio, with {@code odds = p/(1−p)} of the answers' mean probability {@code p = exp(log-probability / tokens)}.
 *
 * @param lambda weight of the odds ratio
 */
public record Orpo(double lambda) implements PreferenceLoss.Single {
    /** Means nearer to 0 than this are not told apart in fp32; odds stay finite. */
    private static final double NEAREST = -1e-6;

    @Override
    public PairValue of(PairLogps p) {
        double m = Math.max(1, p.chosenTokens());
        double n = Math.max(1, p.rejectedTokens());
        double c = p.chosen() / m;
        double r = p.rejected() / n;
        double z = logOdds(c) - logOdds(r);
        double slope = -lambda * Logistic.sigmoid(-z);
        return new PairValue(
                -c - lambda * Logistic.logSigmoid(z), (-1 + slope * dLogOdds(c)) / m, -slope * dLogOdds(r) / n);
    }

    /** log p − log(1 − p) of log p. */
    private static double logOdds(double logp) {
        double x = Math.min(logp, NEAREST);
        return x - Math.log(-Math.expm1(x));
    }

    private static double dLogOdds(double logp) {
        return logp > NEAREST ? 0 : -1 / Math.expm1(logp);
    }

    @Override
    public boolean usesReference() {
        return false;
    }
}
