package org.lionalign.torch.model;

import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.lionalign.torch.nn.AttentionPass;
import org.lionalign.torch.nn.GatedActivation;
import org.lionalign.torch.nn.PreparedPlan;
import org.lionalign.torch.nn.RotaryTable;
import org.lionalign.torch.tensor.Dtype;
import org.lionalign.torch.tensor.Pieces;
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
    private final @Nullable Tensor rows;
    private final @Nullable Tensor unnormed;
    private final AttentionPass attention;
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
     * @param rows of the result that are wanted; null for all
     * @param scope everything that has to live until {@link #backward} escapes from it
     */
    BlockPass(
            DecoderLayer layer,
            Tensor input,
            RotaryTable rotary,
            PreparedPlan plan,
            @Nullable Tensor rows,
            TensorScope scope) {
        this.layer = layer;
        this.rotary = rotary;
        this.input = input;
        this.rows = rows;
        Tensor mixed = layer.mixed(input);
        Tensor[] heads = layer.heads(mixed, rotary);
        attention = layer.attention().pass(heads[0], heads[1], heads[2], plan, layer.window(), scope);
        attended = rows == null ? attention.result() : scope.escape(DecoderLayer.cut(attention.result(), rows));
        if (rows != null) {
            attention.result().close();
        }
        Tensor residual = DecoderLayer.cut(input, rows);
        unnormed = layer.queryNorm() == null ? null : scope.escape(mixed);
        boolean sandwiched = layer.sandwiched();
        out = sandwiched ? scope.escape(layer.output().forward(attended)) : null;
        middle = scope.escape(
                out == null
                        ? layer.middle(residual, attended)
                        : DecoderLayer.onto(residual, layer.postAttentionNorm(), out));
        gateUp = scope.escape(layer.gateUp().forward(layer.feedNormed(middle)));
        Tensor active = layer.activation().forward(gateUp);
        fed = sandwiched ? scope.escape(layer.down().forward(active)) : null;
        output = scope.escape(fed == null ? layer.end(middle, active) : DecoderLayer.onto(middle, layer.after(), fed));
    }

    /** {@code [T, hidden]} fp32, or as many rows as are wanted; for the caller to close. */
    Tensor output() {
        return output;
    }

    /**
     * Back-propagates into the block's weights and frees what was kept, except input and output.
     *
     * @param gradient of the output, fp32 and of its shape
     * @return that of the input, {@code [T, hidden]} fp32: where all rows are wanted the same tensor
     */
    Tensor backward(Tensor gradient) {
        try (TensorScope scope = new TensorScope()) {
            throughFeedForward(gradient);
        }
        Tensor whole = spread(gradient);
        try (TensorScope scope = new TensorScope()) {
            throughAttention(gradient, whole);
        }
        return whole;
    }

    /** A gradient of the wanted rows, as that of all. */
    private Tensor spread(Tensor gradient) {
        if (rows == null) {
            return gradient;
        }
        return Tensors.zeros(gradient.dtype(), gradient.device(), input.size(0), gradient.size(1))
                .indexAdd_(0, rows, gradient);
    }

    private void throughFeedForward(Tensor gradient) {
        Tensor behind = fed == null ? gradient : through(layer.after(), fed, gradient);
        GatedActivation.Back active = layer.activation().back(gateUp);
        Tensor back = layer.down().backward(active.result(), behind.to(layer.compute()));
        active.result().close();
        back = active.through(back);
        gateUp.close();
        Norm.Pass normed = layer.feedNorm().pass(middle, layer.compute());
        back = layer.gateUp().backward(normed.result(), back);
        normed.backward(back, gradient);
        middle.close();
        if (fed != null) {
            fed.close();
        }
    }

    private void throughAttention(Tensor gradient, Tensor whole) {
        Tensor behind = out == null ? gradient : through(layer.postAttentionNorm(), out, gradient);
        Tensor back = layer.output().backward(attended, behind.to(layer.compute()));
        attended.close();
        Tensor turned = rotatedBack(attention.backward(spread(back)));
        if (out != null) {
            out.close();
        }
        if (unnormed != null) {
            unnormed.close();
        }
        Norm.Pass normed = layer.inputNorm().pass(input, layer.compute());
        back = layer.qkv().backward(normed.result(), turned);
        normed.backward(back, whole);
    }

    /** The gradient of what the first product gave, in the computing dtype. */
    private Tensor rotatedBack(Tensor[] heads) {
        RotaryTable inverse = rotary.inverse();
        long queries = heads[0].size(1);
        long keys = heads[1].size(1);
        long d = layer.config().headDim();
        long[] shape = {input.size(0), queries + 2 * keys, d};
        Dtype dtype = unnormed == null ? layer.compute() : Dtype.F32;
        Tensor turned = Pieces.map(heads[0], dtype, shape, (piece, from) -> {
            long rows = piece.size(0);
            RotaryTable table = inverse.narrow(from, rows);
            Tensor ofKeys = table.rotate(heads[1].narrow(0, from, rows));
            return Tensor.cat(List.of(table.rotate(piece), ofKeys, heads[2].narrow(0, from, rows)), 1);
        });
        if (unnormed != null) {
            Tensor[] before = unnormed.view(shape).split(1, queries, keys, keys);
            Tensor[] behind = turned.split(1, queries, keys, keys);
            Tensor ofQueries = through(Objects.requireNonNull(layer.queryNorm()), before[0], behind[0]);
            Tensor ofKeys = through(Objects.requireNonNull(layer.keyNorm()), before[1], behind[1]);
            turned = Tensor.cat(List.of(ofQueries, ofKeys, behind[2]), 1).to(layer.compute());
        }
        return turned.view(input.size(0), -1);
    }

    private static Tensor through(Norm norm, Tensor before, Tensor gradient) {
        Tensor into = Tensors.zeros(Dtype.F32, gradient.device(), gradient.shape());
        norm.pass(before, Dtype.F32).backward(gradient, into);
        return into;
    }
}
