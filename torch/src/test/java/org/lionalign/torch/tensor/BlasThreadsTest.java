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
        try (BlasThreads outer = BlasThreads.single()) {
            try (BlasThreads inner = BlasThreads.single()) {
                assertThat(BlasThreads.now()).isEqualTo(1);
            }
            assertThat(BlasThreads.now()).isEqualTo(1);
        }
        assertThatThrownBy(() -> {
                    try (BlasThreads one = BlasThreads.single()) {
                        throw new IllegalStateException("in the middle");
                    }
                })
                .hasMessage("in the middle");
        assertThat(BlasThreads.now()).isEqualTo(Engine.threads());
    }

    @Test
    void theLastOfSeveralGivesThemBack() throws InterruptedException {
        CountDownLatch inside = new CountDownLatch(1);
        CountDownLatch leave = new CountDownLatch(1);
        CompletableFuture<Void> other = CompletableFuture.runAsync(() -> {
            try (BlasThreads one = BlasThreads.single()) {
                inside.countDown();
                leave.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
        inside.await();
        try (BlasThreads one = BlasThreads.single()) {
            assertThat(BlasThreads.now()).isEqualTo(1);
        }
        assertThat(BlasThreads.now()).as("the other is still inside").isEqualTo(1);
        leave.countDown();
        other.join();
        assertThat(BlasThreads.now()).isEqualTo(Engine.threads());
    }
}
