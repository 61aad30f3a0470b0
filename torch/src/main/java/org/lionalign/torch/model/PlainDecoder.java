package org.lionalign.torch.model;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lionalign.core.pack.PromptTree;
import org.lionalign.torch.nn.Linear;
import org.lionalign.torch.nn.LoraPart;
import org.lionalign.torch.nn.Weight;
import org.lionalign.torch.tensor.Dtype;
import org.lionalign.torch.tensor.NoGrad;
import org.lionalign.torch.tensor.Tensor;
import org.lionalign.torch.tensor.TensorScope;
import org.lionalign.torch.tensor.Tensors;

/**
 * The decoder once more, plain and slow: one sequence at a time, fp64, whole score matrices under an explicit mask, whole logits, no
 * autograd. What a run compares its fast path with on the user's own model (PITFALLS 17). It shares the masters and the numbers of the
 * configuration with {@link CausalLm}, and no kernel, packing, prefix sharing or chunking.
 *
 * <p>{@code step} moves every trained weight along its gradient, so that the slope of a loss can be had from differences in fp64.
 */
public final class PlainDecoder {
    /** Rows of the vocabulary whose logits are computed at a time: bounds the fp64 copy of the head. */
    private static final long VOCABULARY_ROWS = 8192;

    private final CausalLm model;
    private final ModelConfig config;
    private final double step;

    /** The model as it is. */
    public PlainDecoder(CausalLm model) {
        this(model, 0);
    }

    /** The model with {@code step} times its gradient added to each trained weight. */
    public PlainDecoder(CausalLm model, double step) {
        this.model = model;
        this.config = model.config();
        this.step = step;
    }

    /** Log-probabilities of a tree's targets, by node and token, each node's way from the root as a sequence of its own. */
    public double[] logps(PromptTree tree) {
        List<double[]> all = new ArrayList<>();
        for (int n = 0; n < tree.nodes().size(); n++) {
            PromptTree.Node node = tree.nodes().get(n);
            int before = tree.depthOf(n);
            int[] targets = new int[node.ids().length];
            int count = 0;
            for (int t = before == 0 ? 1 : 0; t < targets.length; t++) {
                if (node.supervised()[t]) {
                    targets[count++] = t;
                }
            }
            if (count > 0) {
                all.add(logps(path(tree, n), before, Arrays.copyOf(targets, count), tree.longestPath()));
            }
        }
        return all.stream().flatMapToDouble(Arrays::stream).toArray();
    }

    private static int[] path(PromptTree tree, int node) {
        int[] ids = tree.nodes().get(node).ids();
        for (int at = tree.nodes().get(node).parent();
                at >= 0;
                at = tree.nodes().get(at).parent()) {
            int[] above = tree.nodes().get(at).ids();
            int[] longer = Arrays.copyOf(above, above.length + ids.length);
            System.arraycopy(ids, 0, longer, above.length, ids.length);
            ids = longer;
        }
        return ids;
    }

    private double[] logps(int[] ids, int offset, int[] targets, int longest) {
        try (TensorScope all = new TensorScope();
                NoGrad off = new NoGrad()) {
            Tensor at = model.indices(ids);
            Tensor x = wide(model.embedding(), at);
            if (config.scaleEmbedding()) {
                x = x.mul(Math.sqrt(config.hiddenSize()));
            }
            Tensor[] turn = rotation(ids.length, longest);
            for (DecoderLayer layer : model.layers()) {
                try (TensorScope scope = new TensorScope()) {
                    x = scope.escape(block(layer, x, turn));
                }
            }
            int[] predictors = new int[targets.length];
            long[] wanted = new long[targets.length];
            for (int i = 0; i < targets.length; i++) {
                predictors[i] = offset + targets[i] - 1;
                wanted[i] = ids[offset + targets[i]];
            }
            Tensor hidden = norm(model.finalNorm(), x.indexSelect(0, model.indices(predictors)));
            Tensor logits = logits(hidden);
            return logits.logSoftmax(-1)
                    .gather(
                            1,
                            Tensors.of(wanted, wanted.length, 1)
                                    .to(model.options().device()))
                    .toDoubles();
        }
    }

    private Tensor logits(Tensor hidden) {
        long rows = model.head().shape()[0];
        List<Tensor> parts = new ArrayList<>();
        for (long from = 0; from < rows; from += VOCABULARY_ROWS) {
            long length = Math.min(VOCABULARY_ROWS, rows - from);
            Tensor part = model.head().rows(from, length).to(Dtype.F64);
            if (step != 0 && model.head().trainable()) {
                part = part.add(model.head()
                        .gradient()
                        .narrow(0, from, length)
                        .to(Dtype.F64)
                        .mul(step));
            }
            parts.add(hidden.matmul(part.transpose(0, 1)));
        }
        return capped(Tensor.cat(parts, 1), config.finalSoftcap());
    }

    private Tensor block(DecoderLayer layer, Tensor x, Tensor[] turn) {
        Tensor attended = linear(layer.output(), attention(layer, norm(layer.inputNorm(), x), turn));
        if (layer.preFeedForwardNorm() == null || layer.postFeedForwardNorm() == null) {
            Tensor middle = x.add(attended);
            return middle.add(feedForward(layer, norm(layer.postAttentionNorm(), middle)));
        }
        Tensor middle = x.add(norm(layer.postAttentionNorm(), attended));
        return middle.add(
                norm(layer.postFeedForwardNorm(), feedForward(layer, norm(layer.preFeedForwardNorm(), middle))));
    }

