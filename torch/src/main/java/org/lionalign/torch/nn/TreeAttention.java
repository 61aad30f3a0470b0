package org.lionalign.torch.nn;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.lionalign.core.pack.AttentionPlan;
import org.lionalign.torch.tensor.BlasThreads;
import org.lionalign.torch.tensor.Device;
import org.lionalign.torch.tensor.Dtype;
import org.lionalign.torch.tensor.NoGrad;
import org.lionalign.torch.tensor.Tensor;
import org.lionalign.torch.tensor.TensorScope;
import org.lionalign.torch.tensor.Tensors;

/**
 * Attention over a packed forest: a run of queries per node of the plan, with the keys of the nodes above it gathered in front of its own.
 * libtorch's scaled dot-product attention in fp32 does each; on a CPU {@link TiledAttention} does.
 *
 * <p>Grouped queries: key/value heads take the batch dimension and the queries of a group the head dimension, so keys are
 * shared by stride instead of being copied.
 *
 * @param heads query heads
 * @param keyValueHeads key/value heads
 * @param headDim width of a head
 * @param scale factor on the scores
 * @param softcap cap·tanh(score/cap), 0 for none (Gemma 2)
 * @param compute dtype of the products before and after, and of the result
 */
public record TreeAttention(int heads, int keyValueHeads, int headDim, double scale, double softcap, Dtype compute) {
    /** What {@link #forward} and {@link #pass} need of a stream's plan, for layers with these windows. */
    public PreparedPlan prepare(AttentionPlan plan, Device device, Collection<Integer> windows) {
        return new PreparedPlan(plan, tiled(device) ? windows : List.of());
    }

    /**
     * Without a way back; {@link #pass} gives the same values.
     *
     * @param q {@code [T, heads, headDim]} fp32
     * @param k {@code [T, keyValueHeads, headDim]}
     * @param v likewise
     * @param window keys a query sees at most, itself included; 0 for all
     * @return {@code [T, heads · headDim]} in the computing dtype
     */
    public Tensor forward(Tensor q, Tensor k, Tensor v, PreparedPlan plan, int window) {
        if (tiled(q.device())) {
            TiledAttention tiles = new TiledAttention(this);
            return tiles.forward(tiles.input(q, k, v, plan.tiles(window)));
        }
        return byKernel(q, k, v, plan, window);
    }

    /**
     * As {@link #forward}, with a way back.
     *
     * @param scope what has to live until then escapes from it
     */
    public AttentionPass pass(Tensor q, Tensor k, Tensor v, PreparedPlan plan, int window, TensorScope scope) {
        return tiled(q.device())
                ? new TiledPass(q, k, v, plan.tiles(window), scope)
                : passByKernel(q, k, v, plan, window, scope);
    }

    /** {@link #forward} by libtorch's kernel: on a GPU, and on any device for tests. */
    Tensor byKernel(Tensor q, Tensor k, Tensor v, PreparedPlan plan, int window) {
        return whole(q, k, v, plan.plan(), window).to(compute);
    }

    /** {@link #pass} by libtorch's kernel and autograd: on a GPU, and on any device for tests. */
    AttentionPass passByKernel(Tensor q, Tensor k, Tensor v, PreparedPlan plan, int window, TensorScope scope) {
        return new GraphPass(q, k, v, plan.plan(), window, scope);
    }

    private static boolean tiled(Device device) {
        return device.equals(Device.CPU);
    }

    private final class TiledPass implements AttentionPass {
        private final TiledAttention tiles = new TiledAttention(TreeAttention.this);
        private final TiledAttention.Input input;
        private final Tensor result;

        TiledPass(Tensor q, Tensor k, Tensor v, List<Tile> parts, TensorScope scope) {
            input = tiles.input(q, k, v, parts);
            for (Tensor kept : List.of(input.q(), input.k(), input.v())) {
                scope.escape(kept);
            }
            result = scope.escape(tiles.forward(input));
        }

        @Override
        public Tensor result() {
            return result;
        }

        @Override
        public Tensor[] backward(Tensor gradient) {
            Tensor[] gradients = tiles.backward(input, gradient);
            for (Tensor done : List.of(input.q(), input.k(), input.v())) {
                done.close();
            }
            return gradients;
        }
    }

    /** Through autograd. */
    private final class GraphPass implements AttentionPass {
        private final List<Tensor> leaves = new ArrayList<>();
        private final Tensor graph;
        private final Tensor result;

        GraphPass(Tensor q, Tensor k, Tensor v, AttentionPlan plan, int window, TensorScope scope) {
            try (NoGrad on = NoGrad.enable()) {
                for (Tensor input : List.of(q, k, v)) {
                    leaves.add(scope.escape(input.detach().requiresGrad_(true)));
                }
                // In the dtype of the product that follows: the fp32 values need not stay.
                graph = scope.escape(whole(leaves.get(0), leaves.get(1), leaves.get(2), plan, window)
                        .to(compute));
            }
            result = scope.escape(graph.detach());
        }

        @Override
        public Tensor result() {
            return result;
        }

