package org.lionalign.torch.encoder;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.format.Checkpoint;
import org.lionalign.core.format.TensorEntry;
import org.lionalign.torch.tensor.Dtype;
import org.lionalign.torch.tensor.NoGrad;
import org.lionalign.torch.tensor.Tensor;
import org.lionalign.torch.tensor.TensorScope;
import org.lionalign.torch.tensor.Tensors;

/**
 * DeBERTa-v2 (He et al. 2021): scores are content·content plus content·position plus position·content, each over √(3d).
 *
 * <p>Owns its weights; {@link #close} frees them.
 */
final class DebertaEncoder implements AutoCloseable {
    private final DebertaConfig config;
    private final Map<String, Tensor> weights = new TreeMap<>();
    private final Tensor relative; // [2·buckets, hidden], normalised

    DebertaEncoder(DebertaConfig config, Checkpoint checkpoint, String prefix) {
        this.config = config;
        try (TensorScope scope = new TensorScope();
                NoGrad off = new NoGrad()) {
            int hidden = config.hiddenSize();
            take(scope, checkpoint, prefix, "embeddings.word_embeddings.weight", config.vocabularySize(), hidden);
            norm(scope, checkpoint, prefix, "embeddings.LayerNorm");
            take(scope, checkpoint, prefix, "encoder.rel_embeddings.weight", 2L * config.buckets(), hidden);
            if (config.normalizeRelative()) {
                norm(scope, checkpoint, prefix, "encoder.LayerNorm");
            }
            for (int i = 0; i < config.layers(); i++) {
                String at = "encoder.layer." + i + ".";
                for (String name : List.of("query_proj", "key_proj", "value_proj")) {
                    linear(scope, checkpoint, prefix, at + "attention.self." + name, hidden, hidden);
                }
                linear(scope, checkpoint, prefix, at + "attention.output.dense", hidden, hidden);
                norm(scope, checkpoint, prefix, at + "attention.output.LayerNorm");
                String wide = prefix + at + "intermediate.dense.weight";
                long inner = checkpoint.tensors().containsKey(wide)
                        ? checkpoint.tensors().get(wide).shape()[0]
                        : 0;
                linear(scope, checkpoint, prefix, at + "intermediate.dense", inner, hidden);
                linear(scope, checkpoint, prefix, at + "output.dense", hidden, inner);
                norm(scope, checkpoint, prefix, at + "output.LayerNorm");
            }
            Tensor table = weight("encoder.rel_embeddings.weight");
            relative = scope.release(
                    config.normalizeRelative()
                            ? normed(table, "encoder.LayerNorm").copy()
                            : table.copy());
        }
    }

    private void linear(TensorScope scope, Checkpoint checkpoint, String prefix, String name, long out, long in) {
        take(scope, checkpoint, prefix, name + ".weight", out, in);
        take(scope, checkpoint, prefix, name + ".bias", out);
    }

    private void norm(TensorScope scope, Checkpoint checkpoint, String prefix, String name) {
        take(scope, checkpoint, prefix, name + ".weight", config.hiddenSize());
        take(scope, checkpoint, prefix, name + ".bias", config.hiddenSize());
    }

    private void take(TensorScope scope, Checkpoint checkpoint, String prefix, String name, long... shape) {
        weights.put(name, scope.release(read(checkpoint, prefix + name, shape)));
    }

    /** A tensor of the checkpoint in fp32, checked. */
    static Tensor read(Checkpoint checkpoint, String name, long... shape) {
        TensorEntry entry = checkpoint.tensors().get(name);
        if (entry == null) {
            throw new BadInput(checkpoint.directory() + ": " + name + ": expected a tensor " + Arrays.toString(shape)
                    + ", found none");
        }
        if (!Arrays.equals(entry.shape(), shape)) {
            throw BadInput.of(entry.file(), name, "shape " + Arrays.toString(shape), entry.describe());
        }
        return Tensors.map(entry).to(Dtype.F32).copy();
    }

