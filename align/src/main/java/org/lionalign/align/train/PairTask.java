package org.lionalign.align.train;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.lionalign.align.objective.PreferenceLoss;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.pack.BestFit;
import org.lionalign.core.pack.PackedBatch;
import org.lionalign.core.pack.PromptTree;
import org.lionalign.torch.model.CausalLm;

/** Preference learning on trees of prompt, chosen (node 1) and rejected (node 2), against a reference computed beforehand. */
public final class PairTask extends TreeTask {
    private final List<PairObjective.Reference> references;
    private final PreferenceLoss loss;
    private final double beta;
    private final Map<String, Integer> byId = new HashMap<>();

    /** The same examples in the same order as the task that is trained, but without a reference: to be counted, packed and shown. */
    public static PairTask planned(List<PromptTree> trees, PreferenceLoss loss) {
        return new PairTask(trees, null, loss, 0);
    }

    /**
     * @param references the reference's per-token log-probabilities, one for each tree; empty for losses without a reference,
     *     null for a task that is not trained
     * @param beta scale of the implicit rewards in the metrics
     */
    public PairTask(
            List<PromptTree> trees,
            @Nullable List<PairObjective.Reference> references,
            PreferenceLoss loss,
            double beta) {
        super(trees, SftTask.digestOf("pairs/" + loss, trees));
        this.references = references == null ? List.of() : references; // may be mapped from disk
        this.loss = loss;
        this.beta = beta;
        if (references != null && loss.usesReference() && references.size() != trees.size()) {
            throw new IllegalArgumentException(references.size() + " references for " + trees.size() + " pairs");
        }
        for (int i = 0; i < trees.size(); i++) {
            PromptTree tree = trees.get(i);
            if (tree.nodes().size() != 3
                    || Arrays.equals(
                            tree.nodes().get(1).ids(), tree.nodes().get(2).ids())) {
                throw new BadInput(tree.id() + ": expected a prompt with two different answers, found "
                        + (tree.nodes().size() - 1) + (tree.nodes().size() == 3 ? " equal ones" : ""));
            }
            if (byId.put(tree.id(), i) != null) {
                throw new BadInput(tree.id() + ": expected each pair once, found the same id twice");
            }
        }
    }

    /** Per-token log-probabilities of all pairs under a model, in passes of at most {@code tokensPerPass}. */
    public static List<PairObjective.Reference> references(
            CausalLm reference, List<PromptTree> trees, int tokensPerPass) {
        PairObjective.Reference[] found = new PairObjective.Reference[trees.size()];
        int[] all = IntStream.range(0, trees.size()).toArray();
        for (int[] group : BestFit.pack(all, i -> trees.get(i).length(), tokensPerPass)) {
            PackedBatch batch =
                    PackedBatch.of(Arrays.stream(group).mapToObj(trees::get).toList());
            float[] logps = reference.logps(batch);
            float[][][] parts = new float[group.length][2][0];
            for (PackedBatch.Slice slice : batch.slices()) {
                parts[slice.tree()][slice.node() - 1] = Arrays.copyOfRange(logps, slice.from(), slice.to());
            }
            for (int g = 0; g < group.length; g++) {
                found[group[g]] = new PairObjective.Reference(parts[g][0], parts[g][1]);
            }
        }
        return List.of(found);
    }

    @Override
    public StepObjective objective(List<PackedBatch> batches) {
        int pairs = batches.stream().mapToInt(batch -> batch.trees().size()).sum();
        return new PairObjective(
                loss, tree -> references.get(java.util.Objects.requireNonNull(byId.get(tree.id()))), beta, pairs);
    }
}
