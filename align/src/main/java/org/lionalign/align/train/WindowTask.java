package org.lionalign.align.train;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.pack.PackedBatch;
import org.lionalign.core.pack.PromptTree;
import org.lionalign.core.pack.WrapPacking;

/**
 * Supervised fine-tuning on windows of a fixed length, cut from documents laid end to end (the paper's packing). An example is a window:
 * its fragments isolated from each other, or one sequence in which later fragments see earlier ones.
 */
public final class WindowTask implements TrainingTask {
    private final List<List<PromptTree>> windows;
    private final boolean isolated;
    private final String digest;

    /**
     * @param documents roots alone
     * @param windows as {@link WrapPacking} cut them; those without a supervised token must have been left out
     */
    public WindowTask(List<PromptTree> documents, List<WrapPacking.Window> windows, boolean isolated) {
        this.windows =
                windows.stream().map(window -> fragments(documents, window)).toList();
        this.isolated = isolated;
        List<PromptTree> all = new ArrayList<>();
        this.windows.forEach(all::addAll);
        List<Integer> sizes = this.windows.stream().map(List::size).toList();
        this.digest = SftTask.digestOf("windows/" + isolated + "/" + sizes.hashCode(), all);
        if (windows.isEmpty()) {
            throw new BadInput("packing wrap: expected at least one whole window, found none; choose a shorter window");
        }
    }

    /** A window's pieces as documents of their own. */
    static List<PromptTree> fragments(List<PromptTree> documents, WrapPacking.Window window) {
        List<PromptTree> pieces = new ArrayList<>();
        for (WrapPacking.Fragment fragment : window.fragments()) {
            PromptTree document = documents.get(fragment.document());
            PromptTree.Node root = document.nodes().get(0);
            pieces.add(PromptTree.document(
                    document.id(),
                    Arrays.copyOfRange(root.ids(), fragment.from(), fragment.to()),
                    Arrays.copyOfRange(root.supervised(), fragment.from(), fragment.to())));
        }
        return pieces;
    }

    @Override
    public int examples() {
        return windows.size();
    }

    @Override
    public int length(int example) {
        return windows.get(example).stream().mapToInt(PromptTree::length).sum();
    }

    @Override
    public PackedBatch batch(int[] examples) {
        List<PromptTree> trees = new ArrayList<>();
        for (int example : examples) {
            trees.addAll(isolated ? windows.get(example) : List.of(SftTask.join(windows.get(example))));
        }
        return PackedBatch.of(trees);
    }

    @Override
    public String digest() {
        return digest;
    }

    @Override
    public StepObjective objective(List<PackedBatch> batches) {
        return new CrossEntropy(
                batches.stream().mapToLong(PackedBatch::supervised).sum());
    }
}
