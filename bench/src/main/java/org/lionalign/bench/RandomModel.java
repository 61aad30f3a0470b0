package org.lionalign.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.lionalign.torch.model.RandomInit;
import org.lionalign.torch.tensor.Dtype;

/** Model folders with random weights of a real model's shape: speed does not depend on what a model knows. */
final class RandomModel {
    static final String SMOLLM2_135M =
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
        RandomInit.write(folder, 1, Dtype.BF16);
        return folder;
    }
}
