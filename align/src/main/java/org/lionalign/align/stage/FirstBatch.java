package org.lionalign.align.stage;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lionalign.align.train.StepPlanner;
import org.lionalign.align.train.TrainStep;
import org.lionalign.align.train.TrainingTask;
import org.lionalign.core.error.CheckFailed;
import org.lionalign.core.json.Json;
import org.lionalign.core.pack.PackedBatch;
import org.lionalign.core.pack.PromptTree;
import org.lionalign.torch.model.CausalLm;
import org.lionalign.torch.model.PlainDecoder;
import org.lionalign.torch.nn.Weight;
import org.lionalign.torch.tensor.Dtype;

/**
 * The fast path against the plain fp64 one, on the shortest examples of the run's own first step, before anything is trained (PITFALLS 17):
 * the loss, and its slope along the gradient that the fast path gives, which must be the gradient's norm.
 */
final class FirstBatch {
    private static final org.slf4j.Logger LOG = org.slf4j.LoggerFactory.getLogger(FirstBatch.class);

    private static final int EXAMPLES = 3;
    private static final int TOKENS = 384;

    /** Beyond it the plain path's score matrices would take longer than the check is worth. */
    private static final int LONGEST = 2048;

    private static final double DIFFERENCE = 1e-4;

    private FirstBatch() {}

    /**
     * What was found.
     *
     * @param fast mean cross-entropy of the targets on the fast path
     * @param plain the same in fp64
     * @param slopeError |slope / norm − 1|
     */
    record Found(List<String> rows, int tokens, double fast, double plain, double slopeError, boolean half) {
        double lossError() {
            return Math.abs(fast - plain) / Math.max(1, Math.abs(plain));
        }

        double lossBound() {
            return half ? 5e-3 : 1e-5;
        }

        double slopeBound() {
            return half ? 2e-2 : 1e-3;
        }

        boolean holds() {
            return lossError() <= lossBound() && slopeError <= slopeBound();
        }

        ObjectNode json() {
            ObjectNode node =
                    Json.object().put("tokens", tokens).put("loss", fast).put("plain_loss", plain);
            rows.forEach(node.putArray("rows")::add);
            node.put("loss_error", lossError()).put("loss_tolerance", lossBound());
            return node.put("gradient_error", slopeError).put("gradient_tolerance", slopeBound());
        }
    }

    /** Compares, says what was found, and fails where it is too much. */
    static ObjectNode check(CausalLm model, TrainingTask task, StepPlanner planner) {
        Found found = compare(model, task, planner);
        if (found == null) {
            LOG.info(
                    "first batch: not compared with the plain path (a classifier, or no example of at most {} tokens)",
                    LONGEST);
            return Json.object().put("skipped", true);
        }
        String text = String.format(
                java.util.Locale.ROOT,
                "loss %.6f, in plain fp64 %.6f, relative error %.1e (at most %.0e); gradient's error along itself %.1e (at most %.0e)",
                found.fast(),
                found.plain(),
                found.lossError(),
                found.lossBound(),
                found.slopeError(),
                found.slopeBound());
        if (!found.holds()) {
            throw new CheckFailed("the fast path is not the plain one on rows " + found.rows() + ": " + text
                    + "; lion verify says more about where");
        }
        LOG.info("first batch: {}", text);
        return found.json();
    }

    static @Nullable Found compare(CausalLm model, TrainingTask task, StepPlanner planner) {
        int[] examples = shortest(task, planner.step(1).microBatches());
        if (model.config().isClassifier() || task.length(examples[0]) > LONGEST) {
            return null;
        }
        PackedBatch batch = task.batch(examples);
        float[] fast = new float[batch.supervised()];
        TrainStep.backward(model, batch, logps -> {
            System.arraycopy(logps, 0, fast, 0, fast.length);
            float[] gradient = new float[logps.length];
            Arrays.fill(gradient, -1f / logps.length);
            return gradient;
        });
        double square = 0;
        for (Weight weight : model.weights()) {
            square += weight.trainable() ? Math.pow(weight.gradient().norm(), 2) : 0;
        }
        double norm = Math.sqrt(square);
        double sum = 0;
        for (float logp : fast) {
            sum -= logp;
        }
        double slope =
                (plain(model, batch, DIFFERENCE / norm) - plain(model, batch, -DIFFERENCE / norm)) / 2 / DIFFERENCE;
        Found found = new Found(
                batch.trees().stream().map(PromptTree::id).toList(),
                batch.length(),
                sum / fast.length,
                plain(model, batch, 0),
                Math.abs(slope / norm - 1),
                model.options().compute() != Dtype.F32);
        model.weights().forEach(Weight::zeroGradient);
        return found;
    }

    private static double plain(CausalLm model, PackedBatch batch, double step) {
        PlainDecoder plain = new PlainDecoder(model, step);
        double sum = 0;
        for (PromptTree tree : batch.trees()) {
            sum -= Arrays.stream(plain.logps(tree)).sum();
        }
        return sum / batch.supervised();
    }

    private static int[] shortest(TrainingTask task, List<int[]> microBatches) {
        List<Integer> all = new ArrayList<>();
        microBatches.forEach(micro -> Arrays.stream(micro).forEach(all::add));
        all.sort(Comparator.comparingInt(task::length).thenComparingInt(e -> e));
        int count = 1;
        int tokens = task.length(all.get(0));
        while (count < Math.min(EXAMPLES, all.size()) && tokens + task.length(all.get(count)) <= TOKENS) {
            tokens += task.length(all.get(count++));
        }
        return all.subList(0, count).stream().mapToInt(Integer::intValue).toArray();
    }
}
