package org.lionalign.align.online;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.lionalign.align.train.StepPlanner;
import org.lionalign.core.data.Permutation;
import org.lionalign.core.recipe.PairsRecipe;

/**
 * Which prompts get their original pair, or their original chosen answer: exactly ⌊n·p⌋ each of the n prompts that could have either,
 * drawn by the seed.
 *
 * <p>{@code faithful_mixing} is the original's arithmetic (LION.md 2.11): ⌊n·(p₁+p₂)⌋ = A prompts are drawn, ⌊A·p₁⌋ get the pair, the rest of A
 * the chosen answer, so that 15 % and 35 % become 7.5 % and 42.5 %.
 */
final class Originals {
    /** What a prompt's pair is made of. */
    enum Use {
        ONLINE,
        ORIGINAL_PAIR,
        ORIGINAL_CHOSEN
    }

    private Originals() {}

    /** How many get the pair, and how many the chosen answer. */
    static int[] counts(int n, PairsRecipe recipe) {
        if (Boolean.TRUE.equals(recipe.faithfulMixing())) {
            int drawn = (int) (n * (recipe.originalPairs() + recipe.originalChosen()));
            int pairs = (int) (drawn * recipe.originalPairs());
            return new int[] {pairs, drawn - pairs};
        }
        return new int[] {share(n, recipe.originalPairs()), share(n, recipe.originalChosen())};
    }

    /** ⌊n·p⌋ of the share as it was written: 0.29 of 100 is 29. */
    private static int share(int n, double p) {
        return BigDecimal.valueOf(p).multiply(BigDecimal.valueOf(n)).intValue();
    }

    /** Of those that could have an original, in their order, what each gets. */
    static Map<String, Use> draw(List<String> eligible, PairsRecipe recipe, long seed) {
        int[] counts = counts(eligible.size(), recipe);
        Map<String, Use> uses = new HashMap<>();
        List<String> order = new ArrayList<>();
        for (int i : Permutation.of(StepPlanner.derivedSeed("originals", seed) & Long.MAX_VALUE, eligible.size())) {
            order.add(eligible.get(i));
        }
        for (int i = 0; i < counts[0] + counts[1]; i++) {
            uses.put(order.get(i), i < counts[0] ? Use.ORIGINAL_PAIR : Use.ORIGINAL_CHOSEN);
        }
        return uses;
    }
}
