package org.lionalign.torch.model;

import java.util.List;
import java.util.Objects;
import org.lionalign.core.pack.AttentionPlan;
import org.lionalign.torch.nn.RotaryTable;
import org.lionalign.torch.nn.Weight;
import org.lionalign.torch.tensor.BlasThreads;
import org.lionalign.torch.tensor.Tensor;
import org.lionalign.torch.tensor.TensorScope;

/**
 * A block's forward pass with what its backward pass needs. Autograd knows three graphs, chained by hand: up to attention, attention, and
 * what follows; for attention wants other threads than the products around it, going back as well ({@link BlasThreads}).
 */
final class BlockPass {
    private final DecoderLayer layer;
    private final Tensor input;
    private final Tensor[] projected;
    private final Tensor[] heads;
    private final Tensor mixed;
    private final Tensor attended;
    private final Tensor output;

    /**
     * Runs the block.
     *
     * @param input {@code [T, hidden]}, a leaf that gathers the gradient of the residual stream
     * @param scope everything that has to live until {@link #backward} escapes from it
     */
    BlockPass(DecoderLayer layer, Tensor input, RotaryTable rotary, AttentionPlan plan, TensorScope scope) {
        this.layer = layer;
        this.input = input;
        projected = layer.project(input, rotary);
        heads = new Tensor[projected.length];
        for (int i = 0; i < heads.length; i++) {
            heads[i] = leaf(projected[i]);
        }
        // In the dtype of the product that follows, which keeps these very values: holding them costs nothing.
        mixed = layer.attention()
                .forward(heads[0], heads[1], heads[2], plan, layer.window())
                .to(layer.compute());
        attended = leaf(mixed);
        output = layer.finish(input, attended);
        for (Tensor[] some : new Tensor[][] {projected, heads, {mixed, attended, output}}) {
            for (Tensor tensor : some) {
                scope.escape(tensor);
            }
        }
    }

    private static Tensor leaf(Tensor computed) {
        return computed.detach().requiresGrad_(true);
    }

    Tensor output() {
        return output;
    }

    /**
     * Back-propagates into the block's weights and frees its graphs.
     *
     * @param gradient of the output, {@code [T, hidden]} fp32
     * @return the gradient of the input, in the caller's scope
     */
    Tensor backward(Tensor gradient) {
        try (TensorScope scope = new TensorScope()) {
            Tensor.backward(List.of(output), List.of(gradient));
            output.close();
            Tensor fromOutput = gradient(attended);
            try (BlasThreads one = BlasThreads.single()) {
                Tensor.backward(List.of(mixed), List.of(fromOutput));
            }
            attended.close();
            mixed.close();
            Tensor.backward(List.of(projected), List.of(gradient(heads[0]), gradient(heads[1]), gradient(heads[2])));
            for (int i = 0; i < heads.length; i++) {
                projected[i].close();
                heads[i].close();
            }
            layer.weights().forEach(Weight::harvest);
            return scope.escape(gradient(input));
        }
    }

    private static Tensor gradient(Tensor leaf) {
        return Objects.requireNonNull(leaf.grad(), "no gradient");
    }
}
