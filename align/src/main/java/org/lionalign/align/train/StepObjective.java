package org.lionalign.align.train;

import java.util.Map;
import org.lionalign.core.pack.PackedBatch;

/** The loss of one optimizer step, fed micro-batch by micro-batch; made anew for each step with the step's exact global count. */
public interface StepObjective {
    /** Whether all log-probabilities of the step must be known before any gradient; then {@link #observe} sees every micro-batch first. */
    default boolean needsWholeStep() {
        return false;
    }

    /** First pass of a whole-step loss. */
    default void observe(PackedBatch batch, float[] logps) {}

    /** Whether {@link #alignment} must see every micro-batch before any gradient. */
    default boolean readsAlignment() {
        return false;
    }

    /**
     * How much each target is the policy's own, before the first gradient of the step.
     *
     * @param aligned {@code [S]}: {@code log p − log Σ_v p_v²}
     */
    default void alignment(PackedBatch batch, float[] aligned) {}

    /**
     * Gradient of the step's loss with respect to this micro-batch's log-probabilities; its share of the loss is kept.
     *
     * @param logps {@code [S]} in target order
     * @return {@code [S]}
     */
    float[] gradient(PackedBatch batch, float[] logps);

    /** The step's loss after the last micro-batch. */
    double loss();

    /** The loss of each row seen so far by its id, as {sum, weight}: supervised tokens, or pairs. */
    default Map<String, double[]> rowLosses() {
        return Map.of();
    }

    /** Further metrics as {sum, weight}: added over micro-batches and divided once (PITFALLS 31). */
    default Map<String, double[]> metrics() {
        return Map.of();
    }
}
