package org.lionalign.torch.model;

import org.lionalign.torch.nn.Weight;
import org.lionalign.torch.tensor.Dtype;
import org.lionalign.torch.tensor.RmsNorm;
import org.lionalign.torch.tensor.Tensor;

/**
 * {@link RmsNorm} over the last dimension, with its weight.
 *
 * @param weight {@code [width]} fp32
 * @param plusOne whether the weight is stored as w − 1 (Gemma)
 */
record Norm(Weight weight, double eps, boolean plusOne) {
    /** What was normalised, for the way back. */
    record Pass(Weight weight, RmsNorm rows, long[] shape) {
        Tensor result() {
            return rows.result().view(shape);
        }

        /**
         * Adds to the weight's gradient, if it is trained, and to that of the input.
         *
         * @param gradient of the result, of its shape
         * @param into fp32, of the same shape, contiguous
         */
        void backward(Tensor gradient, Tensor into) {
            long width = weight.shape()[0];
            Tensor slopes = rows.backward(gradient.reshape(-1, width), into.view(-1, width));
            if (weight.trainable()) {
                weight.accumulate(all -> all.add_(slopes));
            }
        }
    }

    /** {@code x} normalised, in dtype {@code out}; of any shape. */
    Tensor forward(Tensor x, Dtype out) {
        return pass(x, out).result();
    }

    /** The same, to go back through it later. */
    Pass pass(Tensor x, Dtype out) {
        Tensor scale = plusOne ? weight.values().add(1) : weight.values();
        return new Pass(weight, RmsNorm.of(x.reshape(-1, weight.shape()[0]), scale, eps, out), x.shape());
    }
}
