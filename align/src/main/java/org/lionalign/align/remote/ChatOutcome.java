package org.lionalign.align.remote;

/** What became of a request: a reply, or a failure that is counted and shown and never turned into a score. */
public sealed interface ChatOutcome {
    /** @param cached whether it came from the disk and cost nothing now */
    record Replied(ChatReply reply, boolean cached) implements ChatOutcome {}

    /**
     * @param kind {@code timeout}, {@code refused} (4xx), {@code unavailable} (429 and 5xx after all retries), {@code garbled} (not the protocol)
     * @param detail for people; never holds a secret
     * @param attempts requests that were sent
     */
    record Failed(String kind, String detail, int attempts) implements ChatOutcome {}
}