        @Override
        public Tensor[] backward(Tensor gradient) {
            try (BlasThreads one = BlasThreads.single()) {
                Tensor.backward(List.of(graph), List.of(gradient));
            }
            graph.close();
            Tensor[] gradients = leaves.stream()
                    .map(leaf -> Objects.requireNonNull(leaf.grad(), "no gradient"))
                    .toArray(Tensor[]::new);
            leaves.forEach(Tensor::close);
            return gradients;
        }
    }

    /** All nodes by libtorch's kernel: {@code [T, heads · headDim]} fp32. */
    private Tensor whole(Tensor q, Tensor k, Tensor v, AttentionPlan plan, int window) {
        int count = plan.nodes().size();
        long[] sizes = new long[count];
        for (int i = 0; i < count; i++) {
            sizes[i] = plan.nodes().get(i).queries();
        }
        // split, not narrow: see Tensor.split.
        Tensor[] queries = q.split(0, sizes);
        Tensor[] keys = k.split(0, sizes);
        Tensor[] values = v.split(0, sizes);
        List<Tensor> out = new ArrayList<>(count);
        Shared shared = shared(plan, q.device());
        for (int i = 0; i < count; i++) {
            AttentionPlan.Node node = plan.nodes().get(i);
            List<Tensor> seenKeys = new ArrayList<>();
            List<Tensor> seenValues = new ArrayList<>();
            for (int ancestor : node.ancestors()) {
                seenKeys.add(keys[ancestor]);
                seenValues.add(values[ancestor]);
            }
            seenKeys.add(keys[i]);
            seenValues.add(values[i]);
            out.add(node(queries[i], joined(seenKeys), joined(seenValues), window, shared));
        }
        return Tensor.cat(out, 0);
    }

    private static Tensor joined(List<Tensor> pieces) {
        return pieces.size() == 1 ? pieces.get(0) : Tensor.cat(pieces, 0);
    }

    /**
     * One additive mask of which each node's is a view: row i is blocked from column {@code prefix + i + 1} on.
     *
     * @param prefix the longest prefix of a node
     */
    private record Shared(@Nullable Tensor mask, int prefix) {
        static final Shared NONE = new Shared(null, 0);

        @Nullable
        Tensor view(long n, long m) {
            return mask == null ? null : mask.narrow(0, 0, n).narrow(1, prefix - (m - n), m);
        }
    }

    private static Shared shared(AttentionPlan plan, Device device) {
        int rows = 0;
        int prefix = 0;
        for (AttentionPlan.Node node : plan.nodes()) {
            if (node.ancestors().length > 0) {
                rows = Math.max(rows, node.queries());
                prefix = Math.max(prefix, plan.prefixLength(node));
            }
        }
        if (rows < 2) {
            return Shared.NONE; // single queries see all they are given
        }
        Tensor blocked = Tensors.full(Double.NEGATIVE_INFINITY, Dtype.F32, device, rows, prefix + rows);
        return new Shared(blocked.triu(prefix + 1), prefix);
    }

    /** Queries at the end of a run of keys, by libtorch's kernel: {@code q [n, heads, d]} on {@code k, v [m, keyValueHeads, d]}, m ≥ n. */
    public Tensor node(Tensor q, Tensor k, Tensor v, int window) {
        return node(q, k, v, window, Shared.NONE);
    }

    private Tensor node(Tensor q, Tensor k, Tensor v, int window, Shared shared) {
        long n = q.size(0);
        long m = k.size(0);
        int group = heads / keyValueHeads;
        Tensor queries = q.view(n, keyValueHeads, group, headDim).permute(1, 2, 0, 3); // [kv, group, n, d]
        Tensor keys = k.permute(1, 0, 2).unsqueeze(1).expand(keyValueHeads, group, m, headDim);
        Tensor values = v.permute(1, 0, 2).unsqueeze(1).expand(keyValueHeads, group, m, headDim);
        boolean triangle = n == m && (window == 0 || m <= window);
        boolean whole = window == 0 || m <= window;
        Tensor mask = null;
        if (!triangle && !(n == 1 && whole)) {
            Tensor view = whole && m > n ? shared.view(n, m) : null;
            mask = view != null ? view : mask(n, m, window, q.device());
        }
        Tensor result = softcap > 0
                ? capped(queries, keys, values, triangle && n > 1 ? mask(n, m, window, q.device()) : mask)
                : queries.attention(keys, values, mask, triangle && n > 1, scale);
        return result.permute(2, 0, 1, 3).reshape(n, (long) heads * headDim);
    }

    private Tensor capped(Tensor q, Tensor k, Tensor v, @Nullable Tensor mask) {
        Tensor scores = q.matmul(k.transpose(2, 3)).mul(scale / softcap).tanh().mul(softcap);
        if (mask != null) {
            scores = scores.add(mask);
        }
        return scores.softmax(-1).matmul(v);
    }

    /** Additive {@code [n, m]}: causal with the triangle at the bottom right, and no further back than the window. */
    static Tensor mask(long n, long m, int window, Device device) {
        Tensor blocked = Tensors.full(Double.NEGATIVE_INFINITY, Dtype.F32, device, n, m);
        Tensor mask = blocked.triu(m - n + 1);
        if (window > 0 && m > window) {
            // Query i stands at key index m − n + i; keys at or before i + (m − n) − window are out of sight.
            mask = mask.add(blocked.transpose(0, 1).triu(window - (m - n)).transpose(0, 1));
        }
        return mask;
    }
}
