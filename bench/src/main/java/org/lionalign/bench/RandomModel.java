package org.lionalign.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.lionalign.core.format.SafetensorsWriter;
import org.lionalign.torch.model.ConfigReader;
import org.lionalign.torch.model.ModelConfig;
import org.lionalign.torch.model.TensorSource;
import org.lionalign.torch.tensor.Device;
import org.lionalign.torch.tensor.Dtype;
import org.lionalign.torch.tensor.TensorScope;
import org.lionalign.torch.tensor.Tensors;

/** Model folders with random weights of a real model's shape: speed does not depend on what a model knows. */
final class RandomModel {
    private static final String SMOLLM2_135M =
            "{\"architectures\":[\"LlamaForCausalLM\"],\"model_type\":\"llama\",\"hidden_size\":576,"
                    + "\"intermediate_size\":1536,\"num_hidden_layers\":30,\"num_attention_heads\":9,\"num_key_value_heads\":3,"
                    + "\"vocab_size\":49152,\"max_position_embeddings\":8192,\"rms_norm_eps\":1e-05,\"rope_theta\":100000.0,"
                    + "\"hidden_act\":\"silu\",\"tie_word_embeddings\":true,\"torch_dtype\":\"bfloat16\",\"bos_token_id\":1,\"eos_token_id\":2}";

    private RandomModel() {}

    /** SmolLM2-135M's shape in bf16; kept in {@code folder} for the next run. */
    static Path smolLm2(Path folder) throws IOException {
        if (Files.exists(folder.resolve("model.safetensors"))) {
            return folder;
        }
        Files.createDirectories(folder);
        Files.writeString(folder.resolve("config.json"), SMOLLM2_135M);
        ModelConfig config = ConfigReader.read(folder);
        try (TensorScope scope = new TensorScope()) {
            List<SafetensorsWriter.Source> sources = new ArrayList<>();
            long hidden = config.hiddenSize();
            long key = (long) config.keyValueHeads() * config.headDim();
            add(sources, "model.embed_tokens.weight", config.vocabularySize(), hidden);
            for (int i = 0; i < config.layers(); i++) {
                String at = "model.layers." + i + ".";
                add(sources, at + "self_attn.q_proj.weight", (long) config.heads() * config.headDim(), hidden);
                add(sources, at + "self_attn.k_proj.weight", key, hidden);
                add(sources, at + "self_attn.v_proj.weight", key, hidden);
                add(sources, at + "self_attn.o_proj.weight", hidden, (long) config.heads() * config.headDim());
                add(sources, at + "mlp.gate_proj.weight", config.intermediateSize(), hidden);
                add(sources, at + "mlp.up_proj.weight", config.intermediateSize(), hidden);
                add(sources, at + "mlp.down_proj.weight", hidden, config.intermediateSize());
                add(sources, at + "input_layernorm.weight", hidden);
                add(sources, at + "post_attention_layernorm.weight", hidden);
            }
            add(sources, "model.norm.weight", hidden);
            SafetensorsWriter.write(folder.resolve("model.safetensors"), Map.of("format", "pt"), sources);
        }
        return folder;
    }

    private static void add(List<SafetensorsWriter.Source> sources, String name, long... shape) {
        sources.add(new TensorSource(
                name,
                shape.length == 1
                        ? Tensors.full(1, Dtype.F32, Device.CPU, shape)
                        : Tensors.randn(sources.size(), 0.02, Device.CPU, shape),
                Dtype.BF16));
    }
}
