package org.lionalign.torch.model;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lionalign.core.pack.AttentionPlan;
import org.lionalign.torch.nn.Linear;
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
    /** The whole block on a packed stream {@code x [T, hidden]}. */
    Tensor forward(Tensor x, RotaryTable rotary, AttentionPlan plan) {
        Tensor[] heads = project(x, rotary);
        return finish(x, attention.forward(heads[0], heads[1], heads[2], plan, window));
    }

    /** Rotated queries {@code [T, heads, headDim]}, keys and values {@code [T, keyValueHeads, headDim]}, fp32. */
    Tensor[] project(Tensor x, RotaryTable rotary) {
        long time = x.size(0);
        long d = config.headDim();
        long width = config.keyValueHeads() * d;
        Tensor[] parts =
                qkv.forward(inputNorm.forward(x, compute)).to(Dtype.F32).split(1, config.heads() * d, width, width);
        Tensor q = parts[0].reshape(time, config.heads(), d);
        Tensor k = parts[1].reshape(time, config.keyValueHeads(), d);
        Tensor v = parts[2].reshape(time, config.keyValueHeads(), d);
        if (queryNorm != null && keyNorm != null) {
            q = queryNorm.forward(q, Dtype.F32);
            k = keyNorm.forward(k, Dtype.F32);
        }
        return new Tensor[] {rotary.rotate(q), rotary.rotate(k), v};
    }

    /** The rest of the block: {@code attended [T, heads·headDim]} fp32. */
    Tensor finish(Tensor x, Tensor attended) {
        Tensor out = output.forward(attended.to(compute));
        if (preFeedForwardNorm == null || postFeedForwardNorm == null) {
            Tensor middle = x.add(out);
            return middle.add(feedForward(postAttentionNorm.forward(middle, compute)));
        }
        Tensor middle = x.add(postAttentionNorm.forward(out, Dtype.F32));
        Tensor fed = feedForward(preFeedForwardNorm.forward(middle, compute));
        return middle.add(postFeedForwardNorm.forward(fed, Dtype.F32));
    }

    private Tensor feedForward(Tensor x) {
        long width = config.intermediateSize();
        Tensor[] parts = gateUp.forward(x).split(1, width, width);
        Tensor gate =
                switch (config.activation()) {
                    case "silu" -> parts[0].silu();
                    case "gelu" -> parts[0].gelu("none");
                    default -> parts[0].gelu("tanh");
                };
        // In place where no graph needs the gate's own values.
        return down.forward(gate.requiresGrad() ? gate.mul(parts[1]) : gate.mul_(parts[1]));
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
