package org.lionalign.core.http;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import org.jspecify.annotations.Nullable;

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
    public static RetryPolicy of(int retries, Duration timeout) {
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
    public Duration delay(int failed, double drawn) {
        double full = Math.min(longest.toMillis(), first.toMillis() * Math.pow(2, failed - 1.0));
        return Duration.ofMillis(Math.round(full * (0.5 + 0.5 * drawn)));
    }

    /** Whether a server that answered so may answer otherwise the next time: 408, 409, 429 and 5xx. */
    public static boolean mayHelp(int status) {
        return status == 408 || status == 409 || status == 429 || status >= 500;
    }

    /** What a {@code Retry-After} says, seconds or an HTTP date (RFC 9110, 10.2.3); null for what is neither. */
    public static @Nullable Duration retryAfter(String value, Instant now) {
        String text = value.strip();
        if (text.matches("\\d{1,9}")) {
            return Duration.ofSeconds(Long.parseLong(text));
        }
        try {
            Instant until = ZonedDateTime.parse(text, DateTimeFormatter.RFC_1123_DATE_TIME)
                    .toInstant();
            return until.isAfter(now) ? Duration.between(now, until) : Duration.ZERO;
        } catch (DateTimeException e) {
            return null;
        }
    }
}
