package org.lionalign.align.remote;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lionalign.core.chat.Message;

/**
 * One chat completion to ask for; equal requests are the same request, so that an answer paid for once is never paid for again.
 *
 * @param model the server's name of the model
 * @param n completions
 * @param temperature 0 for greedy
 * @param topP 1 for all
 * @param maxTokens of each completion
 * @param stop texts that end a completion
 * @param seed null to leave it to the server
 * @param topLogprobs alternatives with their log-probabilities for each token; 0 for none
 */
public record ChatRequest(
        String model,
        List<Message> messages,
        int n,
        double temperature,
        double topP,
        int maxTokens,
        List<String> stop,
        @Nullable Long seed,
        int topLogprobs) {
    public ChatRequest {
        messages = List.copyOf(messages);
        stop = List.copyOf(stop);
    }
}
