package org.lionalign.align.train;

import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;
import org.lionalign.core.error.CheckFailed;
import org.lionalign.core.pack.PackedBatch;
import org.lionalign.core.pack.PromptTree;
import org.lionalign.torch.model.CausalLm;
import org.lionalign.torch.optim.AdamW;
import org.lionalign.torch.optim.Gradients;

/** One optimizer step: all micro-batches, clipping, update. Any layout of the same examples gives the same update. */
public final class TrainStep {
    private final CausalLm model;
    private final AdamW optimizer;
    private final double clipNorm;

    /** What a step did. */
    public record Result(double loss, double gradNorm) {}

    /** @param clipNorm largest gradient norm, 0 for no clipping */
    public TrainStep(CausalLm model, AdamW optimizer, double clipNorm) {
        this.model = model;
        this.optimizer = optimizer;
        this.clipNorm = clipNorm;
    }

    /**
     * Runs the step.
     *
     * @param batches its micro-batches
     * @param seed of dropout and noise in this step
     * @param interrupted asked between micro-batches; true gives the step up, and its gradients with it
     * @return null when interrupted
     * @throws CheckFailed when the loss or a gradient is not a number, naming rows and layer; the weights are as before the step
     */
    public @org.jspecify.annotations.Nullable Result run(
            List<PackedBatch> batches, StepObjective objective, double lr, long seed, BooleanSupplier interrupted) {
        for (int m = 0; m < batches.size() && (objective.needsWholeStep() || objective.readsAlignment()); m++) {
            model.adapterDropout(seed + m); // what is seen now is what the gradient pass will see
            float[] seen = outputs(model, batches.get(m));
            align(model, batches.get(m), seen, objective);
            if (objective.needsWholeStep()) {
                objective.observe(batches.get(m), seen);
            }
        }
        for (int m = 0; m < batches.size(); m++) {
            if (interrupted.getAsBoolean()) {
                optimizer.weights().forEach(weight -> weight.zeroGradient());
                return null;
            }
            PackedBatch batch = batches.get(m);
            model.adapterDropout(seed + m);
            backward(model, batch, logps -> {
                for (int i = 0; i < logps.length; i++) {
                    if (!Float.isFinite(logps[i])) {
                        throw notFinite(model, batch, i, logps[i]);
                    }
                }
                return objective.gradient(batch, logps);
            });
        }
        model.adapterDropout(null);
        if (!Double.isFinite(objective.loss())) {
            throw new CheckFailed("the loss is " + objective.loss() + " on rows " + rows(batches));
        }
        Gradients.Norm norm = Gradients.clip(optimizer.weights(), clipNorm);
        if (!norm.isFinite()) {
            throw new CheckFailed(
                    "the gradient of " + norm.firstNonFinite() + " is not finite on rows " + rows(batches));
        }
        optimizer.step(lr);
        return new Result(objective.loss(), norm.total());
    }

    /** Tells an objective that weighs pairs by it how much each target is the policy's own. */
    public static void align(CausalLm model, PackedBatch batch, float[] logps, StepObjective objective) {
        if (objective.readsAlignment()) {
            float[] aligned = model.collisions(batch);
            for (int i = 0; i < aligned.length; i++) {
                aligned[i] = logps[i] - aligned[i];
            }
            objective.alignment(batch, aligned);
        }
    }

    /** What objectives see: log-probabilities of the targets, or a classifier's scores of the leaves. */
    public static float[] outputs(CausalLm model, PackedBatch batch) {
        return model.config().isClassifier() ? model.scores(batch) : model.logps(batch);
    }

    /** Forward and backward; gradients are added to every trained weight. */
    public static void backward(CausalLm model, PackedBatch batch, UnaryOperator<float[]> objective) {
        if (model.config().isClassifier()) {
            model.scoresForwardBackward(batch, objective);
        } else {
            model.forwardBackward(batch, objective::apply);
        }
    }

    private static CheckFailed notFinite(CausalLm model, PackedBatch batch, int output, float value) {
        String layer = model.firstNonFinite(batch);
        String where = layer.isEmpty() ? "" : "; values stop being finite in " + layer;
        for (PackedBatch.Slice slice : batch.slices()) {
            if (output < slice.to() && !model.config().isClassifier()) {
                return new CheckFailed("a log-probability is " + value + " in row "
                        + batch.trees().get(slice.tree()).id() + ", supervised token " + (output - slice.from())
                        + where);
            }
        }
        return new CheckFailed("an output is " + value + " on rows " + rows(List.of(batch)) + where);
    }

    private static String rows(List<PackedBatch> batches) {
        List<String> ids = batches.stream()
                .flatMap(b -> b.trees().stream())
                .map(PromptTree::id)
                .toList();
        return ids.size() <= 12 ? ids.toString() : ids.subList(0, 12) + " and " + (ids.size() - 12) + " more";
    }
}
