package org.lionalign.align.objective;

import java.util.List;

/**
 * BCO for pairs (Jung et al. 2024, arXiv 2404.04656, the loss with reward shift): {@code −log σ(βa − δ) − log σ(−(βb − δ))} with δ the running mean of all rewards βa and βb, those
 * of this step included (LION.md 2.9). δ carries no gradient.
 *
 * @param count rewards of the steps before
 * @param mean their mean
 */
public record RunningBco(double beta, double count, double mean) implements PreferenceLoss {
    /** Before the first step. */
    public RunningBco(double beta) {
        this(beta, 0, 0);
    }

    @Override
    public boolean needsWholeStep() {
        return true;
    }

    @Override
    public List<PairValue> evaluate(List<PairLogps> step) {
        return new PreferenceLoss.BcoPair(beta, after(step).mean).evaluate(step);
    }

    @Override
    public RunningBco after(List<PairLogps> step) {
        double sum = 0;
        for (PairLogps pair : step) {
            sum += beta * pair.chosenRatio() + beta * pair.rejectedRatio();
        }
        double all = count + 2 * step.size();
        return all == 0 ? this : new RunningBco(beta, all, mean + (sum - 2 * step.size() * mean) / all);
    }

    @Override
    public double[] state() {
        return new double[] {count, mean};
    }

    @Override
    public RunningBco withState(double[] state) {
        return new RunningBco(beta, state[0], state[1]);
    }
}
