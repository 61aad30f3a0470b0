package org.lionalign.align.train;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.lionalign.core.pack.PackedBatch;
import org.lionalign.torch.model.CausalLm;

/** What is trained: examples as prompt trees, and the loss of a step over some of them. */
public interface TrainingTask {
    /** Number of examples in an epoch. */
    int examples();

    /** Tokens of an example, shared ones once. */
    int length(int example);

    /** Ids of the rows that an example is made of, in order: one, but for windows. */
    List<String> rows(int example);

    /** These examples as one forward pass; equal each time. */
    PackedBatch batch(int[] examples);

    /** Hash of everything that decides the examples and the loss: a run is resumed only with the same. */
    String digest();

    /** The loss of one step over these micro-batches: global counts are taken here, before the first of them runs. */
    StepObjective objective(List<PackedBatch> batches);

    /**
     * The same where the loss changes over the run.
     *
     * @param step counted from 1
     * @param total steps of the run
     */
    default StepObjective objective(long step, long total, List<PackedBatch> batches) {
        return objective(batches);
    }

    /**
     * Called before every step, also before the first one after a resume, with the weights as they are then.
     *
     * @param done steps that are behind
     */
    default void before(StepPlanner planner, long done, long total, CausalLm model) {}

    /** Called after every step that was done. */
    default void after(StepObjective objective) {}

    /** Writes what {@link #before} and {@link #after} gathered into a checkpoint's folder; nothing for most. */
    default void save(Path folder) throws IOException {}

    /** Reads what {@link #save} wrote. */
    default void load(Path folder) throws IOException {}
}
