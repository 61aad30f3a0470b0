package org.lionalign.align.remote;

import java.time.Duration;

/**
 * When a failed request is sent again: exponential back-off, half of it jitter, so that clients that failed together do not return together.
 *
 * @param attempts requests at most, the first included
 * @param first wait after the first failure
 * @param longest wait at most, unless the server asks for more
 * @param deadline of a request with all its attempts and waits
 */
public record RetryPolicy(int attempts, Duration first, Duration longest, Duration deadline) {
    public RetryPolicy {
        if (attempts < 1) {
            throw new IllegalArgumentException("attempts: expected 1 or more, found " + attempts);
        }
    }

    /** What a recipe's {@code retries} and {@code timeout_seconds} mean. */
    static RetryPolicy of(int retries, Duration timeout) {
        Duration usual = Duration.ofMinutes(15);
        Duration twice = timeout.multipliedBy(2);
        return new RetryPolicy(
                retries + 1, Duration.ofSeconds(1), Duration.ofMinutes(1), twice.compareTo(usual) > 0 ? twice : usual);
    }

    /**
     * The wait before the next attempt: {@code first · 2^(failed−1)}, at most {@code longest}, of which the last half is drawn.
     *
     * @param failed attempts so far, 1 or more
     * @param drawn uniform in [0, 1)
     */
    Duration delay(int failed, double drawn) {
        double full = Math.min(longest.toMillis(), first.toMillis() * Math.pow(2, failed - 1.0));
        return Duration.ofMillis(Math.round(full * (0.5 + 0.5 * drawn)));
    }
}
