package org.lionalign.align.remote;

import java.util.List;
import java.util.Map;

/**
 * What a server answered.
 *
 * @param servedModel the model that the server says it used
 * @param promptTokens as billed, 0 when the server does not say
 * @param completionTokens as billed, 0 when the server does not say
 */
public record ChatReply(List<Choice> choices, String servedModel, long promptTokens, long completionTokens) {
    public ChatReply {
        choices = List.copyOf(choices);
    }

    /**
     * One completion.
     *
     * @param finish {@code stop}, {@code length}, or what else the server says
     * @param tokens empty unless log-probabilities were asked for
     */
    public record Choice(String text, String finish, List<Token> tokens) {
        public Choice {
            tokens = List.copyOf(tokens);
        }
    }

    /**
     * A token with its log-probability.
     *
     * @param top alternatives and theirs, in the server's order
     */
    public record Token(String text, double logprob, Map<String, Double> top) {}
}
