package org.lionalign.align.train;

import java.util.List;

/**
 * One optimizer step, known in full before its first forward pass, so that its loss is divided once, by the exact global count.
 *
 * @param step counted from 1
 * @param epoch counted from 0
 * @param microBatches example indices of each forward pass, in order
 */
public record StepPlan(long step, int epoch, List<int[]> microBatches) {
    public StepPlan {
        microBatches = List.copyOf(microBatches);
    }

    /** Number of examples in the step, repeated ones counted as often as they occur. */
    public int examples() {
        return microBatches.stream().mapToInt(batch -> batch.length).sum();
    }
}
