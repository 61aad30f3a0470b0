package org.lionalign.align.train;

/**
 * When the reference becomes the policy as it is then (TR-DPO, hard update; Gorbatovski et al. 2024, arXiv 2404.09656): its log-probabilities of the pairs that come before
 * the next time are computed again.
 *
 * @param everySteps 0 for never
 * @param everyEpoch before each epoch but the first
 * @param tokensPerPass tokens of one forward pass of the computation
 */
public record ReferenceRefresh(long everySteps, boolean everyEpoch, int tokensPerPass) {
    /** The reference stays what it was at the start. */
    public static final ReferenceRefresh NEVER = new ReferenceRefresh(0, false, 1);

    /** Whether it is due after so many steps. */
    boolean due(StepPlanner planner, long done) {
        if (done == 0) {
            return false;
        }
        return (everySteps > 0 && done % everySteps == 0)
                || (everyEpoch
                        && planner.step(done + 1).epoch() > planner.step(done).epoch());
    }

    boolean never() {
        return everySteps == 0 && !everyEpoch;
    }
}
