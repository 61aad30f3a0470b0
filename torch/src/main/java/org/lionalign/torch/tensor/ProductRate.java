package org.lionalign.torch.tensor;

import java.util.Arrays;

/** The machine's own matrix-product rate: the yardstick that every share of a peak is given against. */
public final class ProductRate {
    private ProductRate() {}

    /**
     * FLOP/s of {@code [m, k] × [n, k]ᵀ} products, by the median of several timings after one that is not counted.
     *
     * @param timings how many
     * @param repeat products in each
     */
    public static double of(Dtype dtype, Device device, long m, long k, long n, int timings, int repeat) {
        try (TensorScope scope = new TensorScope();
                NoGrad off = new NoGrad()) {
            Tensor a = Tensors.randn(1, 1, device, m, k).to(dtype);
            Tensor b = Tensors.randn(2, 1, device, n, k).to(dtype);
            double[] seconds = new double[timings];
            for (int t = -1; t < timings; t++) {
                long start = System.nanoTime();
                for (int i = 0; i < repeat; i++) {
                    try (TensorScope inner = new TensorScope()) {
                        Tensor product = Product.of(a, b.transpose(0, 1));
                        if (i == repeat - 1) {
                            product.narrow(0, 0, 1).narrow(1, 0, 1).item(); // waits for devices that work on their own
                        }
                    }
                }
                if (t >= 0) {
                    seconds[t] = (System.nanoTime() - start) / 1e9;
                }
            }
            Arrays.sort(seconds);
            return repeat * 2.0 * m * k * n / seconds[timings / 2];
        }
    }

    /** The better of a model's up and down projections at this many rows. */
    public static double ofModel(
            Dtype dtype, Device device, long rows, long hidden, long intermediate, int timings, int repeat) {
        return Math.max(
                of(dtype, device, rows, hidden, 2 * intermediate, timings, repeat),
                of(dtype, device, rows, intermediate, hidden, timings, repeat));
    }
}
