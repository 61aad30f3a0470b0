package org.lionalign.align.objective;

/**
 * A loss of one pair with its slopes. A token in an answer's tail (beyond the other answer's length) has the sum of its answer's two slopes.
 *
 * @param loss the value
 * @param dChosen d(loss)/d(log-probability of the chosen answer)
 * @param dRejected d(loss)/d(log-probability of the rejected answer)
 * @param dChosenTail what a tail token of the chosen answer has on top
 * @param dRejectedTail likewise
 */
public record PairValue(double loss, double dChosen, double dRejected, double dChosenTail, double dRejectedTail) {
    /** Of a loss to which all tokens of an answer are the same. */
    public PairValue(double loss, double dChosen, double dRejected) {
        this(loss, dChosen, dRejected, 0, 0);
    }

    PairValue plus(PairValue other, double weight) {
        return new PairValue(
                loss + weight * other.loss,
                dChosen + weight * other.dChosen,
                dRejected + weight * other.dRejected,
                dChosenTail + weight * other.dChosenTail,
                dRejectedTail + weight * other.dRejectedTail);
    }

    PairValue times(double weight) {
        return new PairValue(
                weight * loss, weight * dChosen, weight * dRejected, weight * dChosenTail, weight * dRejectedTail);
    }
}
