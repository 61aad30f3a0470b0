package org.lionalign.torch.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.lionalign.torch.model.PartsTest.close;
import static org.lionalign.torch.model.PartsTest.gradients;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.lionalign.core.pack.PackedBatch;
import org.lionalign.core.pack.PromptTree;
import org.lionalign.torch.tensor.Device;
import org.lionalign.torch.tensor.Dtype;
import org.lionalign.torch.tensor.TensorScope;

/** The last block cut to what the head reads, against the whole block with a head that reads everything and a loss that looks away. */
class ReadingTest {
    @Test
    void positionsThatAreReadTwiceAreComputedOnce() {
        try (TensorScope scope = new TensorScope()) {
            Reading reading = Reading.of(new int[] {7, 2, 2, 30}, 40, Device.CPU);
            assertThat(reading.rows()).isNotNull();
            assertThat(reading.rows().toFloats()).containsExactly(2, 7, 30);
            assertThat(reading.order().toFloats()).containsExactly(1, 0, 0, 2);
            assertThat(Reading.of(new int[] {0, 1, 2, 3}, 5, Device.CPU).rows()).isNull();
        }
    }

    /** Answers of each prompt; with {@code all}, everything but the first token is supervised. */
    private static PackedBatch batch(boolean all) {
        SplittableRandom random = new SplittableRandom(9);
        List<PromptTree> trees = new ArrayList<>();
        for (int t = 0; t < 6; t++) {
            int[] prompt = random.ints(9, 3, 70).toArray();
            List<PromptTree.Node> nodes = new ArrayList<>();
            boolean[] asked = new boolean[prompt.length];
            Arrays.fill(asked, 1, prompt.length, all);
            nodes.add(new PromptTree.Node(-1, prompt, asked));
            for (int answer = 0; answer < 2; answer++) {
                boolean[] supervised = new boolean[2 + answer];
                Arrays.fill(supervised, true);
                int[] ids = random.ints(supervised.length, 3, 70).toArray();
                nodes.add(new PromptTree.Node(0, ids, supervised));
            }
            trees.add(new PromptTree("t" + t, nodes));
        }
        return PackedBatch.of(trees);
    }

    private static final int PROMPTS = 8;
    private static final int ANSWERS = 5;

    private static float[] gradient(float[] logps) {
        float[] gradient = new float[logps.length];
        for (int i = 0; i < gradient.length; i++) {
            gradient[i] = (float) Math.sin(i + 1);
        }
        return gradient;
    }

    /** Of each tree's targets, those of its answers. */
    private static float[] answers(float[] all) {
        float[] some = new float[all.length / (PROMPTS + ANSWERS) * ANSWERS];
        for (int i = 0; i < some.length; i++) {
            some[i] = all[i / ANSWERS * (PROMPTS + ANSWERS) + PROMPTS + i % ANSWERS];
        }
        return some;
    }

    private static float[] lookingAway(float[] all) {
        float[] some = gradient(answers(all));
        float[] gradient = new float[all.length];
        for (int i = 0; i < some.length; i++) {
            gradient[i / ANSWERS * (PROMPTS + ANSWERS) + PROMPTS + i % ANSWERS] = some[i];
        }
        return gradient;
    }

    @ParameterizedTest
    @CsvSource({
        "llama, F32, false, 1e-5",
        "llama-bias, F32, true, 1e-5",
        "gemma2, F32, false, 1e-5",
        "gemma2, F32, true, 1e-5",
        "qwen3, F32, false, 1e-5",
        "llama-tied, BF16, false, 0.02"
    })
    void isTheWholeBlock(String name, Dtype compute, boolean recompute, double tolerance) {
        PackedBatch cut = batch(false);
        PackedBatch whole = batch(true);
        assertThat(Reading.cuts(cut.length(), cut.supervised())).isTrue();
        assertThat(Reading.cuts(whole.length(), whole.supervised())).isFalse();
        LoadOptions options = new LoadOptions(compute, Device.CPU, true, recompute);
        try (CausalLm model = CausalLm.load(Golden.of(name).directory, options)) {
            close(model.logps(cut), answers(model.logps(whole)), tolerance);
            float[] expected = answers(model.forwardBackward(whole, ReadingTest::lookingAway));
            List<float[]> gradients = gradients(model);
            close(model.forwardBackward(cut, ReadingTest::gradient), expected, tolerance);
            List<float[]> found = gradients(model);
            for (int w = 0; w < gradients.size(); w++) {
                assertThat(gradients.get(w)).isNotEqualTo(new float[gradients.get(w).length]);
                close(found.get(w), gradients.get(w), tolerance);
            }
        }
    }
}
