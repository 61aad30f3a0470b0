package org.lionalign.torch.model;

import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.lionalign.core.pack.AttentionPlan;
import org.lionalign.torch.nn.RotaryTable;
import org.lionalign.torch.tensor.BlasThreads;
import org.lionalign.torch.tensor.Dtype;
import org.lionalign.torch.tensor.Tensor;
import org.lionalign.torch.tensor.TensorScope;
import org.lionalign.torch.tensor.Tensors;

/**
 * A block's forward pass with what its backward pass needs, and that pass: by hand, but for attention, which is a graph of autograd's.
 *
 * <p>By hand because autograd keeps every step's input. Here what a norm, a rotation or the activation gives is computed again going back
 * (cheap, in the cache), and only products' results stay: half the memory.
 */
final class BlockPass {
    private final DecoderLayer layer;
    private final RotaryTable rotary;
    private final Tensor input;
    private final @Nullable Tensor unnormed;
    private final Tensor[] heads;
    private final Tensor graph;
    private final Tensor attended;
    private final @Nullable Tensor out;
    private final Tensor middle;
    private final Tensor gateUp;
    private final @Nullable Tensor fed;
    private final Tensor output;

    /**
     * Runs the block.
     *
     * @param input {@code [T, hidden]} fp32; stays the caller's
     * @param scope everything that has to live until {@link #backward} escapes from it
     */
    BlockPass(DecoderLayer layer, Tensor input, RotaryTable rotary, AttentionPlan plan, TensorScope scope) {
        this.layer = layer;
        this.rotary = rotary;
        this.input = input;
        Tensor mixed = layer.mixed(input);
        heads = layer.heads(mixed, rotary);
        for (int i = 0; i < heads.length; i++) {
            heads[i] = scope.escape(heads[i].detach().requiresGrad_(true));
        }
        // In the dtype of the product that follows: the fp32 values need not stay.
        graph = scope.escape(layer.attention()
                .forward(heads[0], heads[1], heads[2], plan, layer.window())
                .to(layer.compute()));
        attended = scope.escape(graph.detach());
        Tensor projected = layer.output().forward(attended);
        middle = scope.escape(layer.middle(input, projected));
        gateUp = scope.escape(layer.gateUp().forward(layer.feedNormed(middle)));
        Tensor down = layer.down().forward(layer.activation().forward(gateUp));
        output = scope.escape(layer.end(middle, down));
        unnormed = layer.queryNorm() == null ? null : scope.escape(mixed);
        out = layer.sandwiched() ? scope.escape(projected) : null;
        fed = layer.sandwiched() ? scope.escape(down) : null;
    }

    /** {@code [T, hidden]} fp32; for the caller to close. */
    Tensor output() {
        return output;
    }

    /**
     * Back-propagates into the block's weights and frees what was kept, except input and output.
     *
     * @param gradient of the output, {@code [T, hidden]} fp32; becomes that of the input
     */
    void backward(Tensor gradient) {
        try (TensorScope scope = new TensorScope()) {
            feedForward(gradient);
        }
        try (TensorScope scope = new TensorScope()) {
            attention(gradient);
        }
    }

    private void feedForward(Tensor gradient) {
        Tensor behind = fed == null ? gradient : through(layer.after(), fed, gradient);
        Tensor active = layer.activation().forward(gateUp);
        Tensor back = layer.down().backward(active, behind.to(layer.compute()));
        active.close();
        back = layer.activation().backward(gateUp, back);
        gateUp.close();
        back = layer.gateUp().backward(layer.feedNormed(middle), back);
        layer.feedNorm().backward(middle, back, gradient);
        middle.close();
        if (fed != null) {
            fed.close();
        }
    }

    private void attention(Tensor gradient) {
        Tensor behind = out == null ? gradient : through(layer.postAttentionNorm(), out, gradient);
        Tensor back = layer.output().backward(attended, behind.to(layer.compute()));
        try (BlasThreads one = BlasThreads.single()) {
            Tensor.backward(List.of(graph), List.of(back));
        }
        for (Tensor done : new Tensor[] {graph, attended}) {
            done.close();
        }
        Tensor turned = rotatedBack();
        for (Tensor done : heads) {
            done.close();
        }
        if (out != null) {
            out.close();
        }
        if (unnormed != null) {
            unnormed.close();
        }
        back = layer.qkv().backward(layer.inputNorm().forward(input, layer.compute()), turned);
        layer.inputNorm().backward(input, back, gradient);
    }

    /** The gradient of what the first product gave, in the computing dtype. */
    private Tensor rotatedBack() {
        RotaryTable inverse = rotary.inverse();
        Tensor queries = inverse.rotate(gradient(heads[0]));
        Tensor keys = inverse.rotate(gradient(heads[1]));
        Tensor values = gradient(heads[2]);
        if (unnormed != null) {
            long d = layer.config().headDim();
            Tensor[] before =
                    unnormed.view(unnormed.size(0), -1, d).split(1, queries.size(1), keys.size(1), values.size(1));
            queries = through(Objects.requireNonNull(layer.queryNorm()), before[0], queries);
            keys = through(Objects.requireNonNull(layer.keyNorm()), before[1], keys);
        }
        return Tensor.cat(List.of(queries, keys, values), 1)
                .view(input.size(0), -1)
                .to(layer.compute());
    }

    private static Tensor through(Norm norm, Tensor before, Tensor gradient) {
        Tensor into = Tensors.zeros(Dtype.F32, gradient.device(), gradient.shape());
        norm.backward(before, gradient, into);
        return into;
    }

    private static Tensor gradient(Tensor leaf) {
        return Objects.requireNonNull(leaf.grad(), "no gradient");
    }
}
