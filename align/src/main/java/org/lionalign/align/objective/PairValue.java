package org.lionalign.align.objective;

/**
 * A loss of one pair with its slopes.
 *
 * @param loss the value
 * @param dChosen d(loss)/d(log-probability of the chosen answer)
 * @param dRejected d(loss)/d(log-probability of the rejected answer)
 */
public record PairValue(double loss, double dChosen, double dRejected) {
    PairValue plus(PairValue other, double weight) {
        return new PairValue(
                loss + weight * other.loss, dChosen + weight * other.dChosen, dRejected + weight * other.dRejected);
    }
}
