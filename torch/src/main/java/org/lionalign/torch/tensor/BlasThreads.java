package org.lionalign.torch.tensor;

import org.bytedeco.openblas.global.openblas_full;

/**
 * The threads of OpenBLAS, which multiplies in fp32: all of them for a matrix product, one while attention runs, whose own threads call it
 * many times at once (ENGINE.md fact 2: up to 44 times slower otherwise).
 *
 * <p>Set through OpenBLAS itself a change costs 0.05 µs; the 0.25 ms of ENGINE.md 2 are JavaCPP's {@code blas_set_num_threads}, which looks
 * for every library there may be.
 */
public final class BlasThreads {
    private static int single;

    private BlasThreads() {}

    /** Runs {@code work} with one thread of OpenBLAS; may be nested, and called by several threads. */
    public static <T> T single(java.util.function.Supplier<T> work) {
        enter();
        try {
            return work.get();
        } finally {
            leave();
        }
    }

    private static synchronized void enter() {
        if (single++ == 0) {
            openblas_full.openblas_set_num_threads(1);
        }
    }

    private static synchronized void leave() {
        if (--single == 0) {
            all();
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
