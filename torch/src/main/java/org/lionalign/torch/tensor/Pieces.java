package org.lionalign.torch.tensor;

/**
 * Element-wise work on many rows, a piece at a time: each piece and its temporaries stay in the cache, where one operator after another over
 * the whole tensor waits for memory. Each core takes pieces of its own, without waiting for the others at each operator.
 * A GPU, which pays for every launch instead, gets far larger pieces.
 */
public final class Pieces {
    private static final long CACHE_BYTES = 1L << 20;
    private static final long GPU_BYTES = 1L << 28;

    private Pieces() {}

    /** Rows {@code [from, from + rows)}. */
    public interface Each {
        void at(long from, long rows);
    }

    /** The result for some rows of the input, of which the first is row {@code from}. */
    public interface Of {
        Tensor at(Tensor rows, long from);
    }

    /** A term for rows {@code [from, from + rows)}. */
    public interface Term {
        Tensor at(long from, long rows);
    }

    /** The sum of the pieces' terms, each of {@code shape} and fp32, added up in their order. */
    public static Tensor sum(Tensor tensor, long[] shape, Term term) {
        long all = tensor.size(0);
        long most = most(tensor, bytes(tensor));
        int count = (int) ((all + most - 1) / most);
        long[] stacked = new long[shape.length + 1];
        stacked[0] = count;
        System.arraycopy(shape, 0, stacked, 1, shape.length);
        Tensor terms = Tensors.empty(Dtype.F32, tensor.device(), stacked);
        each(tensor, (from, rows) -> terms.select(0, from / most).copy_(term.at(from, rows)));
        return terms.sum(0, false);
    }

    /** Calls {@code each} for pieces of the tensor's rows, in no order, each in a scope of its own; without gradients. */
    public static void each(Tensor tensor, Each each) {
        each(tensor, bytes(tensor), each);
    }

    /** The same for pieces of another size than the usual: as many rows as take {@code bytes} in fp32, and at least one. */
    public static void each(Tensor tensor, long bytes, Each each) {
        long all = tensor.size(0);
        long most = most(tensor, bytes);
        long[] alike = new long[(int) ((all + most - 1) / most)];
        Parallel.each(tensor.device(), alike, i -> each.at(i * most, Math.min(most, all - i * most)));
    }

    /**
     * A new tensor, row by row from {@code input}.
     *
     * @param shape of the result
     */
    public static Tensor map(Tensor input, Dtype out, long[] shape, Of of) {
        if (input.size(0) <= most(input, bytes(input))) {
            return of.at(input, 0).to(out);
        }
        Tensor result = Tensors.empty(out, input.device(), shape);
        each(input, (from, rows) -> result.narrow(0, from, rows).copy_(of.at(input.narrow(0, from, rows), from)));
        return result;
    }

    private static long bytes(Tensor tensor) {
        return tensor.device().equals(Device.CPU) ? CACHE_BYTES : GPU_BYTES;
    }

    private static long most(Tensor tensor, long bytes) {
        long rowBytes = Math.max(1, tensor.numel() / Math.max(1, tensor.size(0))) * Dtype.F32.bytes();
        return Math.max(1, bytes / rowBytes);
    }
}
