package org.lionalign.torch.nn;

import java.util.List;
import org.lionalign.torch.tensor.Dtype;
import org.lionalign.torch.tensor.Pieces;
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
        return Pieces.map(x, Dtype.F32, x.shape(), (piece, from) -> {
            Tensor[] halves = piece.split(2, half, half);
            Tensor swapped = Tensor.cat(List.of(halves[1], halves[0]), 2);
            RotaryTable table = narrow(from, piece.size(0));
            return piece.mul(table.cos()).addcmul_(swapped, table.sin());
        });
    }

    /** The table of rows {@code [from, from + rows)}. */
    public RotaryTable narrow(long from, long rows) {
        return new RotaryTable(cos.narrow(0, from, rows), sin.narrow(0, from, rows));
    }

    /** The way back, which is also how a gradient goes: a rotation's transpose is its inverse. */
    public RotaryTable inverse() {
        return new RotaryTable(cos, sin.neg());
    }
}
