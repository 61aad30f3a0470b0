package org.lionalign.align.objective;

import java.util.ArrayList;
import java.util.List;

/**
 * A loss with a weight for each pair that depends on the policy but has no gradient of its own.
 *
 * @param weight how much a pair counts
 * @param loss what is weighted
 */
public record Weighted(Weight weight, PreferenceLoss loss) implements PreferenceLoss {
    /** How much a pair counts. */
    public sealed interface Weight {
        double of(PairLogps pair);
    }

    /**
     * WPO (Zhou et al. 2024, eq. 2, with sampled alignment as in TRL): the product over both answers of
     * {@code exp(mean over tokens of (log p − log Σ_v p_v²))}, so that pairs that the policy would not write itself count less.
     */
    public record OnPolicy() implements Weight {
        @Override
        public double of(PairLogps pair) {
            return pair.onPolicy();
        }
    }

    /**
     * Importance-sampled DPO (LION.md 1.3, the original's history): {@code σ(γ·Σ(log π − log μ))} over the tokens of both answers, μ the
     * policy that wrote them, which is the reference here; ½ at the start.
     *
     * @param gamma the original's is 0.01
     */
    public record Importance(double gamma) implements Weight {
        @Override
        public double of(PairLogps pair) {
            return Logistic.sigmoid(gamma * (pair.chosenRatio() + pair.rejectedRatio()));
        }
    }

    @Override
    public List<PairValue> evaluate(List<PairLogps> step) {
        List<PairValue> values = new ArrayList<>();
        List<PairValue> plain = loss.evaluate(step);
        for (int i = 0; i < step.size(); i++) {
            values.add(plain.get(i).times(weight.of(step.get(i))));
        }
        return values;
    }

    @Override
    public boolean needsWholeStep() {
        return loss.needsWholeStep();
    }

    @Override
    public boolean usesReference() {
        return weight instanceof Importance || loss.usesReference();
    }

    @Override
    public boolean readsOnPolicy() {
        return weight instanceof OnPolicy || loss.readsOnPolicy();
    }

    @Override
    public PreferenceLoss after(List<PairLogps> step) {
        return new Weighted(weight, loss.after(step));
    }

    @Override
    public double[] state() {
        return loss.state();
    }

    @Override
    public PreferenceLoss withState(double[] state) {
        return new Weighted(weight, loss.withState(state));
    }
}