    private Tensor attention(DecoderLayer layer, Tensor x, Tensor[] turn) {
        long time = x.size(0);
        long d = config.headDim();
        long width = config.keyValueHeads() * d;
        Tensor[] parts = linear(layer.qkv(), x).split(1, config.heads() * d, width, width);
        Tensor q = parts[0].reshape(time, config.heads(), d);
        Tensor k = parts[1].reshape(time, config.keyValueHeads(), d);
        if (layer.queryNorm() != null && layer.keyNorm() != null) {
            q = norm(layer.queryNorm(), q);
            k = norm(layer.keyNorm(), k);
        }
        q = rotated(q, turn).permute(1, 0, 2);
        k = rotated(k, turn).permute(1, 0, 2);
        Tensor v = parts[2].reshape(time, config.keyValueHeads(), d).permute(1, 0, 2);
        Tensor mask = mask((int) time, layer.window());
        List<Tensor> heads = new ArrayList<>();
        int group = config.heads() / config.keyValueHeads();
        for (int h = 0; h < config.heads(); h++) {
            Tensor scores = q.select(0, h)
                    .matmul(k.select(0, h / group).transpose(0, 1))
                    .mul(config.attentionScale());
            scores = capped(scores, config.attentionSoftcap()).add(mask);
            heads.add(scores.softmax(-1).matmul(v.select(0, h / group)));
        }
        return Tensor.cat(heads, 1);
    }

    private Tensor mask(int time, int window) {
        float[] blocked = new float[time * time];
        for (int q = 0; q < time; q++) {
            for (int key = 0; key < time; key++) {
                boolean seen = key <= q && (window == 0 || key > q - window);
                blocked[q * time + key] = seen ? 0 : Float.NEGATIVE_INFINITY;
            }
        }
        return Tensors.of(blocked, time, time).to(Dtype.F64).to(model.options().device());
    }

    private Tensor feedForward(DecoderLayer layer, Tensor x) {
        long width = config.intermediateSize();
        Tensor[] parts = linear(layer.gateUp(), x).split(1, width, width);
        Tensor gate =
                switch (config.activation()) {
                    case "silu" -> parts[0].mul(parts[0].sigmoid());
                    case "gelu" -> parts[0].gelu("none");
                    default -> parts[0].gelu("tanh");
                };
        return linear(layer.down(), gate.mul(parts[1]));
    }

    private Tensor linear(Linear linear, Tensor x) {
        Tensor out = x.matmul(wide(linear.weight(), null).transpose(0, 1));
        if (linear.bias() != null) {
            out = out.add(wide(linear.bias(), null));
        }
        if (linear.adapters().isEmpty()) {
            return out;
        }
        List<Tensor> pieces = new ArrayList<>();
        for (int p = 0; p < linear.weight().parts().size(); p++) {
            Weight.Part part = linear.weight().parts().get(p);
            Tensor piece = out.narrow(1, part.start(), part.rows());
            for (LoraPart adapter : linear.adapters()) {
                if (adapter.part() == p) {
                    Tensor low = x.matmul(wide(adapter.a(), null).transpose(0, 1));
                    piece = piece.add(
                            low.matmul(wide(adapter.b(), null).transpose(0, 1)).mul(adapter.scale()));
                }
            }
            pieces.add(piece);
        }
        return Tensor.cat(pieces, 1);
    }

    private Tensor norm(@Nullable Norm norm, Tensor x) {
        if (norm == null) {
            throw new IllegalStateException("a norm is missing");
        }
        Tensor scale = wide(norm.weight(), null);
        Tensor size = x.square().mean(-1, true).add(norm.eps()).rsqrt();
        return x.mul(size).mul(norm.plusOne() ? scale.add(1) : scale);
    }

    private Tensor capped(Tensor x, double cap) {
        return cap > 0 ? x.mul(1 / cap).tanh().mul(cap) : x;
    }

    /** A weight in fp64, moved along its gradient; its rows {@code at} alone where they are given. */
    private Tensor wide(Weight weight, @Nullable Tensor at) {
        Tensor values = (at == null ? weight.master() : weight.master().indexSelect(0, at)).to(Dtype.F64);
        if (step == 0 || !weight.trainable()) {
            return values;
        }
        Tensor slope = at == null ? weight.gradient() : weight.gradient().indexSelect(0, at);
        return values.add(slope.to(Dtype.F64).mul(step));
    }

    /** Cosines and sines {@code [time, 1, headDim/2]}. The angles are the fast path's fp32 numbers: they are the model's, not a rounding. */
    private Tensor[] rotation(int time, int longest) {
        float[] inverse = model.inverseFrequencies(longest);
        float[] angles = new float[time * inverse.length];
        for (int t = 0; t < time; t++) {
            for (int i = 0; i < inverse.length; i++) {
                angles[t * inverse.length + i] = t * inverse[i];
            }
        }
        Tensor wide = Tensors.of(angles, time, 1, inverse.length)
                .to(Dtype.F64)
                .to(model.options().device());
        return new Tensor[] {wide.cos(), wide.sin()};
    }

    private static Tensor rotated(Tensor x, Tensor[] turn) {
        long half = x.size(2) / 2;
        Tensor a = x.narrow(2, 0, half);
        Tensor b = x.narrow(2, half, half);
        return Tensor.cat(
                List.of(a.mul(turn[0]).sub(b.mul(turn[1])), b.mul(turn[0]).add(a.mul(turn[1]))), 2);
    }
}
