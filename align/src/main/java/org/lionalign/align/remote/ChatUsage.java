package org.lionalign.align.remote;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import java.util.TreeMap;
import org.lionalign.core.json.Json;

/** Counts what requests cost: sent, answered from disk, failed by kind, tokens as billed. Safe for several threads. */
public final class ChatUsage {
    private long answered;
    private long cached;
    private long promptTokens;
    private long completionTokens;
    private final Map<String, Long> failed = new TreeMap<>();

    public synchronized void add(ChatOutcome outcome) {
        if (outcome instanceof ChatOutcome.Failed failure) {
            failed.merge(failure.kind(), 1L, Long::sum);
        } else if (outcome instanceof ChatOutcome.Replied replied) {
            if (replied.cached()) {
                cached++;
            } else {
                answered++;
                promptTokens += replied.reply().promptTokens();
                completionTokens += replied.reply().completionTokens();
            }
        }
    }

    /** {@code requests} that were paid for, {@code cached} ones, {@code prompt_tokens} and {@code completion_tokens} of the paid, {@code failed} by kind. */
    public synchronized ObjectNode toJson() {
        ObjectNode node = Json.object()
                .put("requests", answered)
                .put("cached", cached)
                .put("prompt_tokens", promptTokens)
                .put("completion_tokens", completionTokens);
        ObjectNode kinds = node.putObject("failed");
        failed.forEach(kinds::put);
        return node;
    }
}
