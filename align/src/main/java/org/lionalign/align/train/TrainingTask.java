package org.lionalign.align.train;

import java.util.List;
import org.lionalign.core.pack.PackedBatch;

/** What is trained: examples as prompt trees, and the loss of a step over some of them. */
public interface TrainingTask {
    /** Number of examples in an epoch. */
    int examples();

    /** Tokens of an example, shared ones once. */
    int length(int example);

    /** These examples as one forward pass; equal each time. */
    PackedBatch batch(int[] examples);

    /** Hash of everything that decides the examples and the loss: a run is resumed only with the same. */
    String digest();

    /** The loss of one step over these micro-batches: global counts are taken here, before the first of them runs. */
    StepObjective objective(List<PackedBatch> batches);
}
