package org.lionalign.torch.tensor;

import org.bytedeco.openblas.global.openblas_full;

/**
 * The threads of OpenBLAS, which multiplies in fp64, and in fp32 what {@link Product} does not: all of them for a matrix product, one while
 * attention's kernel runs, whose own threads call it many times at once (ENGINE.md fact 2: up to 44 times slower otherwise).
 *
 * <p>Set through OpenBLAS itself a change costs 0.05 µs; the 0.25 ms of ENGINE.md 2 are JavaCPP's {@code blas_set_num_threads}, which looks
 * for every library there may be.
 */
public final class BlasThreads implements AutoCloseable {
    private static int single;

    private BlasThreads() {}

    /** One thread of OpenBLAS until it is closed; may be nested, and called by several threads. */
    public static synchronized BlasThreads single() {
        if (single++ == 0) {
            openblas_full.openblas_set_num_threads(1);
        }
        return new BlasThreads();
    }

    @Override
    public void close() {
        synchronized (BlasThreads.class) {
            if (--single == 0) {
                all();
            }
        }
    }

    /** As it is outside of attention. */
    static void all() {
        openblas_full.openblas_set_num_threads(Engine.threads());
    }

    static int now() {
        return openblas_full.openblas_get_num_threads();
    }
}
