package org.lionalign.core.http;

import java.time.Duration;

/** The clock and waiting, so that tests of back-off take no time. */
public interface Time {
    /** Nanoseconds from any origin. */
    long nanos();

    void sleep(Duration duration) throws InterruptedException;

    /** The machine's. */
    Time SYSTEM = new Time() {
        @Override
        public long nanos() {
            return System.nanoTime();
        }

        @Override
        public void sleep(Duration duration) throws InterruptedException {
            Thread.sleep(duration.toMillis());
        }
    };
}
