package org.lionalign.bench;

import java.util.Arrays;
import org.lionalign.torch.tensor.Device;
import org.lionalign.torch.tensor.Dtype;
import org.lionalign.torch.tensor.NoGrad;
import org.lionalign.torch.tensor.Tensor;
import org.lionalign.torch.tensor.TensorScope;
import org.lionalign.torch.tensor.Tensors;

/** Timing by medians, and the machine's own matrix-product rate as the yardstick. */
final class Measure {
    private Measure() {}

    /** Seconds of each of {@code n} runs after one that is not counted, sorted. */
    static double[] seconds(int n, Runnable work) {
        work.run();
        double[] times = new double[n];
        for (int i = 0; i < n; i++) {
            long start = System.nanoTime();
            work.run();
            times[i] = (System.nanoTime() - start) / 1e9;
        }
        Arrays.sort(times);
        return times;
    }

    static double median(double[] sorted) {
        return sorted[sorted.length / 2];
    }

    /** FLOP/s of {@code [m, k] × [k, n]} products in this dtype, by the median of several runs. */
    static double productRate(Dtype dtype, Device device, long m, long k, long n) {
        try (TensorScope scope = new TensorScope();
                NoGrad off = new NoGrad()) {
            Tensor a = Tensors.randn(1, 1, device, m, k).to(dtype);
            Tensor b = Tensors.randn(2, 1, device, n, k).to(dtype);
            int repeat = 8;
            double[] times = seconds(7, () -> {
                for (int i = 0; i < repeat; i++) {
                    try (TensorScope inner = new TensorScope()) {
                        a.linear(b, null);
                    }
                }
            });
            return repeat * 2.0 * m * k * n / median(times);
        }
    }

    /** The yardstick for a model: the better of its up and down projections at this many rows. */
    static double matmulRate(Dtype dtype, Device device, long rows, long hidden, long intermediate) {
        return Math.max(
                productRate(dtype, device, rows, hidden, 2 * intermediate),
                productRate(dtype, device, rows, intermediate, hidden));
    }
}
