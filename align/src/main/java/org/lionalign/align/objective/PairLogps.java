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
 */
public record PairLogps(
        double chosen,
        double rejected,
        double referenceChosen,
        double referenceRejected,
        int chosenTokens,
        int rejectedTokens) {
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
