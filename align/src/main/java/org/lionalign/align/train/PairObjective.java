package org.lionalign.align.train;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.lionalign.align.objective.PairLogps;
import org.lionalign.align.objective.PairValue;
import org.lionalign.align.objective.PreferenceLoss;
import org.lionalign.core.pack.PackedBatch;
import org.lionalign.core.pack.PromptTree;

/**
 * A preference loss over the pairs of a whole step: the mean over all pairs, whatever the micro-batches. Trees are prompts with chosen
 * (node 1) and rejected (node 2); the reference's per-token log-probabilities come by tree id.
 */
public final class PairObjective implements StepObjective {
    /** The reference's log-probabilities of one pair, token by token. */
    public record Reference(float[] chosen, float[] rejected) {
        /** For losses without a reference. */
        public static final Reference NONE = new Reference(new float[0], new float[0]);
    }

    /** Finds the stored reference of a tree. */
    @FunctionalInterface
    public interface References {
        Reference of(PromptTree tree);
    }

    private final PreferenceLoss loss;
    private final References references;
    private final double beta;
    private final int pairs;
    private final List<PairLogps> seen = new ArrayList<>();
    private final IdentityHashMap<PromptTree, Integer> place = new IdentityHashMap<>();
    private List<PairValue> whole = List.of();
    private double lossSum;
    private final Map<String, double[]> rows = new LinkedHashMap<>();
    private final Map<String, double[]> metrics = new TreeMap<>();

    /**
     * @param beta scale of the implicit rewards in the metrics
     * @param pairs pairs of the whole step
     */
    public PairObjective(PreferenceLoss loss, References references, double beta, int pairs) {
        this.loss = loss;
        this.references = references;
        this.beta = beta;
        this.pairs = pairs;
    }

    @Override
    public boolean needsWholeStep() {
        return loss.needsWholeStep();
    }

    @Override
    public void observe(PackedBatch batch, float[] logps) {
        List<PairLogps> here = pairsOf(batch, logps);
        for (int t = 0; t < here.size(); t++) {
            place.put(batch.trees().get(t), seen.size());
            seen.add(here.get(t));
        }
        whole = List.of();
    }

    @Override
    public float[] gradient(PackedBatch batch, float[] logps) {
        List<PairLogps> here = pairsOf(batch, logps);
        List<PairValue> values = loss.evaluate(here);
        if (needsWholeStep()) {
            if (whole.isEmpty()) {
                whole = loss.evaluate(seen);
            }
            values = batch.trees().stream()
                    .map(tree -> whole.get(Objects.requireNonNull(place.get(tree))))
                    .toList();
        }
        float[] gradient = new float[logps.length];
        for (PackedBatch.Slice slice : batch.slices()) {
            PairValue value = values.get(slice.tree());
            double slope = slice.node() == 1 ? value.dChosen() : value.dRejected();
            java.util.Arrays.fill(gradient, slice.from(), slice.to(), (float) (slope / pairs));
        }
        for (int t = 0; t < here.size(); t++) {
            lossSum += values.get(t).loss();
            double[] row = rows.computeIfAbsent(batch.trees().get(t).id(), id -> new double[2]);
            row[0] += values.get(t).loss();
            row[1]++;
            record(here.get(t));
        }
        return gradient;
    }

    /** The pairs that {@link #observe} saw. */
    public List<PairLogps> observed() {
        return List.copyOf(seen);
    }

    private void record(PairLogps pair) {
        double chosen = beta * pair.chosenRatio();
        double rejected = beta * pair.rejectedRatio();
        add("rewards/chosen", chosen);
        add("rewards/rejected", rejected);
        add("rewards/margins", chosen - rejected);
        add("rewards/accuracies", chosen > rejected ? 1 : 0);
        add("kl/chosen", pair.chosenRatio() / Math.max(1, pair.chosenTokens()));
        add("logps/chosen", pair.chosen());
        add("logps/rejected", pair.rejected());
        add("length/chosen", pair.chosenTokens());
        add("length/rejected", pair.rejectedTokens());
    }

    private void add(String name, double value) {
        double[] metric = metrics.computeIfAbsent(name, n -> new double[2]);
        metric[0] += value;
        metric[1]++;
    }

    /** Sums in fp64 over each answer's tokens, policy and reference alike (PITFALLS 19). */
    private List<PairLogps> pairsOf(PackedBatch batch, float[] logps) {
        double[][] sums = new double[batch.trees().size()][2];
        int[][] tokens = new int[batch.trees().size()][2];
        for (PackedBatch.Slice slice : batch.slices()) {
            if (slice.node() != 1 && slice.node() != 2) {
                throw new IllegalArgumentException(
                        batch.trees().get(slice.tree()).id()
                                + ": a pair is supervised in its two answers only, found node " + slice.node());
            }
            for (int i = slice.from(); i < slice.to(); i++) {
                sums[slice.tree()][slice.node() - 1] += logps[i];
            }
            tokens[slice.tree()][slice.node() - 1] = slice.to() - slice.from();
        }
        List<PairLogps> result = new ArrayList<>();
        for (int t = 0; t < sums.length; t++) {
            Reference reference =
                    loss.usesReference() ? references.of(batch.trees().get(t)) : Reference.NONE;
            if (loss.usesReference()
                    && (reference.chosen().length != tokens[t][0] || reference.rejected().length != tokens[t][1])) {
                throw new IllegalStateException(batch.trees().get(t).id() + ": the stored reference has "
                        + reference.chosen().length + " and " + reference.rejected().length + " tokens, the pair "
                        + tokens[t][0] + " and " + tokens[t][1]);
            }
            result.add(new PairLogps(
                    sums[t][0],
                    sums[t][1],
                    sum(reference.chosen()),
                    sum(reference.rejected()),
                    tokens[t][0],
                    tokens[t][1]));
        }
        return result;
    }

    private static double sum(float[] values) {
        double sum = 0;
        for (float value : values) {
            sum += value;
        }
        return sum;
    }

    @Override
    public double loss() {
        return lossSum / pairs;
    }

    @Override
    public Map<String, double[]> rowLosses() {
        return rows;
    }

    @Override
    public Map<String, double[]> metrics() {
        return metrics;
    }
}
