package org.lionalign.align.train;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.lionalign.align.objective.BetaSchedule;
import org.lionalign.align.objective.PreferenceLoss;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.pack.BestFit;
import org.lionalign.core.pack.PackedBatch;
import org.lionalign.core.pack.PromptTree;
import org.lionalign.torch.model.CausalLm;

/** Preference learning on trees of prompt, chosen (node 1) and rejected (node 2), against a reference computed beforehand. */
public final class PairTask extends TreeTask {
    private final List<PairObjective.Reference> references;
    private final Losses losses;
    private final BetaSchedule beta;
    private final ReferenceRefresh refresh;
    private final Map<String, Integer> byId = new HashMap<>();
    private PairState state = PairState.NONE;

    /** The loss at a β. */
    @FunctionalInterface
    public interface Losses {
        PreferenceLoss at(double beta);
    }

    /** The same examples in the same order as the task that is trained, but without a reference: to be counted, packed and shown. */
    public static PairTask planned(List<PromptTree> trees, Losses losses, BetaSchedule beta, ReferenceRefresh refresh) {
        return new PairTask(trees, null, losses, beta, refresh);
    }

    /** One loss with a fixed reference. */
    public PairTask(
            List<PromptTree> trees, List<PairObjective.Reference> references, PreferenceLoss loss, double beta) {
        this(trees, references, any -> loss, BetaSchedule.constant(beta), ReferenceRefresh.NEVER);
    }

    /**
     * @param references the reference's per-token log-probabilities, one for each tree; empty for losses without a reference,
     *     null for a task that is not trained
     * @param losses the loss as a function of β
     * @param beta β, which is also the scale of the implicit rewards in the metrics
     * @param refresh when the reference is replaced
     */
    public PairTask(
            List<PromptTree> trees,
            @Nullable List<PairObjective.Reference> references,
            Losses losses,
            BetaSchedule beta,
            ReferenceRefresh refresh) {
        super(trees, SftTask.digestOf("pairs/" + losses.at(beta.from()) + "/" + beta + "/" + refresh, trees));
        this.references = references == null ? List.of() : references; // may be mapped from disk
        this.losses = losses;
        this.beta = beta;
        this.refresh = refresh;
        boolean compares = losses.at(beta.from()).usesReference();
        if (references != null && compares && references.size() != trees.size()) {
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
            Integer earlier = byId.putIfAbsent(tree.id(), i);
            if (earlier != null && !same(trees.get(earlier), tree)) {
                throw new BadInput(tree.id() + ": expected one pair by this id, found two");
            }
        }
    }

    /** A pair that a fraction above 1 repeats. */
    private static boolean same(PromptTree a, PromptTree b) {
        for (int n = 0; n < 3; n++) {
            if (!Arrays.equals(a.nodes().get(n).ids(), b.nodes().get(n).ids())) {
                return false;
            }
        }
        return true;
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

    /** At the first β: evaluations over a run are compared with each other. */
    @Override
    public StepObjective objective(List<PackedBatch> batches) {
        return objective(1, 1, batches);
    }

    @Override
    public StepObjective objective(long step, long total, List<PackedBatch> batches) {
        int pairs = batches.stream().mapToInt(batch -> batch.trees().size()).sum();
        double now = beta.at(step, total);
        PreferenceLoss loss = losses.at(now);
        if (state.loss().length > 0) {
            loss = loss.withState(state.loss());
        }
        return new PairObjective(loss, this::reference, now, pairs);
    }

    private PairObjective.Reference reference(PromptTree tree) {
        int example = Objects.requireNonNull(byId.get(tree.id()));
        return state.refreshedAt() == 0
                ? references.get(example)
                : Objects.requireNonNull(
                        state.references().get(example),
                        () -> tree.id() + ": the reference was not refreshed for this pair");
    }

    @Override
    public void before(StepPlanner planner, long done, long total, CausalLm model) {
        if (refresh.never() || done >= total || !refresh.due(planner, done)) {
            return;
        }
        TreeSet<Integer> coming = new TreeSet<>();
        for (long step = done + 1; step <= total; step++) {
            for (int[] micro : planner.step(step).microBatches()) {
                for (int example : micro) {
                    coming.add(Objects.requireNonNull(byId.get(tree(example).id())));
                }
            }
            if (step < total && refresh.due(planner, step)) {
                break;
            }
        }
        List<Integer> examples = List.copyOf(coming);
        List<PairObjective.Reference> fresh =
                references(model, examples.stream().map(this::tree).toList(), refresh.tokensPerPass());
        Map<Integer, PairObjective.Reference> byExample = new HashMap<>();
        for (int i = 0; i < examples.size(); i++) {
            byExample.put(examples.get(i), fresh.get(i));
        }
        state = new PairState(state.loss(), done, byExample);
    }

    @Override
    public void after(StepObjective objective) {
        double[] remembered = ((PairObjective) objective).stateAfter();
        if (remembered.length > 0) {
            state = new PairState(remembered, state.refreshedAt(), state.references());
        }
    }

    @Override
    public void save(Path folder) throws IOException {
        if (!state.isEmpty()) {
            state.save(folder);
        }
    }

    @Override
    public void load(Path folder) throws IOException {
        state = PairState.load(folder);
    }
}
