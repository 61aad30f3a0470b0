package org.lionalign.align.online;

import java.util.ArrayList;
import java.util.List;

/**
 * Whether one policy beats another, looked at after every comparison without losing the error bound: a mixture sequential probability ratio
 * test of wins against losses, ties left out.
 *
 * <p>The evidence for "better" is the likelihood ratio of the wins and losses under p uniform on (½, 1) against p = ½. Under every p ≤ ½ it is a
 * non-negative supermartingale that starts at 1, so that it ever exceeds 1/α with probability at most α (Ville 1939; Robbins 1970, "Statistical
 * methods related to the law of the iterated logarithm"; Johari, Koomen, Pekelis and Walsh 2022, "Always valid inference"). "Worse" is the
 * same with the sides exchanged. The interval is the confidence sequence of the uniform mixture on (0, 1) (Howard, Ramdas, McAuliffe and Sekhon
 * 2021, "Time-uniform, nonparametric, nonasymptotic confidence sequences").
 */
public final class WinTest {
    /** What is known so far. */
    public enum Verdict {
        BETTER,
        WORSE,
        UNDECIDED
    }

    private final double alpha;
    private final List<Double> logFactorials = new ArrayList<>(List.of(0.0));
    private int wins;
    private int losses;
    private int ties;
    private Verdict verdict = Verdict.UNDECIDED;

    /** @param alpha largest probability of each false verdict, over all looks */
    public WinTest(double alpha) {
        if (!(alpha > 0 && alpha < 1)) {
            throw new IllegalArgumentException("alpha must be between 0 and 1, is " + alpha);
        }
        this.alpha = alpha;
    }

    /** One more comparison: above 0 for a win, below for a loss, 0 for a tie. The first verdict stays. */
    public Verdict add(double outcome) {
        if (Double.isNaN(outcome)) {
            throw new IllegalArgumentException("a failed judgement is no comparison");
        }
        wins += outcome > 0 ? 1 : 0;
        losses += outcome < 0 ? 1 : 0;
        ties += outcome == 0 ? 1 : 0;
        if (verdict == Verdict.UNDECIDED) {
            if (logEvidence(wins, losses) >= -Math.log(alpha)) {
                verdict = Verdict.BETTER;
            } else if (logEvidence(losses, wins) >= -Math.log(alpha)) {
                verdict = Verdict.WORSE;
            }
        }
        return verdict;
    }

    public Verdict verdict() {
        return verdict;
    }

    public int wins() {
        return wins;
    }

    public int losses() {
        return losses;
    }

    public int ties() {
        return ties;
    }

    /** Logarithm of the evidence that wins are more likely than losses; at least log(1/α) decides. */
    public double logEvidence() {
        return logEvidence(wins, losses);
    }

    /** log of 2·∫ from ½ to 1 of pʷ(1−p)ˡ dp, divided by ½ⁿ. The integral is B(w+1, l+1) · P(Binomial(n+1, ½) ≤ w). */
    private double logEvidence(int w, int l) {
        int n = w + l;
        double largest = Double.NEGATIVE_INFINITY;
        for (int k = 0; k <= w; k++) {
            largest = Math.max(largest, logChoose(n + 1, k));
        }
        double sum = 0;
        for (int k = 0; k <= w; k++) {
            sum += Math.exp(logChoose(n + 1, k) - largest);
        }
        double logTail = largest + Math.log(sum) - (n + 1) * Math.log(2);
        return Math.log(2) + logBeta(w, l) + logTail + n * Math.log(2);
    }

    /** Where the win rate among decided comparisons lies, at every look at once with probability 1 − α. */
    public double[] interval() {
        if (wins + losses == 0) {
            return new double[] {0, 1};
        }
        double rate = (double) wins / (wins + losses);
        return new double[] {edge(0, rate), edge(1, rate)};
    }

    /** Between an outer rate, which is excluded or the bound, and an inner one, which is not: bisection. */
    private double edge(double outer, double inner) {
        double out = outer;
        double in = inner;
        for (int i = 0; i < 60; i++) {
            double middle = (out + in) / 2;
            if (excluded(middle)) {
                out = middle;
            } else {
                in = middle;
            }
        }
        return in;
    }

    private boolean excluded(double p) {
        return logBeta(wins, losses) - xlogy(wins, p) - xlogy(losses, 1 - p) >= -Math.log(alpha);
    }

    private static double xlogy(int x, double y) {
        return x == 0 ? 0 : x * Math.log(y);
    }

    /** log B(w+1, l+1). */
    private double logBeta(int w, int l) {
        return logFactorial(w) + logFactorial(l) - logFactorial(w + l + 1);
    }

    private double logChoose(int n, int k) {
        return logFactorial(n) - logFactorial(k) - logFactorial(n - k);
    }

    private double logFactorial(int n) {
        while (logFactorials.size() <= n) {
            logFactorials.add(logFactorials.get(logFactorials.size() - 1) + Math.log(logFactorials.size()));
        }
        return logFactorials.get(n);
    }
}
