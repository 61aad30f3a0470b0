package org.lionalign.torch.model;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.format.Checkpoint;
import org.lionalign.core.format.TensorEntry;
import org.lionalign.torch.nn.Linear;
import org.lionalign.torch.nn.TreeAttention;
import org.lionalign.torch.nn.Weight;
import org.lionalign.torch.tensor.Dtype;
import org.lionalign.torch.tensor.NoGrad;
import org.lionalign.torch.tensor.Tensor;
import org.lionalign.torch.tensor.TensorScope;
import org.lionalign.torch.tensor.Tensors;

/**
 * Takes the tensors of a decoder out of a checkpoint under their Hugging Face names: each must be there, once, with the shape the
 * configuration implies, and none may be left over.
 */
final class DecoderWeights {
    private final ModelConfig config;
    private final Checkpoint checkpoint;
    private final LoadOptions options;
    private final TreeMap<String, TensorEntry> left;

    DecoderWeights(ModelConfig config, Checkpoint checkpoint, LoadOptions options) {
        this.config = config;
        this.checkpoint = checkpoint;
        this.options = options;
        this.left = new TreeMap<>(checkpoint.tensors());
        // Buffers that old files carry; they follow from the configuration.
        left.keySet().removeIf(name -> name.endsWith(".rotary_emb.inv_freq"));
    }

    Weight embedding() {
        return matrix(
                config.vocabularySize(),
                config.hiddenSize(),
                part("model.embed_tokens.weight", config.vocabularySize()));
    }

    /** The output head: the embedding itself when tied, {@code score} for a classifier. */
    Weight head(Weight embedding) {
        if (config.isClassifier()) {
            return matrix(config.labels(), config.hiddenSize(), part("score.weight", config.labels()));
        }
        if (config.tied()) {
            left.remove("lm_head.weight"); // some writers repeat the tied tensor
            return embedding;
        }
        return matrix(config.vocabularySize(), config.hiddenSize(), part("lm_head.weight", config.vocabularySize()));
    }

    Norm finalNorm() {
        return norm("model.norm", config.hiddenSize());
    }

    DecoderLayer layer(int index) {
        String at = "model.layers." + index + ".";
        String attention = at + "self_attn.";
        String mlp = at + "mlp.";
        int d = config.headDim();
        int queryWidth = config.heads() * d;
        int keyWidth = config.keyValueHeads() * d;
        int hidden = config.hiddenSize();
        int wide = config.intermediateSize();
        Linear qkv = config.fused()
                ? linear(hidden, false, part(attention + "qkv_proj", queryWidth + 2L * keyWidth))
                : linear(
                        hidden,
                        config.attentionBias(),
                        part(attention + "q_proj", queryWidth),
                        part(attention + "k_proj", keyWidth),
                        part(attention + "v_proj", keyWidth));
        Linear gateUp = config.fused()
                ? linear(hidden, false, part(mlp + "gate_up_proj", 2L * wide))
                : linear(hidden, config.mlpBias(), part(mlp + "gate_proj", wide), part(mlp + "up_proj", wide));
        boolean sandwich = config.sandwichNorms();
        return new DecoderLayer(
                config,
                qkv,
                linear(queryWidth, config.outputBias(), part(attention + "o_proj", hidden)),
                gateUp,
                linear(wide, config.mlpBias(), part(mlp + "down_proj", hidden)),
                norm(at + "input_layernorm", hidden),
                norm(at + "post_attention_layernorm", hidden),
                sandwich ? norm(at + "pre_feedforward_layernorm", hidden) : null,
                sandwich ? norm(at + "post_feedforward_layernorm", hidden) : null,
                config.queryKeyNorm() ? norm(attention + "q_norm", d) : null,
                config.queryKeyNorm() ? norm(attention + "k_norm", d) : null,
                new TreeAttention(
                        config.heads(),
                        config.keyValueHeads(),
                        d,
                        config.attentionScale(),
                        config.attentionSoftcap(),
                        options.compute()),
                config.slidingLayers().get(index) ? config.slidingWindow() : 0,
                options.compute());
    }

    /** Fails when the checkpoint has tensors that the architecture does not. */
    void checkNothingLeft() {
        if (!left.isEmpty()) {
            TensorEntry extra = left.firstEntry().getValue();
            throw BadInput.of(
                    extra.file(),
                    extra.name(),
                    "only tensors of " + config.architecture(),
                    extra.describe()
                            + (left.size() > 1 ? " and " + (left.size() - 1) + " more that it does not have" : ""));
        }
    }

    private static Weight.Part part(String name, long rows) {
        return new Weight.Part(name, 0, rows);
    }

    private Linear linear(long in, boolean withBias, Weight.Part... parts) {
        List<Weight.Part> weights = new ArrayList<>();
        List<Weight.Part> biases = new ArrayList<>();
        long rows = 0;
        for (Weight.Part part : parts) {
            weights.add(new Weight.Part(part.name() + ".weight", rows, part.rows()));
            biases.add(new Weight.Part(part.name() + ".bias", rows, part.rows()));
            rows += part.rows();
        }
        Weight weight = load(weights, options.compute(), true, rows, in);
        return new Linear(weight, withBias ? load(biases, options.compute(), false, rows) : null);
    }

    private Weight matrix(long rows, long columns, Weight.Part part) {
        return load(List.of(part), options.compute(), true, rows, columns);
    }

    private Norm norm(String name, long width) {
        Weight weight = load(List.of(part(name + ".weight", width)), Dtype.F32, false, width);
        return new Norm(weight, config.normEps(), config.normPlusOne());
    }

    /** Reads the parts straight into their rows: the only copy is the one that is used. */
    private Weight load(List<Weight.Part> parts, Dtype compute, boolean decay, long... shape) {
        Dtype held = options.trainable() ? Dtype.F32 : compute;
        try (TensorScope scope = new TensorScope();
                NoGrad off = new NoGrad()) {
            Tensor target = scope.release(Tensors.empty(held, options.device(), shape));
            for (Weight.Part part : parts) {
                long[] expected = shape.clone();
                expected[0] = part.rows();
                TensorEntry entry = take(part.name(), expected);
                try (TensorScope copying = new TensorScope()) {
                    target.narrow(0, part.start(), part.rows()).copy_(Tensors.map(entry));
                }
            }
            return new Weight(parts, target, compute, decay);
        }
    }

    private TensorEntry take(String name, long[] shape) {
        @Nullable TensorEntry entry = left.remove(name);
        if (entry == null) {
            throw new BadInput(checkpoint.directory() + ": " + name + ": expected a tensor " + Arrays.toString(shape)
                    + " for " + config.architecture() + ", found none of that name");
        }
        if (!Arrays.equals(entry.shape(), shape)) {
            throw BadInput.of(
                    entry.file(), name, "shape " + Arrays.toString(shape) + " from config.json", entry.describe());
        }
        if (!List.of("F32", "F16", "BF16", "F64").contains(entry.dtype())) {
            throw BadInput.of(entry.file(), name, "dtype F32, F16 or BF16", entry.describe());
        }
        return entry;
    }
}
