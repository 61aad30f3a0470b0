package org.lionalign.torch.nn;

import org.lionalign.torch.tensor.Dtype;
import org.lionalign.torch.tensor.Pieces;
import org.lionalign.torch.tensor.Tensor;
import org.lionalign.torch.tensor.TensorScope;
import org.lionalign.torch.tensor.Tensors;

/**
 * An fp32 tensor in two halves: the upper sixteen bits, 2¹⁵ added before, are a bf16 number, which computes, and the lower sixteen, as a signed
 * number, make up the rest. So the number that computes is the nearest bf16 one (away from zero where two are as near), every fp32 number
 * comes back bit for bit, and a trained weight takes four bytes instead of six. (Split masters, as in Intel's extension for PyTorch, which cuts instead of rounding.)
 *
 * @param high bf16
 * @param low of the same shape, I16
 */
record Halves(Tensor high, Tensor low) {
    private static final int BITS = 16;
    private static final int ROUNDING = 1 << 15;

    /** Takes its place; the halves belong to the caller, and the whole is freed. */
    static Halves of(Tensor whole) {
        try (TensorScope scope = new TensorScope();
                whole) {
            Halves halves = new Halves(
                    scope.release(Tensors.empty(Dtype.BF16, whole.device(), whole.shape())),
                    scope.release(Tensors.empty(Dtype.I16, whole.device(), whole.shape())));
            Pieces.each(whole, (from, rows) -> halves.put(whole.narrow(0, from, rows), from));
            return halves;
        }
    }

    /** Rows {@code [from, from + rows)} in fp32, a new tensor. */
    Tensor rows(long from, long rows) {
        Tensor bits = high.narrow(0, from, rows).bits(Dtype.I16).to(Dtype.I32).shift_(BITS);
        return bits.add_(low.narrow(0, from, rows)).bits(Dtype.F32);
    }

    /** Puts fp32 rows in from row {@code from} on; uses them up. */
    void put(Tensor rows, long from) {
        long count = rows.size(0);
        Tensor bits = rows.bits(Dtype.I32);
        low.narrow(0, from, count).copy_(bits); // of which the lower bits stay, as a signed number
        high.bits(Dtype.I16).narrow(0, from, count).copy_(bits.add_(ROUNDING).shift_(-BITS));
    }
}
