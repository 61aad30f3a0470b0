package org.lionalign.align.train;

import java.util.List;
import org.lionalign.core.pack.PackedBatch;
import org.lionalign.core.pack.PromptTree;

/** A reward model on trees of prompt, chosen (node 1) and rejected (node 2). */
public final class RewardTask extends TreeTask {
    private final double centring;

    /** @param centring weight of (chosen + rejected)², 0 for none */
    public RewardTask(List<PromptTree> trees, double centring) {
        super(trees, SftTask.digestOf("reward/" + centring, trees));
        this.centring = centring;
    }

    @Override
    public StepObjective objective(List<PackedBatch> batches) {
        return new RewardObjective(
                tree -> 0,
                centring,
                batches.stream().mapToInt(b -> b.trees().size()).sum());
    }
}
