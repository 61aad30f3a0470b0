package org.lionalign.align.objective;

/**
 * What a preference loss sees of one pair: log-probabilities of the whole answers, natural logarithms.
 *
 * @param chosen policy's log-probability of the chosen answer, summed over its tokens
 * @param rejected policy's, of the rejected answer
 * @param referenceChosen the reference's; 0 where there is no reference
 * @param referenceRejected likewise
 * @param chosenTokens tokens of the chosen answer
 * @param rejectedTokens tokens of the rejected answer
 * @param tails the parts of these sums that lie beyond the shorter answer's length
 * @param onPolicy how much the pair is the policy's own (WPO), between 0 and 1; a constant to every loss
 */
public record PairLogps(
        double chosen,
        double rejected,
        double referenceChosen,
        double referenceRejected,
        int chosenTokens,
        int rejectedTokens,
        Tails tails,
        double onPolicy) {
    /** Sums over the tokens of each answer that the other one, being shorter, has no counterpart of; one side is always 0. */
    public record Tails(double chosen, double rejected, double referenceChosen, double referenceRejected) {
        /** Of answers of equal length. */
        public static final Tails NONE = new Tails(0, 0, 0, 0);
    }

    /** Without what only LD-DPO and WPO read. */
    public PairLogps(
            double chosen,
            double rejected,
            double referenceChosen,
            double referenceRejected,
            int chosenTokens,
            int rejectedTokens) {
        this(chosen, rejected, referenceChosen, referenceRejected, chosenTokens, rejectedTokens, Tails.NONE, 1);
    }

    /** a = log π(chosen) − log π_ref(chosen). */
    public double chosenRatio() {
        return chosen - referenceChosen;
    }

    /** b = log π(rejected) − log π_ref(rejected). */
    public double rejectedRatio() {
        return rejected - referenceRejected;
    }

    /** h = a − b. */
    public double margin() {
        return chosenRatio() - rejectedRatio();
    }
}
