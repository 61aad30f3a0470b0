package org.lionalign.bench;

import java.util.Arrays;
import org.lionalign.core.machine.Processor;
import org.lionalign.torch.model.ModelConfig;
import org.lionalign.torch.tensor.Device;
import org.lionalign.torch.tensor.Dtype;
import org.lionalign.torch.tensor.ProductRate;

/** Timing by medians, and the machine's own matrix-product rate as the yardstick. */
final class Measure {
    private Measure() {}

    /** What Lion computes in on this machine where nobody says otherwise, or {@code LION_BENCH_DTYPE}, F32 or BF16. */
    static Dtype dtype() {
        String set = System.getenv("LION_BENCH_DTYPE");
        return set != null
                ? Dtype.valueOf(set)
                : Dtype.ofCompute(Processor.here().preferredCompute("cpu"));
    }

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

    /** The yardstick for a model: the better of its up and down projections at this many rows. */
    static double matmulRate(Dtype dtype, Device device, long rows, long hidden, long intermediate) {
        return ProductRate.ofModel(dtype, device, rows, hidden, intermediate, 7, 8);
    }

    /** The yardstick on the CPU for a model's training, in the dtype that is measured. */
    static double productRate(ModelConfig config) {
        return matmulRate(dtype(), Device.CPU, 4096, config.hiddenSize(), config.intermediateSize());
    }
}
