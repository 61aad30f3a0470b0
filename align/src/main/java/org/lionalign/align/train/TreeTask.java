package org.lionalign.align.train;

import java.util.Arrays;
import java.util.List;
import org.lionalign.core.pack.PackedBatch;
import org.lionalign.core.pack.PromptTree;
import org.lionalign.core.pack.TreeStore;

/** A task whose examples are trees in memory. */
abstract class TreeTask implements TrainingTask {
    private final List<PromptTree> trees;
    private final String digest;

    TreeTask(List<PromptTree> trees, String digest) {
        this.trees = trees instanceof TreeStore.View ? trees : List.copyOf(trees);
        this.digest = digest;
    }

    @Override
    public int examples() {
        return trees.size();
    }

    @Override
    public int length(int example) {
        return trees instanceof TreeStore.View stored
                ? stored.tokens(example)
                : trees.get(example).length();
    }

    /** An example's tree. */
    final PromptTree tree(int example) {
        return trees.get(example);
    }

    @Override
    public List<String> rows(int example) {
        return List.of(trees.get(example).id());
    }

    @Override
    public PackedBatch batch(int[] examples) {
        return PackedBatch.of(Arrays.stream(examples).mapToObj(trees::get).toList());
    }

    @Override
    public String digest() {
        return digest;
    }
}
