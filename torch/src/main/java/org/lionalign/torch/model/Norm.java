package org.lionalign.torch.model;

import org.lionalign.torch.nn.Weight;
import org.lionalign.torch.tensor.Dtype;
import org.lionalign.torch.tensor.Tensor;

/**
 * RMSNorm (Zhang & Sennrich 2019) in fp32, whatever the dtype around it.
 *
 * @param weight {@code [width]} fp32
 * @param plusOne whether the weight is stored as w − 1 (Gemma)
 */
record Norm(Weight weight, double eps, boolean plusOne) {
    /** Normalises the last dimension; the result has dtype {@code out}. */
    Tensor forward(Tensor x, Dtype out) {
        Tensor scale = plusOne ? weight.use().add(1) : weight.use();
        return x.to(Dtype.F32).rmsNorm(scale, eps, weight.trainable()).to(out);
    }
}
