package org.lionalign.torch.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.lionalign.core.pack.PackedBatch;
import org.lionalign.torch.tensor.Device;
import org.lionalign.torch.tensor.Dtype;

/** Logits, log-probabilities and gradients against transformers (tools/oracle/models.py), for every architecture. */
class ParityTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "llama",
                "llama3",
                "llama-linear",
                "llama-dynamic",
                "llama-bias",
                "llama-tied",
                "llama-bf16",
                "llama-f16",
                "gemma",
                "gemma2",
                "mistral",
                "qwen2",
                "qwen3",
                "phi3"
            })
    void fp32IsTheReference(String name) {
        Golden golden = Golden.of(name);
        for (boolean recompute : new boolean[] {false, true}) {
            LoadOptions options = new LoadOptions(Dtype.F32, Device.CPU, true, recompute);
            try (CausalLm model = CausalLm.load(golden.directory, options)) {
                PackedBatch batch = PackedBatch.of(golden.documents());
                float[] logits =
                        model.logits(batch, IntStream.range(0, batch.length()).toArray());
                float[] expected = golden.floats("logits");
                assertThat(Golden.difference(logits, expected))
                        .as("logits")
                        .isLessThanOrEqualTo(1e-4 * Golden.largest(expected));
                checkLogps(golden, model.logps(batch), 1e-4);
                float[] seen = model.forwardBackward(batch, logps -> golden.upstream());
                checkLogps(golden, seen, 1e-4);
                Map<String, float[]> gradients = Golden.gradientsOf(model);
                for (String parameter : golden.gradients()) {
                    assertThat(gradients).containsKey(parameter);
                    assertThat(Golden.relative(gradients.get(parameter), golden.floats("grad." + parameter)))
                            .as("gradient of " + parameter)
                            .isLessThanOrEqualTo(1e-3);
                }
            }
        }
    }

    /** bf16 has 8 bits: each product carries 2⁻⁹ of relative error, and a few of them in a row stay within 4 % of the logits' scale. */
    @ParameterizedTest
    @ValueSource(strings = {"llama", "llama3", "gemma", "gemma2", "mistral", "qwen2", "qwen3", "phi3"})
    void bf16StaysWithinItsBounds(String name) {
        Golden golden = Golden.of(name);
        try (CausalLm model = CausalLm.load(golden.directory, LoadOptions.training(Dtype.BF16))) {
            PackedBatch batch = PackedBatch.of(golden.documents());
            float[] logits =
                    model.logits(batch, IntStream.range(0, batch.length()).toArray());
            float[] expected = golden.floats("logits");
            assertThat(Golden.difference(logits, expected)).isLessThanOrEqualTo(0.04 * Golden.largest(expected));
            model.forwardBackward(batch, logps -> golden.upstream());
            Map<String, float[]> gradients = Golden.gradientsOf(model);
            for (String parameter : golden.gradients()) {
                assertThat(Golden.relative(gradients.get(parameter), golden.floats("grad." + parameter)))
                        .as("gradient of " + parameter)
                        .isLessThanOrEqualTo(0.06);
            }
        }
    }

    @Test
    void dynamicScalingWithinTheContextChangesNothing() {
        Golden golden = new Golden("llama-dynamic", "golden-within.safetensors");
        try (CausalLm model = CausalLm.load(golden.directory, LoadOptions.inference(Dtype.F32))) {
            checkLogps(golden, model.logps(PackedBatch.of(golden.documents())), 1e-4);
        }
    }

    @Test
    void sequenceClassifiersScoreTheLastToken() {
        Golden golden = Golden.of("llama-seqcls");
        int[] ids = golden.ints("input_ids");
        int[] lengths = golden.ints("lengths");
        int time = (int) golden.shape("input_ids")[1];
        List<org.lionalign.core.pack.PromptTree> trees = IntStream.range(0, lengths.length)
                .mapToObj(b -> org.lionalign.core.pack.PromptTree.document(
                        "r#" + b, Arrays.copyOfRange(ids, b * time, b * time + lengths[b]), new boolean[lengths[b]]))
                .toList();
        try (CausalLm model = CausalLm.load(golden.directory, LoadOptions.training(Dtype.F32))) {
            PackedBatch batch = PackedBatch.of(trees);
            float[] expected = golden.floats("scores");
            assertThat(Golden.difference(model.scores(batch), expected)).isLessThan(1e-4 * Golden.largest(expected));
            model.scoresForwardBackward(batch, scores -> {
                float[] ones = new float[scores.length];
                Arrays.fill(ones, 1);
                return ones;
            });
            Map<String, float[]> gradients = Golden.gradientsOf(model);
            for (String parameter : golden.gradients()) {
                assertThat(Golden.relative(gradients.get(parameter), golden.floats("grad." + parameter)))
                        .as(parameter)
                        .isLessThanOrEqualTo(1e-3);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"llama", "llama3", "gemma", "gemma2", "mistral", "qwen2", "qwen3", "phi3"})
    void bothLayoutsOfTheConfigurationMeanTheSame(String name) throws java.io.IOException {
        java.nio.file.Path v5 = Golden.ROOT.resolve("models").resolve(name);
        java.nio.file.Path copy = java.nio.file.Files.createTempDirectory("config");
        java.nio.file.Files.copy(v5.resolve("config.v5.json"), copy.resolve("config.json"));
        assertThat(ConfigReader.read(copy)).isEqualTo(ConfigReader.read(v5));
    }

    private static void checkLogps(Golden golden, float[] logps, double tolerance) {
        float[] all = golden.floats("logps");
        int time = (int) golden.shape("logps")[1];
        float[] expected = new float[logps.length];
        int at = 0;
        for (int i = 0; i < all.length; i++) {
            if (i % time != 0) {
                expected[at++] = all[i];
            }
        }
        assertThat(Golden.difference(logps, expected))
                .as("logps")
                .isLessThanOrEqualTo(tolerance * Golden.largest(expected));
    }
}
