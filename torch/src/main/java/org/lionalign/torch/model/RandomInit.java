package org.lionalign.torch.model;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.format.SafetensorsWriter;
import org.lionalign.torch.tensor.Device;
import org.lionalign.torch.tensor.Dtype;
import org.lionalign.torch.tensor.TensorScope;
import org.lionalign.torch.tensor.Tensors;

/** Fresh weights for a folder with a {@code config.json}: where pre-training starts, and models for measurements. */
public final class RandomInit {
    private static final double STD = 0.02; // transformers' initializer_range

    private RandomInit() {}

    /**
     * Writes {@code model.safetensors} beside the config: normal with standard deviation 0.02, norms one; a function of config and seed.
     *
     * @throws BadInput for architectures other than Llama's without biases
     */
    public static void write(Path folder, long seed, Dtype stored) {
        ModelConfig config = ConfigReader.read(folder);
        if (!config.modelType().equals("llama") || config.attentionBias() || config.mlpBias()) {
            throw BadInput.of(folder.resolve("config.json"), "model_type", "llama without biases", config.modelType());
        }
        try (TensorScope scope = new TensorScope()) {
            Drawn drawn = new Drawn(seed, stored);
            long hidden = config.hiddenSize();
            long query = (long) config.heads() * config.headDim();
            long key = (long) config.keyValueHeads() * config.headDim();
            drawn.matrix("model.embed_tokens.weight", config.vocabularySize(), hidden);
            for (int i = 0; i < config.layers(); i++) {
                String at = "model.layers." + i + ".";
                drawn.matrix(at + "self_attn.q_proj.weight", query, hidden);
                drawn.matrix(at + "self_attn.k_proj.weight", key, hidden);
                drawn.matrix(at + "self_attn.v_proj.weight", key, hidden);
                drawn.matrix(at + "self_attn.o_proj.weight", hidden, query);
                drawn.matrix(at + "mlp.gate_proj.weight", config.intermediateSize(), hidden);
                drawn.matrix(at + "mlp.up_proj.weight", config.intermediateSize(), hidden);
                drawn.matrix(at + "mlp.down_proj.weight", hidden, config.intermediateSize());
                drawn.norm(at + "input_layernorm.weight", hidden);
                drawn.norm(at + "post_attention_layernorm.weight", hidden);
            }
            drawn.norm("model.norm.weight", hidden);
            if (!config.tied()) {
                drawn.matrix("lm_head.weight", config.vocabularySize(), hidden);
            }
            SafetensorsWriter.write(folder.resolve("model.safetensors"), Map.of("format", "pt"), drawn.sources);
        }
    }

    private static final class Drawn {
        private final long seed;
        private final Dtype stored;
        private final List<SafetensorsWriter.Source> sources = new ArrayList<>();

        Drawn(long seed, Dtype stored) {
            this.seed = seed;
            this.stored = stored;
        }

        void matrix(String name, long rows, long columns) {
            long own = seed * 1_000_003 + sources.size();
            sources.add(TensorSource.of(name, Tensors.randn(own, STD, Device.CPU, rows, columns), stored));
        }

        void norm(String name, long size) {
            sources.add(TensorSource.of(name, Tensors.full(1, Dtype.F32, Device.CPU, size), stored));
        }
    }
}
