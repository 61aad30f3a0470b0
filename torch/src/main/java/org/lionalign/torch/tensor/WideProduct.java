package org.lionalign.torch.tensor;

/**
 * Matrix products of bf16 whose result stays in fp32, as they were summed up. libtorch has none on a CPU: its products of bf16 end in bf16,
 * so that what is to be fp32 is rounded first, and read and written once more. So these call oneDNN, which libtorch's own products call as
 * well ({@link OneDnnProduct}). A processor for which oneDNN has none multiplies in fp32, where products of two bf16 numbers are exact; products
 * of other tensors (fp32, or on a GPU) are libtorch's.
 *
 * <p>Without gradients; one of the last two dimensions of each operand is contiguous.
 */
public final class WideProduct {
    private WideProduct() {}

    /** {@code a · b}: {@code [.., m, k]} and {@code [.., k, n]} to a new {@code [.., m, n]} fp32. */
    public static Tensor of(Tensor a, Tensor b) {
        if (!oneDnn(a)) {
            return plain(a, b).to(Dtype.F32);
        }
        long[] shape = a.shape();
        shape[shape.length - 1] = b.size(b.dim() - 1);
        Tensor result = Tensors.empty(Dtype.F32, Device.CPU, shape);
        OneDnnProduct.run(OneDnnProduct.End.PLAIN, a, b, result);
        return result;
    }

    /** {@code addend + a · b} as a new tensor; matrices, {@code addend [m, n]} fp32. */
    public static Tensor plus(Tensor addend, Tensor a, Tensor b) {
        if (!oneDnn(a)) {
            return addend.add(plain(a, b));
        }
        Tensor result = Tensors.empty(Dtype.F32, Device.CPU, addend.shape());
        OneDnnProduct.run(OneDnnProduct.End.PLUS, a, b, result, addend);
        return result;
    }

    /** {@code into += a · b}; matrices, {@code into [m, n]} fp32. */
    public static void add(Tensor a, Tensor b, Tensor into) {
        if (oneDnn(a)) {
            OneDnnProduct.run(OneDnnProduct.End.ADD, a, b, into);
        } else if (a.dtype() == Dtype.F32) {
            into.addmm_(a, b);
        } else {
            into.add_(plain(a, b));
        }
    }

    /** Whether {@link #add} takes no memory for the product of such tensors. */
    public static boolean addsInPlace(Tensor a) {
        return a.dtype() == Dtype.F32 || oneDnn(a);
    }

    private static Tensor plain(Tensor a, Tensor b) {
        return narrow(a) ? a.to(Dtype.F32).matmul(b.to(Dtype.F32)) : a.matmul(b);
    }

    private static boolean oneDnn(Tensor a) {
        return narrow(a) && OneDnnProduct.possible();
    }

    private static boolean narrow(Tensor a) {
        return a.dtype() == Dtype.BF16 && a.device().equals(Device.CPU);
    }
}
