package org.lionalign.align.remote;

import java.util.List;

/** Something that completes chats: an OpenAI-compatible server, a file of recorded replies, or a cache before either. */
public interface ChatEndpoint extends AutoCloseable {
    /** Who answers, for manifests: address and model, or the file; never a secret. */
    String identity();

    /** An outcome for each request, in order; requests may run at the same time. Never throws for what a server did. */
    List<ChatOutcome> complete(List<ChatRequest> requests);

    @Override
    default void close() {}
}
