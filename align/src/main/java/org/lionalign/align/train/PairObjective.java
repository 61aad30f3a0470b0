package org.lionalign.align.train;

import java.util.ArrayList;
import java.util.Arrays;
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
    private final IdentityHashMap<PromptTree, Double> onPolicy = new IdentityHashMap<>();
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
    public boolean readsAlignment() {
        return loss.readsOnPolicy();
    }

    @Override
    public void alignment(PackedBatch batch, float[] aligned) {
        double[] logs = new double[batch.trees().size()];
        for (PackedBatch.Slice slice : batch.slices()) {
            double sum = 0;
            for (int i = slice.from(); i < slice.to(); i++) {
                sum += aligned[i];
            }
            logs[slice.tree()] += sum / (slice.to() - slice.from());
        }
        for (int t = 0; t < logs.length; t++) {
            onPolicy.put(batch.trees().get(t), Math.exp(logs[t]));
        }
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
        List<PairValue> values;
        if (needsWholeStep()) {
            if (whole.isEmpty()) {
                whole = loss.evaluate(seen);
            }
            values = batch.trees().stream()
                    .map(tree -> whole.get(Objects.requireNonNull(place.get(tree))))
                    .toList();
        } else {
            values = loss.evaluate(here);
        }
        float[] gradient = new float[logps.length];
        for (PackedBatch.Slice slice : batch.slices()) {
            PairValue value = values.get(slice.tree());
            PairLogps pair = here.get(slice.tree());
            double slope = slice.node() == 1 ? value.dChosen() : value.dRejected();
            double more = slice.node() == 1 ? value.dChosenTail() : value.dRejectedTail();
            int tail = Math.min(slice.to(), slice.from() + Math.min(pair.chosenTokens(), pair.rejectedTokens()));
            Arrays.fill(gradient, slice.from(), tail, (float) (slope / pairs));
            Arrays.fill(gradient, tail, slice.to(), (float) ((slope + more) / pairs));
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

    /** What the loss remembers after this step. */
    double[] stateAfter() {
        return loss.after(seen).state();
    }

    private void record(PairLogps pair) {
        double chosen = beta * pair.chosenRatio();
        double rejected = beta * pair.rejectedRatio();
        add("rewards/chosen", chosen);
        add("rewards/rejected", rejected);
        add("rewards/margins", chosen - rejected);
        add("rewards/accuracies", chosen > rejected ? 1 : 0);
        add("kl/chosen", pair.chosenRatio() / Math.max(1, pair.chosenTokens()));
        add("kl/rejected", pair.rejectedRatio() / Math.max(1, pair.rejectedTokens()));
        add("logps/chosen", pair.chosen());
        add("logps/rejected", pair.rejected());
        add("length/chosen", pair.chosenTokens());
        add("length/rejected", pair.rejectedTokens());
        if (readsAlignment()) {
            add("weights/on_policy", pair.onPolicy());
        }
    }

    private void add(String name, double value) {
        double[] metric = metrics.computeIfAbsent(name, n -> new double[2]);
        metric[0] += value;
        metric[1]++;
    }

    private List<PairLogps> pairsOf(PackedBatch batch, float[] logps) {
        float[][][] answers = new float[batch.trees().size()][2][0];
        for (PackedBatch.Slice slice : batch.slices()) {
            if (slice.node() != 1 && slice.node() != 2) {
                throw new IllegalArgumentException(
                        batch.trees().get(slice.tree()).id()
                                + ": a pair is supervised in its two answers only, found node " + slice.node());
            }
            answers[slice.tree()][slice.node() - 1] = Arrays.copyOfRange(logps, slice.from(), slice.to());
        }
        List<PairLogps> result = new ArrayList<>();
        for (int t = 0; t < answers.length; t++) {
            PromptTree tree = batch.trees().get(t);
            float[] chosen = answers[t][0];
            float[] rejected = answers[t][1];
            Reference reference = loss.usesReference() ? references.of(tree) : Reference.NONE;
            if (loss.usesReference()
                    && (reference.chosen().length != chosen.length || reference.rejected().length != rejected.length)) {
                throw new IllegalStateException(tree.id() + ": the stored reference has " + reference.chosen().length
                        + " and " + reference.rejected().length + " tokens, the pair " + chosen.length + " and "
                        + rejected.length);
            }
            int shared = Math.min(chosen.length, rejected.length);
            PairLogps.Tails tails = chosen.length == rejected.length
                    ? PairLogps.Tails.NONE
                    : new PairLogps.Tails(
                            sum(chosen, shared),
                            sum(rejected, shared),
                            sum(reference.chosen(), shared),
                            sum(reference.rejected(), shared));
            result.add(new PairLogps(
                    sum(chosen, 0),
                    sum(rejected, 0),
                    sum(reference.chosen(), 0),
                    sum(reference.rejected(), 0),
                    chosen.length,
                    rejected.length,
                    tails,
                    onPolicy.getOrDefault(tree, 1.0)));
        }
        return result;
    }

    /** In fp64, policy and reference alike (PITFALLS 19). */
    private static double sum(float[] values, int from) {
        double sum = 0;
        for (int i = from; i < values.length; i++) {
            sum += values[i];
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
