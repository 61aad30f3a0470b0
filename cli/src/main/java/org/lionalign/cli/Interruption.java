package org.lionalign.cli;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;

/** Ctrl-C and SIGTERM while work runs: the work is asked to stop and write what it has, and the JVM waits for that. */
final class Interruption implements AutoCloseable, BooleanSupplier {
    private final AtomicBoolean stop = new AtomicBoolean();
    private final CountDownLatch done = new CountDownLatch(1);
    private final Thread hook = new Thread(() -> {
        stop.set(true);
        try {
            done.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    });

    Interruption() {
        Runtime.getRuntime().addShutdownHook(hook);
    }

    /** Whether to stop. */
    @Override
    public boolean getAsBoolean() {
        return stop.get();
    }

    @Override
    public void close() {
        done.countDown();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException shuttingDown) {
            stop.set(true); // the hook is running already
        }
    }
}
