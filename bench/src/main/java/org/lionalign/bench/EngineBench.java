package org.lionalign.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.SplittableRandom;
import org.lionalign.core.pack.PackedBatch;
import org.lionalign.core.pack.PromptTree;
import org.lionalign.torch.model.CausalLm;
import org.lionalign.torch.model.Generator;
import org.lionalign.torch.model.LoadOptions;
import org.lionalign.torch.model.SamplingOptions;
import org.lionalign.torch.tensor.Device;
import org.lionalign.torch.tensor.Engine;

/**
 * Scoring, one training pass and sampling with a random model of SmolLM2-135M's shape, as shares of the bf16 matrix-product rate of the
 * same process.
 *
 * <p>{@code java -cp … org.lionalign.bench.EngineBench [score|train|generate|steps …]}; see bench/run.
 */
public final class EngineBench {
    private EngineBench() {}

    public static void main(String[] args) throws IOException {
        Set<String> parts = args.length == 0 ? Set.of("score", "train", "generate") : Set.of(args);
        Path folder = RandomModel.smolLm2(Path.of(System.getProperty("java.io.tmpdir"), "lion-bench", "smollm2-135m"));
        double rate = Measure.matmulRate(Measure.dtype(), Device.CPU, 4096, 576, 1536);
        System.out.printf(
                Locale.ROOT, "bf16 matrix products: %.0f GFLOP/s on %d threads%n", rate / 1e9, Engine.threads());
        if (parts.contains("score")) {
            score(folder, rate);
        }
        if (parts.contains("train")) {
            train(folder, rate);
        }
        if (parts.contains("generate")) {
            generate(folder);
        }
        if (parts.contains("steps")) {
            steps(folder);
        }
    }

    /** 4,096 packed tokens in documents of this length. */
    private static PackedBatch batch(int documentLength) {
        SplittableRandom random = new SplittableRandom(1);
        List<PromptTree> trees = new ArrayList<>();
        for (int at = 0; at < 4096; at += documentLength) {
            int length = Math.min(documentLength, 4096 - at);
            int[] ids = random.ints(length, 3, 49152).toArray();
            boolean[] all = new boolean[length];
            Arrays.fill(all, true);
            trees.add(PromptTree.document("d#" + at, ids, all));
        }
        return PackedBatch.of(trees);
    }

    private static void score(Path folder, double rate) {
        try (CausalLm model = CausalLm.load(folder, LoadOptions.inference(Measure.dtype()))) {
            for (int length : new int[] {128, 512, 2048}) {
                PackedBatch batch = batch(length);
                double flops = model.config()
                        .forwardFlops(
                                batch.length(), batch.supervised(), batch.plan().pairs());
                double[] times = Measure.seconds(3, () -> model.logps(batch));
                report("score, documents of " + length, batch.length(), times, flops, rate);
            }
        }
    }

    private static void train(Path folder, double rate) {
        try (CausalLm model = CausalLm.load(folder, LoadOptions.training(Measure.dtype()))) {
            for (int length : new int[] {512}) {
                PackedBatch batch = batch(length);
                double flops = 3
                        * model.config()
                                .forwardFlops(
                                        batch.length(),
                                        batch.supervised(),
                                        batch.plan().pairs());
                float[] upstream = new float[batch.supervised()];
                Arrays.fill(upstream, -1f / upstream.length);
                double[] times = Measure.seconds(3, () -> model.forwardBackward(batch, logps -> upstream));
                report("forward and backward, documents of " + length, batch.length(), times, flops, rate);
                System.out.printf(Locale.ROOT, "  resident %.2f GB%n", Engine.residentBytes() / 1e9);
            }
        }
    }

    private static void report(String what, int tokens, double[] times, double flops, double rate) {
        double median = Measure.median(times);
        System.out.printf(
                Locale.ROOT,
                "%s: %.0f tokens/s (median of %d, %.2f to %.2f s), %.0f GFLOP/s = %.0f %% of the matrix-product rate%n",
                what,
                tokens / median,
                times.length,
                times[0],
                times[times.length - 1],
                flops / median / 1e9,
                100 * flops / median / rate);
    }

    /** 16 prompts of 100 tokens × 5 answers × 128 tokens. */
    private static void generate(Path folder) {
        SplittableRandom random = new SplittableRandom(2);
        List<int[]> prompts = new ArrayList<>();
        for (int p = 0; p < 16; p++) {
            prompts.add(random.ints(100, 3, 49152).toArray());
        }
        try (CausalLm model = CausalLm.load(folder, LoadOptions.inference(Measure.dtype()))) {
            Generator generator = new Generator(model, new SamplingOptions(5, 0.8, 1, 0, 128, 1, Set.of(), 80));
            double[] times = Measure.seconds(2, () -> generator.generate(prompts));
            System.out.printf(
                    Locale.ROOT,
                    "generate %s, 16 prompts x 5 answers x 128 tokens: %.0f tokens/s (%.1f to %.1f s)%n",
                    Measure.dtype(),
                    16 * 5 * 128 / Measure.median(times),
                    times[0],
                    times[times.length - 1]);
        }
    }

    /** Native memory over 10,000 decode steps. */
    private static void steps(Path folder) {
        try (CausalLm model = CausalLm.load(folder, LoadOptions.inference(Measure.dtype()))) {
            for (int i = 0; i <= 20; i++) {
                if (i % 4 == 0) {
                    System.out.printf(
                            Locale.ROOT,
                            "after %d decode steps: resident %.0f MB, %d native objects%n",
                            i * 500,
                            Engine.residentBytes() / 1e6,
                            Engine.liveObjects());
                }
                new Generator(model, new SamplingOptions(1, 0.8, 1, 0, 500, i, Set.of(), 1))
                        .generate(List.of(new int[] {5, 6, 7}));
            }
        }
    }
}
