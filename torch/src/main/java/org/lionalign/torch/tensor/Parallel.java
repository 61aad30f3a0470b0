package org.lionalign.torch.tensor;

import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntConsumer;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Many independent runs of small operators, on all cores: libtorch splits one large operator among its threads, but runs small ones one after
 * another. Without gradients.
 */
public final class Parallel {
    /** Rounds of waiting, some hundred microseconds, before it naps. */
    private static final int SPINS = 10_000;

    private static final long NAP_NANOS = 50_000;

    private static final int HELPERS = Engine.threads() - 1;

    /** Whether this thread is at such work already: it has its core, and no more. */
    private static final ThreadLocal<Boolean> INSIDE = ThreadLocal.withInitial(() -> false);

    private static @Nullable ExecutorService pool;

    private Parallel() {}

    /**
     * {@code work} of each index: the same tensors as in a loop, in the scope that is open here.
     *
     * @param device of the tensors; a GPU works on by itself, and gets a loop
     * @param weights how much work each is; decides what is begun first, not what comes out
     * @param atLeast runs for which waking a helper is worth it
     */
    public static List<Tensor> map(Device device, long[] weights, int atLeast, IntFunction<Tensor> work) {
        int threads = threads(device, (weights.length + atLeast - 1) / atLeast);
        if (threads < 2) {
            return IntStream.range(0, weights.length).mapToObj(work).toList();
        }
        Tensor[] results = new Tensor[weights.length];
        new Job(weights, i -> {
                    try (TensorScope scope = new TensorScope()) {
                        results[i] = scope.release(work.apply(i));
                    }
                })
                .run(threads);
        List<Tensor> all = List.of(results);
        all.forEach(TensorScope::adopt);
        return all;
    }

    /** {@code work} of each index, large enough to wake a helper for; each in a scope of its own, from which nothing comes. */
    public static void each(Device device, long[] weights, IntConsumer work) {
        int threads = threads(device, weights.length);
        if (threads < 2) {
            IntStream.range(0, weights.length).forEach(scoped(work));
        } else {
            new Job(weights, scoped(work)).run(threads);
        }
    }

    /**
     * The same with one core for each index, also where there is one index only: so that what comes out does not depend on how many there are,
     * where operators on several cores may round differently.
     */
    public static void alone(Device device, int count, IntConsumer work) {
        if (mayShare(device)) {
            new Job(new long[count], scoped(work)).run(threads(device, count));
        } else {
            IntStream.range(0, count).forEach(scoped(work));
        }
    }

    private static IntConsumer scoped(IntConsumer work) {
        return i -> {
            try (TensorScope scope = new TensorScope()) {
                work.accept(i);
            }
        };
    }

    /** Runs that can be beside each other, from this thread on: 1 on a GPU, with one core, and in such work already. */
    public static int cores(Device device) {
        return threads(device, Integer.MAX_VALUE);
    }

    private static int threads(Device device, int most) {
        return mayShare(device) ? Math.min(HELPERS + 1, most) : 1;
    }

    /** Not on a GPU, which works on by itself, and not inside of such work, which has its core. */
    private static boolean mayShare(Device device) {
        return device.equals(Device.CPU) && !INSIDE.get();
    }

    /** Indices, the largest first, of which each thread takes the next when it is free: a helper that wakes late costs little. */
    private static final class Job implements Runnable {
        private final int[] order;
        private final IntConsumer work;
        private final AtomicInteger next = new AtomicInteger();
        private final AtomicInteger done = new AtomicInteger();
        private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();

        Job(long[] weights, IntConsumer work) {
            this.work = work;
            order = IntStream.range(0, weights.length)
                    .boxed()
                    .sorted(Comparator.comparingLong((Integer i) -> weights[i]).reversed())
                    .mapToInt(Integer::intValue)
                    .toArray();
        }

        void run(int threads) {
            try (BlasThreads one = BlasThreads.single()) {
                for (int helper = 1; helper < threads; helper++) {
                    pool().execute(this);
                }
                // This thread is one of them: its operators would wait for a core that a helper has.
                Engine.useThreads(1);
                try {
                    run();
                } finally {
                    Engine.useThreads(Engine.threads());
                }
                // All of them, so that nothing runs on behind an error; helpers are at their last ones, mostly not
                // worth sleeping for.
                for (int spins = 0; done.get() < order.length; spins++) {
                    if (spins < SPINS) {
                        Thread.onSpinWait();
                    } else {
                        LockSupport.parkNanos(NAP_NANOS);
                    }
                }
            }
            Throwable failed = failure.get();
            if (failed instanceof RuntimeException e) {
                throw e;
            } else if (failed != null) {
                throw new IllegalStateException(failed);
            }
        }

        @Override
        public void run() {
            INSIDE.set(true);
            try (NoGrad off = new NoGrad()) {
                for (int i = next.getAndIncrement(); i < order.length; i = next.getAndIncrement()) {
                    try {
                        if (failure.get() == null) {
                            work.accept(order[i]);
                        }
                    } catch (RuntimeException | Error e) {
                        failure.compareAndSet(null, e);
                    } finally {
                        done.incrementAndGet();
                    }
                }
            } finally {
                INSIDE.set(false);
            }
        }
    }

    private static synchronized ExecutorService pool() {
        if (pool == null) {
            Engine.start();
            pool = helpers(HELPERS);
        }
        return pool;
    }

    /** Threads that run operators on themselves alone. */
    static ExecutorService helpers(int count) {
        ExecutorService helpers = Executors.newFixedThreadPool(count, task -> {
            Thread thread = new Thread(task, "lion-parallel");
            thread.setDaemon(true);
            return thread;
        });
        CountDownLatch ready = new CountDownLatch(count);
        for (int i = 0; i < count; i++) {
            helpers.execute(() -> {
                Engine.useThreads(1);
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
        Engine.useThreads(Engine.threads()); // the value that threads to come start with is global
        return helpers;
    }
}
