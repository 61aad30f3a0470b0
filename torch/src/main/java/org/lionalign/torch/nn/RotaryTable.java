package org.lionalign.torch.nn;

import org.lionalign.torch.tensor.Tensor;

/**
 * Cosines and sines of the rotary embedding (Su et al. 2021) for one packed stream.
 *
 * @param cos {@code [T, 1, headDim]} fp32, both halves equal
 * @param sin likewise, the first half negated, so that rotating is a swap of halves and one multiply-add
 */
public record RotaryTable(Tensor cos, Tensor sin) {
    /** Rotates {@code x [T, heads, headDim]} (fp32), pairing dimension i with i + headDim/2, as Hugging Face checkpoints do. */
    public Tensor rotate(Tensor x) {
        long half = x.size(2) / 2;
        Tensor[] halves = x.split(2, half, half);
        Tensor swapped = Tensor.cat(java.util.List.of(halves[1], halves[0]), 2);
        return x.mul(cos).addcmul(swapped, sin);
    }
}
