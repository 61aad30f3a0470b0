package org.lionalign.align.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lionalign.align.objective.LengthDesensitised;
import org.lionalign.align.objective.PreferenceLoss;
import org.lionalign.align.objective.Weighted;
import org.lionalign.align.reference.ReferenceCache;
import org.lionalign.core.json.Json;
import org.lionalign.core.pack.PackedBatch;
import org.lionalign.core.pack.PromptTree;
import org.lionalign.torch.model.CausalLm;
import org.lionalign.torch.model.LoadOptions;
import org.lionalign.torch.model.LoraAdapters;
import org.lionalign.torch.nn.Weight;
import org.lionalign.torch.tensor.Device;
import org.lionalign.torch.tensor.Dtype;
import org.lionalign.torch.tensor.TensorScope;
import org.lionalign.torch.tensor.Tensors;

/**
 * PITFALLS 3.2 no. 3: the product of shared prefix, packing and accumulation, head chunks, stored or live reference, recomputation and LoRA
 * gives one gradient; and the relations that a preference gradient must obey.
 */
class PairProductTest {
    private static final Path MODELS =
            Path.of(System.getProperty("lion.root", ".."), "torch/src/test/resources/golden/models");
    private static final int PAIRS = 8;
    private static final double BETA = 0.1;

    @TempDir
    Path dir;

    private static final List<PreferenceLoss> LOSSES = List.of(
            new PreferenceLoss.Sigmoid(BETA, 0),
            new Weighted(
                    new Weighted.OnPolicy(),
                    new PreferenceLoss.Mixture(
                            List.of(
                                    new PreferenceLoss.KtoPair(BETA),
                                    new LengthDesensitised(0.4, new PreferenceLoss.Ipo(BETA, true)),
                                    new PreferenceLoss.ChosenNll()),
                            List.of(1.0, 0.5, 0.3))));

    private static List<PromptTree> pairs() {
        SplittableRandom random = new SplittableRandom(11);
        List<PromptTree> trees = new ArrayList<>();
        for (int i = 0; i < PAIRS; i++) {
            trees.add(PromptTree.answers(
                    "p#" + i,
                    random.ints(3 + random.nextInt(9), 3, 79).toArray(),
                    List.of(
                            random.ints(1 + random.nextInt(8), 3, 79).toArray(),
                            random.ints(9, 3, 79).toArray())));
        }
        return trees;
    }

    /** The same pair with a prompt of its own for each answer: only the first token, which sees nothing else, is shared. */
    private static PromptTree apart(PromptTree tree) {
        int[] prompt = tree.nodes().get(0).ids();
        List<PromptTree.Node> nodes = new ArrayList<>();
        nodes.add(new PromptTree.Node(-1, Arrays.copyOf(prompt, 1), new boolean[1]));
        for (int n = 1; n <= 2; n++) {
            int[] answer = tree.nodes().get(n).ids();
            int[] ids = Arrays.copyOfRange(prompt, 1, prompt.length + answer.length);
            System.arraycopy(answer, 0, ids, prompt.length - 1, answer.length);
            boolean[] supervised = new boolean[ids.length];
            Arrays.fill(supervised, prompt.length - 1, ids.length, true);
            nodes.add(new PromptTree.Node(0, ids, supervised));
        }
        return new PromptTree(tree.id(), nodes);
    }

    private static CausalLm open(boolean recompute, boolean lora) {
        CausalLm model =
                CausalLm.load(MODELS.resolve("llama"), new LoadOptions(Dtype.F32, Device.CPU, !lora, recompute));
        if (lora) {
            LoraAdapters.attach(model, new LoraAdapters.Config(2, 4, 0, List.of("all-linear")), 3);
            long[] seed = {17};
            model.linears().forEach(linear -> linear.adapters().forEach(part -> {
                part.a().train();
                part.b().train();
                try (TensorScope scope = new TensorScope()) {
                    part.b()
                            .change((rows, from) ->
                                    rows.copy_(Tensors.randn(seed[0]++, 0.05, Device.CPU, rows.shape())));
                }
            }));
        }
        return model;
    }

    private static List<Weight> trained(CausalLm model) {
        List<Weight> all = new ArrayList<>(
                model.weights().stream().filter(Weight::trainable).toList());
        model.linears().forEach(linear -> linear.adapters().forEach(part -> {
            if (!all.contains(part.a())) {
                all.add(part.a());
                all.add(part.b());
            }
        }));
        return all;
    }