    private Tensor weight(String name) {
        return java.util.Objects.requireNonNull(weights.get(name), name);
    }

    private Tensor linear(Tensor x, String name) {
        return x.linear(weight(name + ".weight"), weight(name + ".bias"));
    }

    private Tensor normed(Tensor x, String name) {
        return x.layerNorm(weight(name + ".weight"), weight(name + ".bias"), config.normEps());
    }

    /** Hidden states {@code [T, hidden]} of the embeddings and after each layer; they belong to the caller's scope. */
    List<Tensor> forward(int[] ids) {
        for (int id : ids) {
            if (id < 0 || id >= config.vocabularySize()) {
                throw new BadInput("token id: expected 0 to " + (config.vocabularySize() - 1) + ", found " + id);
            }
        }
        List<Tensor> states = new ArrayList<>();
        Tensor x =
                normed(weight("embeddings.word_embeddings.weight").embedding(Tensors.of(ids)), "embeddings.LayerNorm");
        states.add(x);
        Tensor buckets = buckets(ids.length);
        for (int i = 0; i < config.layers(); i++) {
            String at = "encoder.layer." + i + ".";
            Tensor attended = linear(attention(x, at + "attention.self.", buckets), at + "attention.output.dense");
            Tensor middle = normed(attended.add(x), at + "attention.output.LayerNorm");
            Tensor fed = linear(linear(middle, at + "intermediate.dense").gelu("none"), at + "output.dense");
            x = normed(fed.add(middle), at + "output.LayerNorm");
            states.add(x);
        }
        return states;
    }

    /** {@code [T, T]}: row of the relative table for query i and key j. */
    private Tensor buckets(int time) {
        int[] index = new int[time * time];
        int last = 2 * config.buckets() - 1;
        for (int i = 0; i < time; i++) {
            for (int j = 0; j < time; j++) {
                index[i * time + j] = Math.max(0, Math.min(last, config.bucket(i - j) + config.buckets()));
            }
        }
        return Tensors.of(index, time, time);
    }

    private Tensor attention(Tensor x, String at, Tensor buckets) {
        long time = x.size(0);
        Tensor q = heads(linear(x, at + "query_proj"));
        Tensor k = heads(linear(x, at + "key_proj"));
        Tensor v = heads(linear(x, at + "value_proj"));
        int terms = 1 + (config.contentToPosition() ? 1 : 0) + (config.positionToContent() ? 1 : 0);
        double scale = 1 / Math.sqrt((double) config.hiddenSize() / config.heads() * terms);
        Tensor index = buckets.unsqueeze(0).expand(config.heads(), time, time);
        Tensor scores = q.bmm(k.transpose(1, 2));
        if (config.contentToPosition()) {
            Tensor positions = heads(linear(relative, at + "key_proj"));
            scores = scores.add(q.bmm(positions.transpose(1, 2)).gather(2, index));
        }
        if (config.positionToContent()) {
            Tensor positions = heads(linear(relative, at + "query_proj"));
            // [key, bucket] → [query, key]: the bucket of (query − key), for every key.
            Tensor byKey = k.bmm(positions.transpose(1, 2))
                    .gather(2, index.transpose(1, 2).contiguous());
            scores = scores.add(byKey.transpose(1, 2));
        }
        Tensor out = scores.mul(scale).softmax(-1).bmm(v); // [heads, T, d]
        return out.transpose(0, 1).reshape(time, config.hiddenSize());
    }

    /** {@code [n, hidden] → [heads, n, d]}. */
    private Tensor heads(Tensor x) {
        return x.view(x.size(0), config.heads(), config.hiddenSize() / config.heads())
                .transpose(0, 1)
                .contiguous();
    }

    @Override
    public void close() {
        relative.close();
        weights.values().forEach(Tensor::close);
    }
}
