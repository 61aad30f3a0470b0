package org.lionalign.torch.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ParallelTest {
    private static final long[] WEIGHTS = {1, 7, 1, 1, 3, 5, 2, 2, 9, 1, 1, 1, 4};

    @Test
    void givesWhatALoopGivesAndFreesIt() {
        long before = 0;
        for (int round = 0; round < 3; round++) {
            Set<Thread> threads = ConcurrentHashMap.newKeySet();
            try (TensorScope scope = new TensorScope()) {
                Tensor base = Tensors.randn(3, 1, Device.CPU, 5, 8);
                List<Tensor> found = Parallel.map(Device.CPU, WEIGHTS, 4, i -> {
                    threads.add(Thread.currentThread());
                    return base.mul(i).matmul(base.transpose(0, 1));
                });
                for (int i = 0; i < WEIGHTS.length; i++) {
                    assertThat(found.get(i).toFloats())
                            .containsExactly(
                                    base.mul(i).matmul(base.transpose(0, 1)).toFloats());
                }
            }
            assertThat(threads).hasSizeBetween(1, Math.min(Engine.threads(), 4));
            if (round == 1) {
                before = Engine.liveObjects();
            }
        }
        assertThat(Engine.liveObjects()).isEqualTo(before);
        assertThat(BlasThreads.now()).isEqualTo(Engine.threads());
    }

    @Test
    void helpersTakePart() {
        int all = Engine.threads();
        CountDownLatch arrived = new CountDownLatch(all); // nobody goes on before every thread has taken one
        Parallel.each(Device.CPU, new long[all], i -> {
            arrived.countDown();
            try {
                assertThat(arrived.await(30, TimeUnit.SECONDS)).isTrue();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
        assertThat(arrived.getCount()).isZero();
    }

    @Test
    void workInsideOfWorkIsALoop() {
        Set<Thread> inner = ConcurrentHashMap.newKeySet();
        Parallel.each(Device.CPU, new long[2], i -> {
            Thread outer = Thread.currentThread();
            Parallel.each(Device.CPU, new long[8], j -> {
                assertThat(Thread.currentThread()).isSameAs(outer);
                inner.add(outer);
            });
        });
        assertThat(inner).isNotEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 5})
    void aloneEachIndexHasOneCore(int count) {
        Set<Integer> done = ConcurrentHashMap.newKeySet();
        Parallel.alone(Device.CPU, count, i -> {
            assertThat(torch.get_num_threads()).isOne();
            assertThat(Parallel.cores(Device.CPU)).isOne();
            done.add(i);
        });
        assertThat(done).hasSize(count);
        assertThat(torch.get_num_threads()).isEqualTo(Engine.threads());
        assertThat(BlasThreads.now()).isEqualTo(Engine.threads());
    }

    /** libtorch gives a thread the number that was set last, on any thread, with its first operator: however late that is. */
    @Test
    void aHelperHasOneCoreFromItsFirstOperatorOn() throws Exception {
        Engine.start();
        ExecutorService fresh = Parallel.helpers(2);
        try {
            torch.set_num_threads(Engine.threads() + 1); // as another thread may between
            assertThat(fresh.submit(torch::get_num_threads).get()).isOne();
        } finally {
            torch.set_num_threads(Engine.threads());
            fresh.shutdown();
        }
    }

    @Test
    void anErrorOfAHelperIsTheCallers() {
        assertThatThrownBy(() -> Parallel.map(Device.CPU, WEIGHTS, 4, i -> {
                    if (i == WEIGHTS.length - 1) {
                        throw new IllegalArgumentException("number " + i);
                    }
                    return Tensors.zeros(Dtype.F32, Device.CPU, 1);
                }))
                .hasStackTraceContaining("number " + (WEIGHTS.length - 1));
        assertThat(BlasThreads.now()).isEqualTo(Engine.threads());
    }
}
