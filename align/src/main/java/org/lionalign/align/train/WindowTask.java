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
    private final boolean running;
    private final String digest;

    /** Each document counting from 0. */
    public WindowTask(List<PromptTree> documents, List<WrapPacking.Window> windows, boolean isolated) {
        this(documents, windows, isolated, false);
    }

    /**
     * @param documents roots alone
     * @param isolated whether fragments of a window do not see each other
     * @param running whether positions count over a whole window although its fragments are isolated, as in the original
     * @param windows as {@link WrapPacking} cut them; those without a supervised token must have been left out
     */
    public WindowTask(List<PromptTree> documents, List<WrapPacking.Window> windows, boolean isolated, boolean running) {
        this.windows =
                windows.stream().map(window -> fragments(documents, window)).toList();
        this.isolated = isolated;
        this.running = running;
        List<PromptTree> all = new ArrayList<>();
        this.windows.forEach(all::addAll);
        List<Integer> sizes = this.windows.stream().map(List::size).toList();
        this.digest = SftTask.digestOf("windows/" + isolated + (running ? "/running/" : "/") + sizes.hashCode(), all);
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
        PackedBatch batch = PackedBatch.of(trees);
        if (!running) {
            return batch;
        }
        int[] positions = new int[batch.length()];
        int at = 0;
        for (int example : examples) {
            for (int i = 0; i < length(example); i++) {
                positions[at++] = i;
            }
        }
        return batch.withPositions(positions);
    }

    @Override
    public List<String> rows(int example) {
        return windows.get(example).stream().map(PromptTree::id).toList();
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
