package org.lionalign.torch.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.format.Checkpoint;
import org.lionalign.core.format.TensorEntry;
import org.lionalign.core.pack.PackedBatch;
import org.lionalign.torch.tensor.Device;
import org.lionalign.torch.tensor.Dtype;

class SaveAndLoraTest {
    @TempDir
    Path dir;

    private static byte[] bytes(TensorEntry entry) throws IOException {
        byte[] content = new byte[(int) entry.bytes()];
        try (RandomAccessFile file = new RandomAccessFile(entry.file().toFile(), "r")) {
            file.seek(entry.offset());
            file.readFully(content);
        }
        return content;
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "llama",
                "llama-tied",
                "llama-bf16",
                "llama-f16",
                "gemma2",
                "qwen2",
                "qwen3",
                "phi3",
                "llama-seqcls"
            })
    void loadedAndSavedTensorsAreEqualByteForByte(String name) throws IOException {
        Path source = Golden.ROOT.resolve("models").resolve(name);
        for (long shard : new long[] {ModelWriter.SHARD_BYTES, 8_000}) {
            Path target = dir.resolve(name + shard);
            try (CausalLm model = CausalLm.load(source, new LoadOptions(Dtype.F32, Device.CPU, true, false))) {
                Dtype stored = Dtype.ofSafetensors(Checkpoint.open(source)
                        .tensors()
                        .values()
                        .iterator()
                        .next()
                        .dtype());
                ModelWriter.save(model, target, stored, shard);
            }
            assertThat(Files.exists(target.resolve("model.safetensors.index.json")))
                    .isEqualTo(shard == 8_000);
            Map<String, TensorEntry> before = Checkpoint.open(source).tensors();
            Map<String, TensorEntry> after = Checkpoint.open(target).tensors();
            assertThat(after.keySet()).isEqualTo(before.keySet());
            for (String tensor : before.keySet()) {
                assertThat(after.get(tensor).dtype())
                        .isEqualTo(before.get(tensor).dtype());
                assertThat(after.get(tensor).shape())
                        .isEqualTo(before.get(tensor).shape());
                assertThat(bytes(after.get(tensor))).as(tensor).isEqualTo(bytes(before.get(tensor)));
            }
            assertThat(Files.readAllBytes(target.resolve("config.json")))
                    .isEqualTo(Files.readAllBytes(source.resolve("config.json")));
        }
    }

    private static float[] logits(CausalLm model, PackedBatch batch) {
        return model.logits(batch, IntStream.range(0, batch.length()).toArray());
    }

    @Test
    void adaptersArePefts() {
        Golden golden = Golden.of("llama-lora");
        Path base = Golden.ROOT.resolve("models/llama");
        PackedBatch batch = PackedBatch.of(golden.documents());
        float[] expected = golden.floats("logits");
        try (CausalLm model = CausalLm.load(base, LoadOptions.inference(Dtype.F32))) {
            LoraAdapters.load(model, golden.directory);
            assertThat(Golden.difference(logits(model, batch), expected)).isLessThan(1e-4 * Golden.largest(expected));
            LoraAdapters.merge(model);
            float[] merged = golden.floats("logits.merged");
            assertThat(Golden.difference(logits(model, batch), merged)).isLessThan(1e-4 * Golden.largest(merged));
        }
    }

    @Test
    void onlyAdaptersAreTrainedAndTheirGradientsArePefts() {
        Golden golden = Golden.of("llama-lora");
        try (CausalLm model = CausalLm.load(
                Golden.ROOT.resolve("models/llama"), new LoadOptions(Dtype.F32, Device.CPU, false, false))) {
            LoraAdapters.load(model, golden.directory);
            model.linears().forEach(l -> l.adapters().forEach(a -> {
                a.a().train();
                a.b().train();
            }));
            model.forwardBackward(PackedBatch.of(golden.documents()), logps -> golden.upstream());
            Map<String, float[]> gradients = Golden.gradientsOf(model);
            assertThat(golden.gradients()).hasSize(gradients.size());
            for (String parameter : golden.gradients()) {
                String ours = parameter.replace(".default.", ".");
                float[] mine =
                        gradients.containsKey(ours) ? gradients.get(ours) : gradients.get("base_model.model." + ours);
                assertThat(mine).as(parameter + " among " + gradients.keySet()).isNotNull();
                assertThat(Golden.relative(mine, golden.floats("grad." + parameter)))
                        .as(parameter)
                        .isLessThan(1e-3);
            }
        }
    }

    @Test
    void savedAdaptersComeBack() {
        Path base = Golden.ROOT.resolve("models/qwen2");
        PackedBatch batch = PackedBatch.of(Golden.of("qwen2").documents());
        LoraAdapters.Config config = new LoraAdapters.Config(3, 6, 0, List.of("all-linear"));
        float[] with;
        try (CausalLm model = CausalLm.load(base, LoadOptions.inference(Dtype.F32))) {
            float[] before = logits(model, batch);
            LoraAdapters.attach(model, config, 5);
            assertThat(Golden.difference(logits(model, batch), before)).isLessThan(1e-6);
            model.linears().forEach(l -> l.adapters().forEach(a -> {
                a.b().change((rows, from) -> rows.fill_(0.01));
            }));
            with = logits(model, batch);
            assertThat(Golden.difference(with, before)).isGreaterThan(1e-4);
            LoraAdapters.save(
                    model,
                    new LoraAdapters.Config(
                            3,
                            6,
                            0,
                            List.of("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")),
                    dir);
        }
        try (CausalLm model = CausalLm.load(base, LoadOptions.inference(Dtype.F32))) {
            LoraAdapters.load(model, dir);
            assertThat(Golden.difference(logits(model, batch), with)).isLessThan(1e-6);
        }
    }

    @Test
    void wrongTargetsAreNamed() {
        try (CausalLm model = CausalLm.load(Golden.ROOT.resolve("models/llama"), LoadOptions.inference(Dtype.F32))) {
            assertThatThrownBy(() -> LoraAdapters.attach(model, new LoraAdapters.Config(2, 4, 0, List.of("q_porj")), 1))
                    .isInstanceOf(BadInput.class)
                    .hasMessageContaining("q_porj");
        }
    }
}
