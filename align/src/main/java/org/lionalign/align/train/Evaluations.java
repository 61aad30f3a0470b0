package org.lionalign.align.train;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/**
 * Looks at the model while it is trained: before the first step, every so many steps, and after the last.
 *
 * @param every steps between two looks, 0 for none between the first and the last but those of epochs
 * @param everyEpoch whether to look after each epoch too
 * @param exportBest whether training ends with the weights of the evaluation with the lowest {@code loss} instead of the last ones
 * @param look what is done
 */
public record Evaluations(long every, boolean everyEpoch, boolean exportBest, Look look) {
    /** Nothing is looked at. */
    public static final Evaluations NONE =
            new Evaluations(0, false, false, () -> new Seen(org.lionalign.core.json.Json.object(), List.of()));

    /** Held-out metrics, and answers to fixed prompts. Must leave the model as it was. */
    @FunctionalInterface
    public interface Look {
        Seen now();
    }

    /**
     * What was seen.
     *
     * @param metrics empty when nothing is held out; {@code loss} among them decides what is best
     * @param samples a prompt and its answer each
     */
    public record Seen(ObjectNode metrics, List<ObjectNode> samples) {}

    /** Whether to look after so many steps of a run. */
    public boolean due(StepPlanner planner, long step, long total) {
        return step == 0
                || step == total
                || (every > 0 && step % every == 0)
                || (everyEpoch && planner.endsEpoch(step));
    }
}
