package org.lionalign.align.sample;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.function.BiPredicate;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** Draws answers. */
public interface Sampler {
    /** Who answers: everything of the policy that can change an answer. */
    ObjectNode identity();

    /** How: everything else that can change an answer, besides the prompt and the answer's index. */
    ObjectNode settings();

    /** Answers to each prompt. */
    int answers();

    /** Why a prompt cannot be answered, or null. */
    @Nullable
    String refusal(Prompt prompt);

    /** Tokens of a prompt as the policy reads it, or null when only a server knows. */
    int @Nullable [] promptIds(Prompt prompt);

    /**
     * Draws what is missing, in any order.
     *
     * @param prompts all prompts that can be answered, in the run's order, whether or not they are answered already
     * @param done whether a prompt has the answer with this index
     * @param stop when true, returns after what is under way was handed on
     */
    void sample(List<Prompt> prompts, BiPredicate<Prompt, Integer> done, Sink sink, BooleanSupplier stop);

    /** Takes answers as they come. */
    interface Sink {
        /** These prompts are decoded together; heard before their answers. */
        void onBlock(Block block);

        /** Answers to a prompt, and what failed; never what was done before. */
        void onAnswers(Prompt prompt, List<Drawn> answers, List<Drawn.Failed> failures);
    }

    /**
     * Prompts that are decoded together.
     *
     * @param digest of the prompts and their order
     * @param promptIds tokens of each
     */
    record Block(String digest, List<String> prompts, List<int[]> promptIds) {}
}
