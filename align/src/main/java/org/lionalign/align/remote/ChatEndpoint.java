package org.lionalign.align.remote;

import java.util.List;

/** Something that completes chats: an OpenAI-compatible server, a file of recorded replies, or a cache before either. */
public interface ChatEndpoint extends AutoCloseable {
    /** Who answers, for manifests: address and model, or the file; never a secret. */
    String identity();

    /** An outcome for each request, in order; requests may run at the same time. Never throws for what a server did. */
    List<ChatOutcome> complete(List<ChatRequest> requests);

    /**
     * The same, each outcome as soon as it is known: what must not be lost when the process is killed.
     *
     * @param sink is called by one thread at a time, not always this call's
     */
    default void complete(List<ChatRequest> requests, Sink sink) {
        List<ChatOutcome> outcomes = complete(requests);
        for (int r = 0; r < outcomes.size(); r++) {
            sink.onOutcome(r, outcomes.get(r));
        }
    }

    /** Takes outcomes as they come, in any order. */
    @FunctionalInterface
    interface Sink {
        void onOutcome(int request, ChatOutcome outcome);
    }

    @Override
    default void close() {}
}
