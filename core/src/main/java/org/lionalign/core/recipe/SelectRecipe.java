package org.lionalign.core.recipe;

import static org.lionalign.core.recipe.Checks.require;

import org.jspecify.annotations.Nullable;

/**
 * Which training pairs are used, of those that could be (LION.md 1.3); held-out pairs are never selected, so that runs stay comparable. A
 * bound is inclusive; a pair without the score that a bound is about is set aside as unusable.
 *
 * @param minMargin least chosen score − rejected score
 * @param maxMargin largest; the original's reward-gap importance σ(−margin) ≥ 0.1 is {@code max_margin: 2.197}
 * @param minChosenScore least quality of the chosen answer
 * @param maxChosenScore largest
 * @param minRejectedScore least quality of the rejected answer
 * @param maxRejectedScore largest
 * @param minAnswerTokens least tokens of each answer, stop token included
 * @param maxAnswerTokens most
 * @param pairs a random subset of so many pairs, drawn by the seed from what the sources' fractions left
 */
public record SelectRecipe(
        @Nullable Double minMargin,
        @Nullable Double maxMargin,
        @Nullable Double minChosenScore,
        @Nullable Double maxChosenScore,
        @Nullable Double minRejectedScore,
        @Nullable Double maxRejectedScore,
        @Nullable Integer minAnswerTokens,
        @Nullable Integer maxAnswerTokens,
        @Nullable Integer pairs) {
    public SelectRecipe {
        ordered("margin", minMargin, maxMargin);
        ordered("chosen_score", minChosenScore, maxChosenScore);
        ordered("rejected_score", minRejectedScore, maxRejectedScore);
        ordered("answer_tokens", minAnswerTokens, maxAnswerTokens);
        require(pairs == null || pairs > 0, "data.select.pairs", "above 0", pairs);
    }

    private static void ordered(String name, @Nullable Number least, @Nullable Number most) {
        require(
                least == null || most == null || least.doubleValue() <= most.doubleValue(),
                "data.select.min_" + name,
                "at most max_" + name + " " + most,
                least);
    }
}
