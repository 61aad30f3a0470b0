package org.lionalign.core.recipe;

import static org.lionalign.core.recipe.Checks.readBy;
import static org.lionalign.core.recipe.Checks.require;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How judged answers become preference pairs. A tie never becomes one, nor do equal texts.
 *
 * @param rule {@code best_vs_worst} (default, LION's), {@code best_vs_random} (one of the others, seeded) or {@code all_above_margin} (every two)
 * @param margin smallest difference of scores of a pair, 0; a tie is no pair whatever the margin
 * @param unfinished what becomes of answers cut at the length limit: {@code leave_out} (default), {@code reject_only} (may be rejected, never
 *     chosen) or {@code allow}
 * @param originalPairs share of prompts whose original pair is taken instead, 0
 * @param originalChosen share of prompts whose chosen answer becomes the original one, 0
 * @param faithfulMixing the original's sampling of these two, which yields p₁·(p₁+p₂) and p₂-and-the-rest instead of the shares asked for
 *     (LION.md 2.11; default false)
 */
public record PairsRecipe(
        @OneOf({"best_vs_worst", "best_vs_random", "all_above_margin"})
        String rule,

        Double margin,
        @OneOf({"leave_out", "reject_only", "allow"}) String unfinished,
        Double originalPairs,
        Double originalChosen,
        @Nullable Boolean faithfulMixing) {
    /** Every value at its default. */
    @SuppressWarnings("NullAway") // null asks for the default
    public static final PairsRecipe DEFAULT = new PairsRecipe(null, null, null, null, null, null);

    public PairsRecipe {
        List<String> rules = List.of("best_vs_worst", "best_vs_random", "all_above_margin");
        rule = rule == null ? "best_vs_worst" : rule;
        require(rules.contains(rule), "pairs.rule", "one of " + rules, rule);
        margin = margin == null ? 0.0 : margin;
        require(margin >= 0, "pairs.margin", "0 or above", margin);
        List<String> policies = List.of("leave_out", "reject_only", "allow");
        unfinished = unfinished == null ? "leave_out" : unfinished;
        require(policies.contains(unfinished), "pairs.unfinished", "one of " + policies, unfinished);
        originalPairs = originalPairs == null ? 0.0 : originalPairs;
        originalChosen = originalChosen == null ? 0.0 : originalChosen;
        require(
                originalPairs >= 0 && originalChosen >= 0 && originalPairs + originalChosen <= 1,
                "pairs.original_pairs and original_chosen",
                "shares that add up to at most 1",
                originalPairs + " and " + originalChosen);
        readBy(
                originalPairs + originalChosen > 0,
                "pairs.faithful_mixing",
                "a recipe without originals",
                faithfulMixing);
    }
}
