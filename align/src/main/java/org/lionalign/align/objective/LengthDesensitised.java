package org.lionalign.align.objective;

import java.util.ArrayList;
import java.util.List;

/**
 * LD-DPO (Liu et al. 2024, arXiv 2409.06411, the modified likelihood; TRL's {@code ld_alpha}): in policy and reference alike, tokens beyond the length of the shorter answer count α times, whatever
 * the loss makes of the sums. α = 1 is the loss itself, α = 0 compares answers of equal length.
 *
 * @param alpha 0 to 1
 * @param loss what sees the sums
 */
public record LengthDesensitised(double alpha, PreferenceLoss loss) implements PreferenceLoss {
    @Override
    public List<PairValue> evaluate(List<PairLogps> step) {
        List<PairValue> values = new ArrayList<>();
        for (PairValue v : loss.evaluate(step.stream().map(this::shortened).toList())) {
            values.add(new PairValue(
                    v.loss(), v.dChosen(), v.dRejected(), (alpha - 1) * v.dChosen(), (alpha - 1) * v.dRejected()));
        }
        return values;
    }

    private PairLogps shortened(PairLogps p) {
        double less = 1 - alpha;
        return new PairLogps(
                p.chosen() - less * p.tails().chosen(),
                p.rejected() - less * p.tails().rejected(),
                p.referenceChosen() - less * p.tails().referenceChosen(),
                p.referenceRejected() - less * p.tails().referenceRejected(),
                p.chosenTokens(),
                p.rejectedTokens(),
                PairLogps.Tails.NONE,
                p.onPolicy());
    }

    @Override
    public boolean needsWholeStep() {
        return loss.needsWholeStep();
    }

    @Override
    public boolean usesReference() {
        return loss.usesReference();
    }

    @Override
    public PreferenceLoss after(List<PairLogps> step) {
        return new LengthDesensitised(
                alpha, loss.after(step.stream().map(this::shortened).toList()));
    }

    @Override
    public double[] state() {
        return loss.state();
    }

    @Override
    public PreferenceLoss withState(double[] state) {
        return new LengthDesensitised(alpha, loss.withState(state));
    }
}
