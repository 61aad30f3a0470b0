package org.lionalign.align.stage;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.lionalign.align.train.StepObjective;
import org.lionalign.align.train.StepPlanner;
import org.lionalign.align.train.TrainStep;
import org.lionalign.align.train.Trainer;
import org.lionalign.align.train.TrainingTask;
import org.lionalign.core.pack.PackedBatch;
import org.lionalign.core.pack.PromptTree;
import org.lionalign.core.recipe.StageRecipe;
import org.lionalign.torch.model.CausalLm;
import org.lionalign.torch.model.LoadOptions;
import org.lionalign.torch.model.PlainDecoder;
import org.lionalign.torch.nn.Weight;
import org.lionalign.torch.tensor.Device;
import org.lionalign.torch.tensor.Dtype;
import org.lionalign.torch.tensor.NoGrad;
import org.lionalign.torch.tensor.Tensor;
import org.lionalign.torch.tensor.TensorScope;

/**
 * {@code lion verify}: the invariants of training (ARCHITECTURE.md 7) on the user's own model, data and machine, in fp32: what no test of
 * ours can promise for an architecture or a library build that it has not seen.
 */
public final class SelfCheck {
    private static final int EXAMPLES = 6;

    private final StageRecipe recipe;
    private final StageKind kind;
    private final Path work;

    /** @param work an empty folder for what the check writes */
    public SelfCheck(StageRecipe recipe, StageKind kind, Path work) {
        this.recipe = recipe;
        this.kind = kind;
        this.work = work;
    }

    /**
     * One invariant.
     *
     * @param error the largest deviation found, relative where the value has a scale
     * @param bound what it may be
     */
    public record Line(String name, double error, double bound) {
        public boolean holds() {
            return error <= bound;
        }
    }

    /** Runs every check; {@code progress} hears the name of each before it starts. */
    public List<Line> run(Consumer<String> progress) throws IOException {
        List<Line> lines = new ArrayList<>();
        LoadOptions kept = new LoadOptions(Dtype.F32, device(), true, false);
        double[] gradients;
        try (StageInputs inputs = StageInputs.open(recipe, kind, work.resolve("data"), kept)) {
            CausalLm model = inputs.model();
            TrainingTask task = inputs.task();
            int[] examples = smallest(task);
            progress.accept("packed = separate");
            lines.add(packedIsSeparate(model, inputs.train()));
            if (!model.config().isClassifier()) {
                progress.accept("chunked head = plain head");
                lines.add(chunkedIsPlain(model, task.batch(new int[] {examples[0]})));
                progress.accept("fast path = plain fp64 path");
                lines.add(fastIsPlain(model, task.batch(examples)));
            }
            progress.accept("gradient = finite difference");
            gradients = gradients(model, task, List.of(examples));
            lines.add(finiteDifference(model, task, examples));
            progress.accept("accumulated = at once");
            double[] apart = gradients(
                    model,
                    task,
                    Arrays.stream(examples).mapToObj(e -> new int[] {e}).toList());
            lines.add(new Line("gradients: micro-batches of one = one micro-batch", distance(apart, gradients), 1e-4));
        }
        progress.accept("recomputed = kept");
        LoadOptions again = new LoadOptions(Dtype.F32, device(), true, true);
        try (StageInputs inputs = StageInputs.open(recipe, kind, work.resolve("data"), again)) {
            TrainingTask task = inputs.task();
            double[] recomputed = gradients(inputs.model(), task, List.of(smallest(task)));
            lines.add(new Line("gradients: activations recomputed = kept", distance(recomputed, gradients), 0));
        }
        progress.accept("resumed = uninterrupted");
        lines.add(resumed());
        return lines;
    }

    private Device device() {
        return Device.parse(recipe.model().device());
    }

    private static int[] smallest(TrainingTask task) {
        return IntStream.range(0, task.examples())
                .boxed()
                .sorted(Comparator.comparingInt(task::length))
                .limit(EXAMPLES)
                .mapToInt(Integer::intValue)
                .toArray();
    }

    /** Invariant 1. */
    private static Line packedIsSeparate(CausalLm model, List<PromptTree> trees) {
        List<PromptTree> some = IntStream.range(0, trees.size())
                .boxed()
                .sorted(Comparator.comparingInt(i -> trees.get(i).length()))
                .limit(EXAMPLES)
                .map(trees::get)
                .toList();
        PackedBatch together = PackedBatch.of(some);
        float[] packed = TrainStep.outputs(model, together);
        double worst = 0;
        int at = 0;
        for (PromptTree tree : some) {
            float[] alone = TrainStep.outputs(model, PackedBatch.of(List.of(tree)));
            for (float logp : alone) {
                worst = Math.max(worst, Math.abs(logp - packed[at++]));
            }
        }
        if (!model.config().isClassifier()) {
            worst = Math.max(worst, unshared(model, some));
        }
        return new Line("outputs: packed, shared = separate", worst, 1e-4);
    }

