package org.lionalign.torch.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class BlasThreadsTest {
    @BeforeAll
    static void start() {
        Engine.start();
    }

    @Test
    void oneInsideAndAllOutsideHoweverItEnds() {
        assertThat(BlasThreads.now()).isEqualTo(Engine.threads());
        assertThat(BlasThreads.<Integer>single(() -> BlasThreads.single(BlasThreads::now) + BlasThreads.now()))
                .isEqualTo(2);
        assertThatThrownBy(() -> BlasThreads.single(() -> {
                    throw new IllegalStateException("in the middle");
                }))
                .hasMessage("in the middle");
        assertThat(BlasThreads.now()).isEqualTo(Engine.threads());
    }

    @Test
    void theLastOfSeveralGivesThemBack() throws InterruptedException {
        CountDownLatch inside = new CountDownLatch(1);
        CountDownLatch leave = new CountDownLatch(1);
        CompletableFuture<Void> other = CompletableFuture.runAsync(() -> BlasThreads.single(() -> {
            inside.countDown();
            try {
                leave.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            return 0;
        }));
        inside.await();
        assertThat(BlasThreads.<Integer>single(BlasThreads::now)).isEqualTo(1);
        assertThat(BlasThreads.now()).as("the other is still inside").isEqualTo(1);
        leave.countDown();
        other.join();
        assertThat(BlasThreads.now()).isEqualTo(Engine.threads());
    }
}
