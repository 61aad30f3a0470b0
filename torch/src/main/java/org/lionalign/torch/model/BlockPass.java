package org.lionalign.torch.model;

import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.lionalign.torch.nn.AttentionPass;
import org.lionalign.torch.nn.PreparedPlan;
import org.lionalign.torch.nn.RotaryTable;
import org.lionalign.torch.tensor.Dtype;
import org.lionalign.torch.tensor.Tensor;
import org.lionalign.torch.tensor.TensorScope;
import org.lionalign.torch.tensor.Tensors;

/**
 * A block's forward pass with what its backward pass needs, and that pass by hand (attention's: {@link AttentionPass}).
 *
 * <p>By hand because autograd keeps every step's input. Here what a norm, a rotation or the activation gives is computed again going back
 * (cheap, in the cache), and only products' results stay: half the memory.
 */
final class BlockPass {
    private final DecoderLayer layer;
    private final RotaryTable rotary;
    private final Tensor input;
    private final @Nullable Tensor unnormed;
    private final AttentionPass attention;
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
    BlockPass(DecoderLayer layer, Tensor input, RotaryTable rotary, PreparedPlan plan, TensorScope scope) {
        this.layer = layer;
        this.rotary = rotary;
        this.input = input;
        Tensor mixed = layer.mixed(input);
        Tensor[] heads = layer.heads(mixed, rotary);
        attention = layer.attention().pass(heads[0], heads[1], heads[2], plan, layer.window(), scope);
        Tensor projected = layer.output().forward(attention.result());
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
            throughFeedForward(gradient);
        }
        try (TensorScope scope = new TensorScope()) {
            throughAttention(gradient);
        }
    }

    private void throughFeedForward(Tensor gradient) {
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

    private void throughAttention(Tensor gradient) {
        Tensor behind = out == null ? gradient : through(layer.postAttentionNorm(), out, gradient);
        Tensor back = layer.output().backward(attention.result(), behind.to(layer.compute()));
        attention.result().close();
        Tensor turned = rotatedBack(attention.backward(back));
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
    private Tensor rotatedBack(Tensor[] heads) {
        RotaryTable inverse = rotary.inverse();
        Tensor queries = inverse.rotate(heads[0]);
        Tensor keys = inverse.rotate(heads[1]);
        Tensor values = heads[2];
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
}