    /** Every answer with a prompt of its own against the tree with one. */
    private static double unshared(CausalLm model, List<PromptTree> trees) {
        double worst = 0;
        for (PromptTree tree : trees) {
            if (tree.nodes().size() == 1) {
                continue;
            }
            PackedBatch shared = PackedBatch.of(List.of(tree));
            float[] logps = model.logps(shared);
            for (PackedBatch.Slice slice : shared.slices()) {
                if (slice.node() == 0 || tree.nodes().get(slice.node()).parent() != 0) {
                    continue;
                }
                PromptTree alone = PromptTree.answers(
                        tree.id(),
                        tree.nodes().get(0).ids(),
                        List.of(tree.nodes().get(slice.node()).ids()));
                float[] own = model.logps(PackedBatch.of(List.of(alone)));
                if (own.length == slice.to() - slice.from()) {
                    for (int i = 0; i < own.length; i++) {
                        worst = Math.max(worst, Math.abs(own[i] - logps[slice.from() + i]));
                    }
                }
            }
        }
        return worst;
    }

    /** Log-probabilities from whole logits, summed in fp64. */
    private static Line chunkedIsPlain(CausalLm model, PackedBatch batch) {
        float[] logps = model.logps(batch);
        int count = Math.min(64, batch.supervised());
        int vocabulary = model.config().vocabularySize();
        float[] logits = model.logits(batch, Arrays.copyOf(batch.predictors(), count));
        double worst = 0;
        for (int i = 0; i < count; i++) {
            double max = Double.NEGATIVE_INFINITY;
            for (int v = 0; v < vocabulary; v++) {
                max = Math.max(max, logits[i * vocabulary + v]);
            }
            double sum = 0;
            for (int v = 0; v < vocabulary; v++) {
                sum += Math.exp(logits[i * vocabulary + v] - max);
            }
            double plain = logits[i * vocabulary + batch.targets()[i]] - max - Math.log(sum);
            worst = Math.max(worst, Math.abs(plain - logps[i]));
        }
        return new Line("log-probs: chunked head = whole logits", worst, 1e-4);
    }

    /** Packing, kernels, precision: all at once against fp64 loops over one sequence at a time. */
    private static Line fastIsPlain(CausalLm model, PackedBatch batch) {
        float[] fast = model.logps(batch);
        PlainDecoder plain = new PlainDecoder(model);
        double worst = 0;
        int at = 0;
        for (PromptTree tree : batch.trees()) {
            for (double logp : plain.logps(tree)) {
                worst = Math.max(worst, Math.abs(logp - fast[at++]));
            }
        }
        return new Line("log-probs: fast path = plain fp64 path", worst, 1e-4);
    }

    private static double loss(CausalLm model, TrainingTask task, int[] examples) {
        PackedBatch batch = task.batch(examples);
        StepObjective objective = task.objective(List.of(batch));
        float[] logps = TrainStep.outputs(model, batch);
        TrainStep.align(model, batch, logps, objective);
        objective.observe(batch, logps);
        objective.gradient(batch, logps);
        return objective.loss();
    }

    /** All gradients, each weight's as {norm, sum, largest} and a few values of its own. */
    private static double[] gradients(CausalLm model, TrainingTask task, List<int[]> microBatches) {
        List<PackedBatch> batches = microBatches.stream().map(task::batch).toList();
        StepObjective objective = task.objective(batches);
        List<Weight> weights =
                model.weights().stream().filter(Weight::trainable).toList();
        weights.forEach(Weight::zeroGradient);
        for (PackedBatch batch : batches) {
            float[] logps = TrainStep.outputs(model, batch);
            TrainStep.align(model, batch, logps, objective);
            objective.observe(batch, logps);
        }
        for (PackedBatch batch : batches) {
            TrainStep.backward(model, batch, values -> objective.gradient(batch, values));
        }
        List<Double> all = new ArrayList<>();
        for (Weight weight : weights) {
            float[] values = weight.gradient().toFloats();
            int stride = Math.max(1, values.length / 97);
            for (int i = 0; i < values.length; i += stride) {
                all.add((double) values[i]);
            }
            all.add(weight.gradient().norm());
        }
        return all.stream().mapToDouble(Double::doubleValue).toArray();
    }

    private static double distance(double[] a, double[] b) {
        double difference = 0;
        double scale = 0;
        for (int i = 0; i < a.length; i++) {
            difference = Math.max(difference, Math.abs(a[i] - b[i]));
            scale = Math.max(scale, Math.abs(b[i]));
        }
        return scale == 0 ? difference : difference / scale;
    }

