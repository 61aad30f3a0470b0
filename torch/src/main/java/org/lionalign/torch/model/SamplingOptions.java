package org.lionalign.torch.model;

import java.util.Set;
import org.lionalign.core.error.BadInput;

/**
 * How answers are drawn.
 *
 * @param answers K answers for each prompt
 * @param temperature 0 for greedy
 * @param topP smallest set of tokens whose probability reaches this; 1 for all
 * @param topK most likely tokens only; 0 for all
 * @param maxNewTokens longest answer
 * @param seed with the prompt and the answer's index it decides the answer
 * @param stops token ids that end an answer; the id is part of it
 * @param concurrency answers decoded together at most
 */
public record SamplingOptions(
        int answers,
        double temperature,
        double topP,
        int topK,
        int maxNewTokens,
        long seed,
        Set<Integer> stops,
        int concurrency) {
    public SamplingOptions {
        stops = Set.copyOf(stops);
        require(answers >= 1, "n", "1 or more", answers);
        require(temperature >= 0 && temperature <= 100, "temperature", "0 to 100", temperature);
        require(topP > 0 && topP <= 1, "top-p", "above 0 and at most 1", topP);
        require(topK >= 0, "top-k", "0 or more", topK);
        require(maxNewTokens >= 1, "max-new-tokens", "1 or more", maxNewTokens);
        require(concurrency >= 1, "concurrency", "1 or more", concurrency);
    }

    /** Greedy, one answer. */
    public static SamplingOptions greedy(int maxNewTokens, Set<Integer> stops) {
        return new SamplingOptions(1, 0, 1, 0, maxNewTokens, 0, stops, 64);
    }

    private static void require(boolean holds, String name, String expected, Object found) {
        if (!holds) {
            throw new BadInput(name + ": expected " + expected + ", found " + found);
        }
    }
}
