package org.lionalign.torch.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.lionalign.core.pack.PackedBatch;
import org.lionalign.core.pack.PromptTree;
import org.lionalign.torch.nn.Weight;
import org.lionalign.torch.tensor.Device;
import org.lionalign.torch.tensor.Dtype;
import org.lionalign.torch.tensor.Parallel;

/** A pass in parts, each on a core, against the same pass in one. */
class PartsTest {
    private static PackedBatch pairs() {
        SplittableRandom random = new SplittableRandom(5);
        List<PromptTree> trees = new ArrayList<>();
        for (int t = 0; t < 24; t++) {
            int[] prompt = random.ints(4 + t % 5, 3, 70).toArray();
            int[] chosen = random.ints(3 + t % 4, 3, 70).toArray();
            int[] rejected = random.ints(2 + t % 3, 3, 70).toArray();
            trees.add(PromptTree.answers("t" + t, prompt, List.of(chosen, rejected)));
        }
        return PackedBatch.of(trees);
    }

    /** A gradient that depends on all outputs, so that parts cannot do without each other. */
    private static float[] gradient(float[] logps) {
        double mean = 0;
        for (float logp : logps) {
            mean += logp / logps.length;
        }
        float[] gradient = new float[logps.length];
        for (int i = 0; i < gradient.length; i++) {
            gradient[i] = (float) (logps[i] - mean + 0.1 * i / gradient.length);
        }
        return gradient;
    }

    /** Of every trained weight, which start at zero again. */
    static List<float[]> gradients(CausalLm model) {
        List<float[]> all = new ArrayList<>();
        for (Weight weight : model.weights()) {
            if (weight.trainable()) {
                all.add(weight.gradient().toFloats());
                weight.zeroGradient();
            }
        }
        return all;
    }

    @ParameterizedTest
    @CsvSource({
        "llama, F32, 1024",
        "llama, F32, 9",
        "llama-bias, F32, 1024",
        "gemma2, F32, 9",
        "qwen3, BF16, 9",
        "llama-tied, BF16, 1024"
    })
    void givesThePassInOne(String name, Dtype compute, int chunk) {
        PackedBatch batch = pairs();
        assumeThat(Parallel.cores(Device.CPU)).as("cores").isBetween(2, 4);
        try (CausalLm model = CausalLm.load(Golden.of(name).directory, LoadOptions.training(compute))) {
            model.headChunk(chunk);
            float[] one = model.forwardBackward(batch, PartsTest::gradient);
            float[] scored = model.logps(batch);
            List<float[]> expected = gradients(model);
            model.leastPart(32);
            List<List<float[]>> inParts = new ArrayList<>();
            for (int time = 0; time < 3; time++) {
                float[] logps = model.forwardBackward(batch, PartsTest::gradient);
                close(logps, one, compute == Dtype.F32 ? 1e-5 : 0.02);
                inParts.add(gradients(model));
            }
            close(model.logps(batch), scored, compute == Dtype.F32 ? 1e-5 : 0.02);
            for (int w = 0; w < expected.size(); w++) {
                close(inParts.get(0).get(w), expected.get(w), compute == Dtype.F32 ? 2e-5 : 0.03);
                // Whoever comes first, the sums are the same bits.
                assertThat(inParts.get(1).get(w)).isEqualTo(inParts.get(0).get(w));
                assertThat(inParts.get(2).get(w)).isEqualTo(inParts.get(0).get(w));
            }
        }
    }

    /** Within a share of the largest. */
    static void close(float[] found, float[] expected, double share) {
        assertThat(found).hasSameSizeAs(expected);
        double largest = 0;
        for (float value : expected) {
            largest = Math.max(largest, Math.abs(value));
        }
        for (int i = 0; i < found.length; i++) {
            assertThat((double) found[i]).isCloseTo(expected[i], within(share * largest));
        }
    }

    @Test
    void whatTheLossThrowsComesOutAsItIs() {
        PackedBatch batch = pairs();
        try (CausalLm model = CausalLm.load(Golden.of("llama").directory, LoadOptions.training(Dtype.F32))) {
            model.leastPart(32);
            for (int time = 0; time < 5; time++) {
                IllegalArgumentException thrown = new IllegalArgumentException("not finite");
                assertThatThrownBy(() -> model.forwardBackward(batch, logps -> {
                            throw thrown;
                        }))
                        .isSameAs(thrown);
            }
            assertThat(model.forwardBackward(batch, PartsTest::gradient)).hasSize(batch.supervised());
        }
    }

    @Test
    void whatOnePartThrowsEndsTheOthers() {
        List<PromptTree> trees = new ArrayList<>(pairs().trees());
        int[] unknown = {3, 99_999, 4};
        trees.add(PromptTree.answers("bad", unknown, List.of(new int[] {5}, new int[] {6})));
        try (CausalLm model = CausalLm.load(Golden.of("llama").directory, LoadOptions.training(Dtype.F32))) {
            model.leastPart(32);
            assertThatThrownBy(() -> model.forwardBackward(PackedBatch.of(trees), PartsTest::gradient))
                    .hasMessageContaining("99999");
        }
    }
}
