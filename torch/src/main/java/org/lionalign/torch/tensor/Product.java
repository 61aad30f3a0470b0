package org.lionalign.torch.tensor;

/**
 * Matrix products. Those of bf16 and of fp32 on a CPU are asked of oneDNN itself, which libtorch calls as well, for its own products of bf16
 * ({@link OneDnnProduct}):
 *
 * <ul>
 *   <li>products of bf16 whose result stays in fp32, as it was summed up: libtorch's end in bf16, so that what is to be fp32 is rounded first, and
 *       read and written once more. A processor for which oneDNN has none multiplies in fp32, where products of two bf16 numbers are exact.
 *   <li>products of bf16 that end in bf16: libtorch keeps what was generated for so many shapes, and a pass may have more, each of which would be
 *       generated anew in every block.
 *   <li>products of fp32, which libtorch has OpenBLAS do: a sixth faster, and with libtorch's own threads. OpenBLAS has others, and the two kinds
 *       wait for each other's cores: beside other work its small products took a hundred times as long, oneDNN's twice.
 * </ul>
 *
 * <p>All others are libtorch's. Without gradients; one of the last two dimensions of each operand is contiguous.
 */
public final class Product {
    private Product() {}

    /** {@code a · b} in their dtype: {@code [.., m, k]} and {@code [.., k, n]} to a new {@code [.., m, n]}. */
    public static Tensor of(Tensor a, Tensor b) {
        return oneDnn(a) ? product(a, b, a.dtype()) : a.matmul(b);
    }

    /** The same, in fp32. */
    public static Tensor wide(Tensor a, Tensor b) {
        return oneDnn(a) ? product(a, b, Dtype.F32) : plain(a, b).to(Dtype.F32);
    }

    private static Tensor product(Tensor a, Tensor b, Dtype dtype) {
        long[] shape = a.shape();
        shape[shape.length - 1] = b.size(b.dim() - 1);
        Tensor result = Tensors.empty(dtype, Device.CPU, shape);
        OneDnnProduct.run(OneDnnProduct.PLAIN, a, b, result);
        return result;
    }

    /** {@code addend + a · b} as a new tensor; matrices, {@code addend [m, n]} fp32. */
    public static Tensor plus(Tensor addend, Tensor a, Tensor b) {
        if (!oneDnn(a)) {
            return addend.add(plain(a, b));
        }
        Tensor result = Tensors.empty(Dtype.F32, Device.CPU, addend.shape());
        OneDnnProduct.run(OneDnnProduct.PLUS, a, b, result, addend);
        return result;
    }

    /** {@code into += a · b}; matrices, {@code into [m, n]} fp32. */
    public static void add(Tensor a, Tensor b, Tensor into) {
        if (oneDnn(a)) {
            OneDnnProduct.run(OneDnnProduct.ADD, a, b, into);
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
        return narrow(a) && a.device().equals(Device.CPU) ? wide(a.to(Dtype.F32), b.to(Dtype.F32)) : a.matmul(b);
    }

    private static boolean oneDnn(Tensor a) {
        return a.device().equals(Device.CPU) && (narrow(a) ? OneDnn.multipliesNarrow() : a.dtype() == Dtype.F32);
    }

    private static boolean narrow(Tensor a) {
        return a.dtype() == Dtype.BF16;
    }
}
