package org.lionalign.align.train;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.lionalign.core.pack.PackedBatch;
import org.lionalign.core.pack.PromptTree;

/** A reward model on trees of prompt, chosen (node 1) and rejected (node 2). */
public final class RewardTask extends TreeTask {
    private final double centring;
    private final Map<String, Double> margins = new HashMap<>();

    /** @param centring weight of (chosen + rejected)², 0 for none */
    public RewardTask(List<PromptTree> trees, double centring) {
        super(trees, SftTask.digestOf("reward/" + centring, trees));
        this.centring = centring;
    }

    /**
     * @param centring weight of (chosen + rejected)², 0 for none
     * @param margins by how much each chosen answer should win
     */
    public RewardTask(List<PromptTree> trees, double centring, double[] margins) {
        super(trees, SftTask.digestOf("reward/" + centring + "/" + Arrays.hashCode(margins), trees));
        this.centring = centring;
        for (int i = 0; i < margins.length; i++) {
            this.margins.put(trees.get(i).id(), margins[i]);
        }
    }

    @Override
    public StepObjective objective(List<PackedBatch> batches) {
        return new RewardObjective(
                tree -> margins.getOrDefault(tree.id(), 0.0),
                centring,
                batches.stream().mapToInt(b -> b.trees().size()).sum());
    }
}