    /**
     * Along its own direction the loss must change by the gradient's norm; the gradients are those of the last pass. Language models are
     * moved in plain fp64; classifiers, which have no plain path, in fp32 with a coarser bound.
     */
    private static Line finiteDifference(CausalLm model, TrainingTask task, int[] examples) {
        List<Weight> weights =
                model.weights().stream().filter(Weight::trainable).toList();
        double square = 0;
        double masters = 0;
        for (Weight weight : weights) {
            square += Math.pow(weight.gradient().norm(), 2);
            masters += Math.pow(weight.master().norm(), 2);
        }
        double norm = Math.sqrt(square);
        boolean plain = !model.config().isClassifier();
        double step = plain ? 1e-2 : 1e-4 * Math.max(1, Math.sqrt(masters));
        double ahead =
                plain ? plainLoss(model, task, examples, step / norm) : movedLoss(model, task, examples, step / norm);
        double behind =
                plain ? plainLoss(model, task, examples, -step / norm) : movedLoss(model, task, examples, -step / norm);
        double slope = (ahead - behind) / (2 * step);
        return new Line(
                "loss: gradient = finite difference along it", Math.abs(slope - norm) / norm, plain ? 5e-3 : 2e-2);
    }

    private static double plainLoss(CausalLm model, TrainingTask task, int[] examples, double along) {
        PackedBatch batch = task.batch(examples);
        PlainDecoder moved = new PlainDecoder(model, along);
        float[] logps = new float[batch.supervised()];
        int at = 0;
        for (PromptTree tree : batch.trees()) {
            for (double logp : moved.logps(tree)) {
                logps[at++] = (float) logp;
            }
        }
        StepObjective objective = task.objective(List.of(batch));
        objective.observe(batch, logps);
        objective.gradient(batch, logps);
        return objective.loss();
    }

    private static double movedLoss(CausalLm model, TrainingTask task, int[] examples, double along) {
        List<Weight> weights =
                model.weights().stream().filter(Weight::trainable).toList();
        try (TensorScope scope = new TensorScope();
                NoGrad off = new NoGrad()) {
            List<Tensor> saved = new ArrayList<>();
            for (Weight weight : weights) {
                saved.add(weight.master().copy());
                weight.change((rows, from) -> rows.add_(weight.gradient().narrow(0, from, rows.size(0)), along));
            }
            double loss = loss(model, task, examples);
            for (int w = 0; w < weights.size(); w++) {
                Tensor before = saved.get(w);
                weights.get(w).change((rows, from) -> rows.copy_(before.narrow(0, from, rows.size(0))));
            }
            return loss;
        }
    }

    /** Invariant 7: four steps at once, and two and two. */
    private Line resumed() {
        List<byte[]> ends = new ArrayList<>();
        for (int pieces = 1; pieces <= 2; pieces++) {
            Path run = work.resolve("resumed" + pieces);
            byte[] end = {};
            for (int piece = 0; piece < pieces; piece++) {
                try (StageInputs inputs = StageInputs.open(recipe, kind, work.resolve("data"), null)) {
                    TrainingTask task = inputs.task();
                    inputs.prepareTraining();
                    long[] done = {0};
                    boolean stop = pieces == 2 && piece == 0;
                    new Trainer(inputs.model(), task, fewSteps(inputs.settings()), run)
                            .train((s, t, m) -> done[0] = s, () -> stop && done[0] >= 2);
                    end = digest(inputs.model());
                }
            }
            ends.add(end);
        }
        return new Line("weights: resumed = uninterrupted (bits that differ)", differing(ends.get(0), ends.get(1)), 0);
    }

    private static Trainer.Settings fewSteps(Trainer.Settings s) {
        return new Trainer.Settings(
                new StepPlanner.Batch(
                        2, 0, s.batch().microBatchTokens(), s.batch().padded()),
                100,
                4,
                s.schedule(),
                s.learningRate(),
                s.warmupRatio(),
                s.adam(),
                s.clipNorm(),
                s.neftuneAlpha(),
                s.seed(),
                s.shuffle(),
                2,
                1);
    }

    private static byte[] digest(CausalLm model) {
        var digest = org.lionalign.core.data.Digests.sha256();
        for (Weight weight : model.weights()) {
            java.nio.ByteBuffer bytes = java.nio.ByteBuffer.allocate((int) (weight.numel() * 4));
            bytes.asFloatBuffer().put(weight.master().toFloats());
            digest.update(bytes);
        }
        return digest.digest();
    }

    private static int differing(byte[] a, byte[] b) {
        int bits = 0;
        for (int i = 0; i < a.length; i++) {
            bits += Integer.bitCount((a[i] ^ b[i]) & 0xff);
        }
        return bits;
    }
}
