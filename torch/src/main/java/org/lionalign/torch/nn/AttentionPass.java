package org.lionalign.torch.nn;

import org.lionalign.torch.tensor.Tensor;

/** Attention's forward pass, with what its way back needs. */
public interface AttentionPass {
    /** {@code [T, heads · headDim]} in the computing dtype; for the caller to close. */
    Tensor result();

    /**
     * Goes back, and frees what was kept; once.
     *
     * @param gradient of the result, of its shape and dtype
     * @return the gradients of queries, keys and values, fp32, in the shapes of these
     */
    Tensor[] backward(Tensor gradient);
}