    private static double[] gradient(CausalLm model, List<PackedBatch> batches, StepObjective objective) {
        List<Weight> weights = trained(model);
        weights.forEach(Weight::zeroGradient);
        for (PackedBatch batch : batches) {
            if (!objective.needsWholeStep()) {
                break;
            }
            float[] logps = model.logps(batch);
            TrainStep.align(model, batch, logps, objective);
            objective.observe(batch, logps);
        }
        for (PackedBatch batch : batches) {
            TrainStep.backward(model, batch, logps -> objective.gradient(batch, logps));
        }
        return weights.stream()
                .flatMapToDouble(weight -> {
                    float[] values = weight.gradient().toFloats();
                    return IntStream.range(0, values.length).mapToDouble(i -> values[i]);
                })
                .toArray();
    }

    private static List<PackedBatch> batches(List<PromptTree> trees, int size) {
        List<PackedBatch> batches = new ArrayList<>();
        for (int from = 0; from < trees.size(); from += size) {
            batches.add(PackedBatch.of(trees.subList(from, from + size)));
        }
        return batches;
    }

    @Test
    void everyLayoutGivesOneGradient() {
        List<PromptTree> shared = pairs();
        List<PromptTree> separate = shared.stream().map(PairProductTest::apart).toList();
        List<PairObjective.Reference> cached;
        List<PairObjective.Reference> live = new ArrayList<>();
        try (CausalLm reference = CausalLm.load(MODELS.resolve("llama-tied"), LoadOptions.inference(Dtype.F32))) {
            ReferenceCache cache = new ReferenceCache(dir.resolve("cache"), Json.object(), PAIRS, 3);
            cache.compute(reference, shared, 60, 0, 1, () -> {});
            cached = cache.read();
            separate.forEach(tree -> live.addAll(PairTask.references(reference, List.of(tree), 60)));
        }
        double worst = 0;
        double largest = 0;
        double biased = 0;
        double aligned = 0;
        int combinations = 0;
        for (boolean lora : new boolean[] {false, true}) {
            for (PreferenceLoss loss : LOSSES) {
                double[] first = null;
                for (boolean recompute : new boolean[] {false, true}) {
                    try (CausalLm model = open(recompute, lora)) {
                        for (List<PromptTree> trees : List.of(shared, separate)) {
                            for (int size : new int[] {8, 1}) {
                                for (int chunk : new int[] {1024, 3}) {
                                    for (List<PairObjective.Reference> references : List.of(cached, live)) {
                                        model.headChunk(chunk);
                                        StepObjective objective = new PairTask(trees, references, loss, BETA)
                                                .objective(batches(trees, size));
                                        double[] found = gradient(model, batches(trees, size), objective);
                                        combinations++;
                                        if (first == null) {
                                            first = found;
                                            assertThat(norm(first)).isGreaterThan(1e-3);
                                            continue;
                                        }
                                        double[] residual = minus(found, first);
                                        largest = Math.max(
                                                largest,
                                                Arrays.stream(residual)
                                                        .map(Math::abs)
                                                        .max()
                                                        .orElseThrow());
                                        worst = Math.max(worst, norm(residual) / norm(first));
                                        double mean = Arrays.stream(residual)
                                                .average()
                                                .orElseThrow();
                                        double scale = norm(first) / Math.sqrt(first.length);
                                        biased = Math.max(biased, Math.abs(mean) / scale);
                                        double along = dot(residual, first) / dot(first, first);
                                        // A rounding of a WPO weight moves all of its pair's gradient: no bias, but one
                                        // draw.
                                        aligned = Math.max(aligned, Math.abs(along) / (loss.readsOnPolicy() ? 10 : 1));
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
        assertThat(combinations).isEqualTo(2 * 2 * 2 * 2 * 2 * 2 * 2);
        assertThat(largest).as("residual of a gradient's value").isLessThan(2e-7);
        assertThat(worst).as("relative distance of a gradient").isLessThan(2e-6);
        assertThat(biased).as("mean residual").isLessThan(1e-7);
        // Five roundings of 2⁻²⁴: 1.3e-7 with AVX-512, 1.7e-7 with AVX2, whose sums run in another order.
        assertThat(aligned).as("residual along the gradient").isLessThan(3e-7);
    }

    private static StepObjective at(List<PromptTree> trees, List<PairObjective.Reference> references, double beta) {
        return new PairTask(trees, references, new PreferenceLoss.Sigmoid(beta, 0), beta)
                .objective(batches(trees, trees.size()));
    }

    @Test
    void thePreferenceGradientsRelations() {
        List<PromptTree> trees = pairs().subList(0, 2);
        List<PromptTree> twice = List.of(
                trees.get(0), trees.get(1), new PromptTree("copy", trees.get(0).nodes()));
        List<PairObjective.Reference> other;
        try (CausalLm reference = CausalLm.load(MODELS.resolve("llama-tied"), LoadOptions.inference(Dtype.F32))) {
            other = PairTask.references(reference, twice, 100);
        }
        try (CausalLm model = open(false, false)) {
            // A pair twice counts twice: three times the mean is g₀ + g₁ + g₀.
            double[] three = gradient(model, batches(twice, 3), at(twice, other, BETA));
            double[] sum = new double[three.length];
            for (int i : new int[] {0, 1, 0}) {
                double[] one = gradient(
                        model,
                        batches(trees.subList(i, i + 1), 1),
                        at(trees.subList(i, i + 1), other.subList(i, i + 1), BETA));
                Arrays.setAll(sum, j -> sum[j] + one[j] / 3);
            }
            assertThat(norm(minus(three, sum)) / norm(sum)).isLessThan(1e-6);

            // ∇log p(chosen) − ∇log p(rejected), from slopes of ±1 alone.
            double[] direction = gradient(model, batches(trees, 2), new StepObjective() {
                @Override
                public float[] gradient(PackedBatch batch, float[] logps) {
                    float[] ones = new float[logps.length];
                    batch.slices().forEach(s -> Arrays.fill(ones, s.from(), s.to(), s.node() == 1 ? 1 : -1));
                    return ones;
                }

                @Override
                public double loss() {
                    return 0;
                }
            });
            // β → 0 with any reference: −β/2 of it.
            double tiny = 1e-6;
            double[] small = gradient(model, batches(trees, 2), at(trees, other.subList(0, 2), tiny));
            double[] expected =
                    Arrays.stream(direction).map(d -> -d * tiny / 2 / 2).toArray();
            assertThat(norm(minus(small, expected)) / norm(expected)).isLessThan(1e-4);
            // Policy = reference: ln 2, and −β/2 of it whatever β is.
            List<PairObjective.Reference> own = PairTask.references(model, trees, 100);
            StepObjective equal = at(trees, own, 0.7);
            double[] start = gradient(model, batches(trees, 2), equal);
            assertThat(equal.loss()).isCloseTo(Math.log(2), within(1e-6));
            double[] half = Arrays.stream(direction).map(d -> -d * 0.7 / 2 / 2).toArray();
            assertThat(norm(minus(start, half)) / norm(half)).isLessThan(1e-6);
        }
    }

    @Test
    void swappingTheAnswersFlipsTheMarginExactly() {
        List<PromptTree> trees = pairs();
        try (CausalLm model = open(false, false)) {
            for (PromptTree tree : trees) {
                PromptTree swapped = new PromptTree(
                        tree.id(),
                        List.of(
                                tree.nodes().get(0),
                                tree.nodes().get(2),
                                tree.nodes().get(1)));
                PairObjective.Reference same = new PairObjective.Reference(
                        new float[tree.nodes().get(1).ids().length],
                        new float[tree.nodes().get(2).ids().length]);
                PackedBatch batch = PackedBatch.of(List.of(tree));
                PackedBatch other = PackedBatch.of(List.of(swapped));
                float[] logps = model.logps(batch);
                int first = batch.slices().get(0).to();
                float[] turned = new float[logps.length];
                System.arraycopy(logps, first, turned, 0, logps.length - first);
                System.arraycopy(logps, 0, turned, logps.length - first, first);
                double margin = margin(batch, logps, same);
                PairObjective.Reference back = new PairObjective.Reference(same.rejected(), same.chosen());
                assertThat(margin(other, turned, back)).isEqualTo(-margin);
                // Through the model, where rows of matrix products have changed places, up to the rounding of fp32.
                assertThat(margin(other, model.logps(other), back)).isCloseTo(-margin, within(1e-6));
            }
        }
    }

    private static double margin(PackedBatch batch, float[] logps, PairObjective.Reference reference) {
        StepObjective objective = new PairTask(
                        batch.trees(), List.of(reference), new PreferenceLoss.Sigmoid(BETA, 0), BETA)
                .objective(List.of(batch));
        objective.gradient(batch, logps);
        return objective.metrics().get("rewards/margins")[0];
    }

    private static double[] minus(double[] a, double[] b) {
        double[] difference = new double[a.length];
        Arrays.setAll(difference, i -> a[i] - b[i]);
        return difference;
    }

    private static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += a[i] * b[i];
        }
        return sum;
    }

    private static double norm(double[] a) {
        return Math.sqrt(dot(a, a));
    }
}
