package org.lionalign.torch.tensor;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * Many independent runs of small operators, on all cores: libtorch splits one large operator among its threads, but runs small ones one after
 * another. Without gradients.
 */
public final class Parallel {
    private static final int HELPERS = Engine.threads() - 1;

    /** Runs for which waking a helper is worth it. */
    private static final int AT_LEAST = 4;

    private static @Nullable ExecutorService pool;

    private Parallel() {}

    /**
     * {@code work} of each index: the same tensors as in a loop, in the scope that is open here.
     *
     * @param device of the tensors; a GPU works on by itself, and gets a loop
     * @param weights how much work each is; decides who does what, not what comes out
     */
    public static List<Tensor> map(Device device, long[] weights, IntFunction<Tensor> work) {
        int parts = device.equals(Device.CPU) ? Math.min(HELPERS + 1, (weights.length + AT_LEAST - 1) / AT_LEAST) : 1;
        if (parts < 2) {
            return IntStream.range(0, weights.length).mapToObj(work).toList();
        }
        Tensor[] results = new Tensor[weights.length];
        int[] ends = ends(weights, parts);
        try (BlasThreads one = BlasThreads.single()) {
            List<Future<?>> others = new ArrayList<>();
            for (int part = 1; part < parts; part++) {
                int from = ends[part - 1];
                int to = ends[part];
                others.add(pool().submit(() -> run(from, to, work, results)));
            }
            RuntimeException failure = null;
            try {
                run(0, ends[0], work, results);
            } catch (RuntimeException e) {
                failure = e;
            }
            for (Future<?> other : others) { // all of them, so that nothing runs on behind an error
                try {
                    other.get();
                } catch (ExecutionException e) {
                    failure = failure != null ? failure : new IllegalStateException(e.getCause());
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    throw new IllegalStateException("interrupted", e);
                }
            }
            if (failure != null) {
                throw failure;
            }
        }
        List<Tensor> all = List.of(results);
        all.forEach(TensorScope::adopt);
        return all;
    }

    /** Ends of contiguous parts of about equal weight. */
    private static int[] ends(long[] weights, int parts) {
        long total = Arrays.stream(weights).sum();
        int[] ends = new int[parts];
        long sum = 0;
        int at = 0;
        for (int part = 0; part < parts; part++) {
            while (at < weights.length && (part == parts - 1 || sum * parts < total * (part + 1))) {
                sum += weights[at++];
            }
            ends[part] = at;
        }
        return ends;
    }

    private static void run(int from, int to, IntFunction<Tensor> work, Tensor[] results) {
        try (NoGrad off = new NoGrad()) {
            for (int i = from; i < to; i++) {
                try (TensorScope scope = new TensorScope()) {
                    results[i] = scope.release(work.apply(i));
                }
            }
        }
    }

    /** Helpers that run operators on themselves alone. */
    private static synchronized ExecutorService pool() {
        if (pool == null) {
            Engine.start();
            pool = Executors.newFixedThreadPool(HELPERS, task -> {
                Thread thread = new Thread(task, "lion-parallel");
                thread.setDaemon(true);
                return thread;
            });
            CountDownLatch ready = new CountDownLatch(HELPERS);
            for (int i = 0; i < HELPERS; i++) {
                pool.execute(() -> {
                    torch.set_num_threads(1);
                    ready.countDown();
                    try {
                        ready.await(); // so that each helper takes one of these
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                });
            }
            try {
                ready.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            torch.set_num_threads(Engine.threads()); // the value that threads to come start with is global
        }
        return pool;
    }
}
