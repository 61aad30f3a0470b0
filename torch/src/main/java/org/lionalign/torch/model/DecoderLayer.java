package org.lionalign.torch.model;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.lionalign.torch.nn.GatedActivation;
import org.lionalign.torch.nn.Linear;
import org.lionalign.torch.nn.PreparedPlan;
import org.lionalign.torch.nn.RotaryTable;
import org.lionalign.torch.nn.TreeAttention;
import org.lionalign.torch.nn.Weight;
import org.lionalign.torch.tensor.Dtype;
import org.lionalign.torch.tensor.Tensor;

/**
 * One block: attention and feed-forward with their norms and residuals. The residual stream is fp32; matrix products run in the computing
 * dtype; rotation, attention and norms in fp32 (ENGINE.md fact 3).
 *
 * @param qkv q, k and v in one linear, {@code [hidden → (heads + 2·keyValueHeads)·headDim]}
 * @param gateUp gate and up in one linear, {@code [hidden → 2·intermediate]}
 * @param window keys a query sees at most, 0 for all
 */
record DecoderLayer(
        ModelConfig config,
        Linear qkv,
        Linear output,
        Linear gateUp,
        Linear down,
        Norm inputNorm,
        Norm postAttentionNorm,
        @Nullable Norm preFeedForwardNorm,
        @Nullable Norm postFeedForwardNorm,
        @Nullable Norm queryNorm,
        @Nullable Norm keyNorm,
        TreeAttention attention,
        int window,
        Dtype compute) {
    /**
     * The whole block on a packed stream {@code x [T, hidden]}.
     *
     * @param rows of the result that are wanted; null for all
     */
    Tensor forward(Tensor x, RotaryTable rotary, PreparedPlan plan, @Nullable Tensor rows) {
        Tensor[] heads = project(x, rotary);
        Tensor attended = attention.forward(heads[0], heads[1], heads[2], plan, window);
        return finish(cut(x, rows), cut(attended, rows));
    }

    static Tensor cut(Tensor all, @Nullable Tensor rows) {
        return rows == null ? all : all.indexSelect(0, rows);
    }

    /** Rotated queries {@code [T, heads, headDim]}, keys and values {@code [T, keyValueHeads, headDim]}, fp32. */
    Tensor[] project(Tensor x, RotaryTable rotary) {
        return heads(mixed(x), rotary);
    }

    /** The rest of the block: {@code attended [T, heads·headDim]}. */
    Tensor finish(Tensor x, Tensor attended) {
        Tensor middle = middle(x, attended.to(compute));
        return end(middle, activation().forward(gateUp.forward(feedNormed(middle))));
    }

    // The steps of these, which BlockPass goes back through one by one.

    /** Queries, keys and values beside each other, as the product leaves them: {@code [T, (heads + 2·keyValueHeads)·headDim]} fp32. */
    Tensor mixed(Tensor x) {
        return qkv.forwardWide(inputNorm.forward(x, compute));
    }

    Tensor[] heads(Tensor mixed, RotaryTable rotary) {
        long d = config.headDim();
        long turned = config.heads() + config.keyValueHeads();
        Tensor all = mixed.view(mixed.size(0), turned + config.keyValueHeads(), d);
        Tensor values = all.narrow(1, turned, config.keyValueHeads()).contiguous();
        Tensor queriesAndKeys = all.narrow(1, 0, turned);
        if (queryNorm == null || keyNorm == null) {
            Tensor[] rotated = rotary.rotate(queriesAndKeys).split(1, config.heads(), config.keyValueHeads());
            return new Tensor[] {rotated[0], rotated[1], values};
        }
        Tensor[] plain = queriesAndKeys.split(1, config.heads(), config.keyValueHeads());
        return new Tensor[] {
            rotary.rotate(queryNorm.forward(plain[0], Dtype.F32)),
            rotary.rotate(keyNorm.forward(plain[1], Dtype.F32)),
            values
        };
    }

    /** The residual stream between attention and feed-forward. */
    Tensor middle(Tensor x, Tensor attended) {
        return sandwiched() ? onto(x, postAttentionNorm, output.forward(attended)) : output.forwardOnto(x, attended);
    }

    /** What the feed-forward's products begin with. */
    Tensor feedNormed(Tensor middle) {
        return feedNorm().forward(middle, compute);
    }

    /** The block's result; {@code active} is what the feed-forward's last product begins with. */
    Tensor end(Tensor middle, Tensor active) {
        return sandwiched() ? onto(middle, after(), down.forward(active)) : down.forwardOnto(middle, active);
    }

    /** Of a {@link #sandwiched} block: adds a product's result to the residual stream, normalised. */
    static Tensor onto(Tensor residual, Norm norm, Tensor product) {
        return residual.add(norm.forward(product, Dtype.F32));
    }

    /** Whether attention and feed-forward have a norm behind them as well (Gemma 2). */
    boolean sandwiched() {
        return preFeedForwardNorm != null && postFeedForwardNorm != null;
    }

    /** The norm in front of the feed-forward. */
    Norm feedNorm() {
        return sandwiched() ? Objects.requireNonNull(preFeedForwardNorm) : postAttentionNorm;
    }

    /** The norm behind the feed-forward of a {@link #sandwiched} block. */
    Norm after() {
        return Objects.requireNonNull(postFeedForwardNorm);
    }

    GatedActivation activation() {
        return new GatedActivation(config.activation(), config.intermediateSize());
    }

    /** Every weight of the block, adapters included, in a fixed order. */
    List<Weight> weights() {
        List<Weight> all = new ArrayList<>();
        for (Linear linear : linears()) {
            all.add(linear.weight());
            if (linear.bias() != null) {
                all.add(linear.bias());
            }
            linear.adapters().forEach(adapter -> {
                all.add(adapter.a());
                all.add(adapter.b());
            });
        }
        for (Norm norm :
                new Norm[] {inputNorm, postAttentionNorm, preFeedForwardNorm, postFeedForwardNorm, queryNorm, keyNorm
                }) {
            if (norm != null) {
                all.add(norm.weight());
            }
        }
        return all;
    }

    List<Linear> linears() {
        return List.of(qkv, output, gateUp, down);
    }
}
