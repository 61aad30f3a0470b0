package org.lionalign.torch.nn;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lionalign.torch.tensor.Dtype;
import org.lionalign.torch.tensor.Product;
import org.lionalign.torch.tensor.Tensor;

/**
 * A linear layer {@code x · Wᵀ + b}, with low-rank adapters on some of the tensors it is made of
 * (LoRA; Hu et al. 2021, eq. 3: {@code h = W₀x + (α/r)·B·A·x}).
 */
public final class Linear {
    private final Weight weight;
    private final @Nullable Weight bias;
    private final List<LoraPart> adapters = new ArrayList<>();

    public Linear(Weight weight, @Nullable Weight bias) {
        this.weight = weight;
        this.bias = bias;
    }

    public Weight weight() {
        return weight;
    }

    public @Nullable Weight bias() {
        return bias;
    }

    /** Adapters in row order; empty without LoRA. */
    public List<LoraPart> adapters() {
        return adapters;
    }

    /** {@code [T, in] → [T, out]} in the computing dtype. */
    public Tensor forward(Tensor x) {
        return bias == null || x.dtype() == Dtype.F32
                ? adapted(biased(Product.of(x, weight.values().transpose(0, 1))), x)
                : adapted(x.linear(weight.values(), bias.values()), x); // which adds it before rounding
    }

    /** The same, in fp32. */
    public Tensor forwardWide(Tensor x) {
        return adapted(biased(Product.wide(x, weight.values().transpose(0, 1))), x);
    }

    /** {@code residual + forward(x)}, in fp32; {@code residual [T, out]} fp32. */
    public Tensor forwardOnto(Tensor residual, Tensor x) {
        return adapted(biased(Product.plus(residual, x, weight.values().transpose(0, 1))), x);
    }

    private Tensor biased(Tensor out) {
        return bias == null ? out : out.add_(bias.values());
    }

    private Tensor adapted(Tensor out, Tensor x) {
        for (LoraPart adapter : adapters) {
            // Each adapter covers the rows of one tensor of the file; its piece is added where it belongs.
            piece(out, adapter).add_(adapter.forward(x));
        }
        return out;
    }

    /**
     * Adds to the gradients of what is trained here.
     *
     * @param x what {@link #forward} was given
     * @param gradient of its result, {@code [T, out]} in the computing dtype
     * @return the gradient of {@code x}
     */
    public Tensor backward(Tensor x, Tensor gradient) {
        if (weight.trainable()) {
            weight.addProduct(gradient.transpose(0, 1), x);
        }
        if (bias != null && bias.trainable()) {
            Tensor sum = gradient.to(Dtype.F32).sum(0, false);
            bias.accumulate(all -> all.add_(sum));
        }
        Tensor back = Product.of(gradient, weight.values());
        for (LoraPart adapter : adapters) {
            back.add_(adapter.backward(x, piece(gradient, adapter)));
        }
        return back;
    }

    private Tensor piece(Tensor whole, LoraPart adapter) {
        Weight.Part part = weight.parts().get(adapter.part());
        return whole.narrow(1, part.start(), part.rows());
    }
}
