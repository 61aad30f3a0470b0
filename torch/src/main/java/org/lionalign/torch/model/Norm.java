package org.lionalign.torch.model;

import org.lionalign.torch.nn.Weight;
import org.lionalign.torch.tensor.Dtype;
import org.lionalign.torch.tensor.Pieces;
import org.lionalign.torch.tensor.Tensor;

/**
 * RMSNorm (Zhang & Sennrich 2019) over the last dimension, in fp32 whatever the dtype around it:
 * {@code y = x · r · w} with {@code r = 1/√(mean(x²) + ε)}.
 *
 * @param weight {@code [width]} fp32
 * @param plusOne whether the weight is stored as w − 1 (Gemma)
 */
record Norm(Weight weight, double eps, boolean plusOne) {
    /** {@code x} normalised, in dtype {@code out}; of any shape. */
    Tensor forward(Tensor x, Dtype out) {
        Tensor flat = x.reshape(-1, width());
        Tensor scale = scale();
        return Pieces.map(flat, out, flat.shape(), (piece, from) -> {
                    Tensor wide = piece.to(Dtype.F32);
                    return wide.mul(inverse(wide)).mul_(scale);
                })
                .view(x.shape());
    }

    /**
     * Adds to the weight's gradient, if it is trained, and to that of the input: with {@code x̂ = x·r} and {@code g = gradient · w},
     * {@code dw = Σ gradient · x̂} and {@code dx = r · (g − x̂ · mean(g · x̂))}.
     *
     * @param x what {@link #forward} was given
     * @param gradient of its result, of the same shape
     * @param into fp32, of the same shape, contiguous
     */
    void backward(Tensor x, Tensor gradient, Tensor into) {
        Tensor flat = x.reshape(-1, width());
        Tensor from = gradient.reshape(-1, width());
        Tensor to = into.view(-1, width());
        Tensor scale = scale();
        Tensor slopes = Pieces.sum(flat, weight.shape(), (start, rows) -> {
            Tensor wide = flat.narrow(0, start, rows).to(Dtype.F32);
            Tensor inverse = inverse(wide);
            Tensor unit = wide.mul(inverse);
            Tensor slope = from.narrow(0, start, rows).to(Dtype.F32);
            Tensor along = slope.mul(unit); // d(loss)/dw of each row
            Tensor mean = along.matmul(scale).mul_(-1.0 / width()).unsqueeze(1);
            to.narrow(0, start, rows).addcmul_(slope.mul(scale).addcmul_(unit, mean), inverse);
            return along.sum(0, false);
        });
        if (weight.trainable()) {
            weight.accumulate(all -> all.add_(slopes));
        }
    }

    private long width() {
        return weight.shape()[0];
    }

    private Tensor scale() {
        return plusOne ? weight.values().add(1) : weight.values();
    }

    /** {@code r} of each row, {@code [rows, 1]}. */
    private Tensor inverse(Tensor wide) {
        return wide.square().mean(-1, true).add(eps).rsqrt();
    }
}
