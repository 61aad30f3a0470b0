package org.lionalign.align.online;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.lionalign.align.judge.Judgement;
import org.lionalign.align.online.PairOutcome.Pair;
import org.lionalign.align.online.PairOutcome.Paired;
import org.lionalign.align.online.PairOutcome.Reason;
import org.lionalign.align.online.PairOutcome.Unpaired;
import org.lionalign.align.sample.Drawn;
import org.lionalign.core.chat.Conversation;
import org.lionalign.core.chat.Message;
import org.lionalign.core.json.Json;
import org.lionalign.core.recipe.PairsRecipe;
import org.lionalign.core.testing.Seeds;

class PairMakerTest {
    private static final double FAILED = Double.NaN;

    /** An answer that ends in … is cut. */
    private static JudgedPrompt prompt(String id, List<String> answers, double... scores) {
        List<Drawn> drawn = new ArrayList<>();
        for (int i = 0; i < answers.size(); i++) {
            String finish = answers.get(i).endsWith("…") ? "length" : "stop";
            drawn.add(new Drawn(i, answers.get(i), null, null, finish, null, "v", true, null));
        }
        String[] failures = new String[scores.length];
        for (int i = 0; i < scores.length; i++) {
            failures[i] = Double.isNaN(scores[i]) ? "timeout" : null;
        }
        return new JudgedPrompt(
                id,
                "s",
                id,
                Conversation.of(new Message("user", "Q")),
                null,
                drawn,
                0,
                null,
                Json.object(),
                Json.object(),
                "judge",
                new Judgement(scores, failures, null));
    }

    private static PairsRecipe recipe(String rule, double margin, String unfinished) {
        return new PairsRecipe(rule, margin, unfinished, 0.0, 0.0, null);
    }

    private static PairOutcome worst(List<String> answers, double... scores) {
        return new PairMaker(PairsRecipe.DEFAULT, 1).make(prompt("p", answers, scores));
    }

    private static PairOutcome make(PairsRecipe recipe, List<String> answers, double... scores) {
        return new PairMaker(recipe, 1).make(prompt("p", answers, scores));
    }

    private static PairOutcome pair(int chosen, int rejected) {
        return new Paired(List.of(new Pair(chosen, rejected)));
    }

    private static PairOutcome none(Reason reason) {
        return new Unpaired(reason);
    }

    @Test
    void theFirstOfTheBestAgainstTheFirstOfTheWorst() {
        assertThat(worst(List.of("a", "b", "c", "d"), 1, 3, 1, 3)).isEqualTo(pair(1, 0));
        assertThat(worst(List.of("a", "b"), 0, 1)).isEqualTo(pair(1, 0));
    }

    @Test
    void tiesIdenticalMissingFailedAndCutAnswersAreNoPreference() {
        assertThat(worst(List.of("a", "b", "c"), 2, 2, 2)).isEqualTo(none(Reason.TIE));
        assertThat(worst(List.of("a b", " a \n b ", "a b"), 1, 2, 3)).isEqualTo(none(Reason.IDENTICAL));
        assertThat(worst(List.of("a"), 1)).isEqualTo(none(Reason.TOO_FEW_ANSWERS));
        assertThat(worst(List.of())).isEqualTo(none(Reason.TOO_FEW_ANSWERS));
        assertThat(worst(List.of("a", " "), 1, 2)).isEqualTo(none(Reason.TOO_FEW_ANSWERS));
        assertThat(worst(List.of("a", "b"), FAILED, 2)).isEqualTo(none(Reason.JUDGE_FAILURE));
        assertThat(worst(List.of("a", "b", "c"), FAILED, 2, 1)).isEqualTo(pair(1, 2)); // two that are judged are enough
        assertThat(worst(List.of("a…", "b", "c"), 9, 2, 1)).isEqualTo(pair(1, 2));
        assertThat(worst(List.of("a…", "b…", "c"), 9, 2, 1)).isEqualTo(none(Reason.UNFINISHED));
        // The best text was given twice, and the judge was not of one mind about it.
        assertThat(worst(List.of("a", "a", "b"), 3, 1, 2)).isEqualTo(pair(0, 2));
        assertThat(worst(List.of("a", "a", "b"), 3, 1, 3)).isEqualTo(none(Reason.TIE));
    }

    @Test
    void unfinishedAnswersByPolicy() {
        List<String> answers = List.of("a…", "b", "c…");
        assertThat(make(recipe("best_vs_worst", 0, "reject_only"), answers, 3, 2, 1))
                .isEqualTo(pair(1, 2));
        assertThat(make(recipe("best_vs_worst", 0, "allow"), answers, 3, 2, 1)).isEqualTo(pair(0, 2));
        assertThat(make(recipe("best_vs_worst", 0, "reject_only"), answers, 3, 1, 2))
                .isEqualTo(none(Reason.UNFINISHED));
        assertThat(make(recipe("best_vs_worst", 0, "reject_only"), List.of("a…", "b…"), 3, 1))
                .isEqualTo(none(Reason.UNFINISHED));
    }

    @Test
    void marginsAreKept() {
        assertThat(make(recipe("best_vs_worst", 1, "leave_out"), List.of("a", "b"), 1.5, 1))
                .isEqualTo(none(Reason.BELOW_MARGIN));
        assertThat(make(recipe("best_vs_worst", 0.5, "leave_out"), List.of("a", "b"), 1.5, 1))
                .isEqualTo(pair(0, 1));
        assertThat(make(recipe("all_above_margin", 1, "leave_out"), List.of("a", "b", "c"), 3, 2.5, 1))
                .isEqualTo(new Paired(List.of(new Pair(0, 2), new Pair(1, 2))));
    }

    @Test
    void theRandomOneIsDrawnByThePromptAndIsWorse() {
        PairMaker maker = new PairMaker(recipe("best_vs_random", 0, "leave_out"), 5);
        int[] seen = new int[4];
        for (int p = 0; p < 400; p++) {
            JudgedPrompt prompt = prompt("p" + p, List.of("a", "b", "c", "d"), 4, 4, 2, 1);
            Pair pair = ((Paired) maker.make(prompt)).pairs().get(0);
            assertThat(maker.make(prompt)).isEqualTo(new Paired(List.of(pair)));
            assertThat(pair.chosen()).isZero();
            seen[pair.rejected()]++;
        }
        assertThat(seen[1]).isZero(); // ties with the best
        assertThat(seen[2]).isBetween(150, 250);
        assertThat(seen[2] + seen[3]).isEqualTo(400);
    }

    /** Whatever the answers and the judge: another text, a higher score by the margin, nothing failed, nothing unfinished that is chosen. */
    @Test
    void aPairIsAlwaysAPreference() {
        String[] texts = {"a", "a ", "b", "c", "c…", "d…", "", "e  f", "e f"};
        Seeds.forAll(3000, random -> {
            int n = random.nextInt(6);
            List<String> answers = new ArrayList<>();
            double[] scores = new double[n];
            for (int i = 0; i < n; i++) {
                answers.add(texts[random.nextInt(texts.length)]);
                scores[i] = random.nextInt(5) == 0 ? FAILED : random.nextInt(4) * 0.5;
            }
            PairsRecipe recipe = recipe(
                    pick(random, "best_vs_worst", "best_vs_random", "all_above_margin"),
                    random.nextInt(3) * 0.5,
                    pick(random, "leave_out", "reject_only", "allow"));
            JudgedPrompt prompt = prompt("p" + random.nextInt(9), answers, scores);
            if (new PairMaker(recipe, 1).make(prompt) instanceof Paired paired) {
                assertThat(paired.pairs()).isNotEmpty();
                for (Pair pair : paired.pairs()) {
                    String chosen = answers.get(pair.chosen());
                    String rejected = answers.get(pair.rejected());
                    assertThat(chosen.replaceAll("\\s+", " ").strip())
                            .isNotEqualTo(rejected.replaceAll("\\s+", " ").strip());
                    assertThat(chosen).isNotBlank();
                    assertThat(rejected).isNotBlank();
                    double gap = scores[pair.chosen()] - scores[pair.rejected()];
                    assertThat(gap).isPositive().isGreaterThanOrEqualTo(recipe.margin());
                    assertThat(chosen.endsWith("…") && !recipe.unfinished().equals("allow"))
                            .isFalse();
                    assertThat(rejected.endsWith("…") && recipe.unfinished().equals("leave_out"))
                            .isFalse();
                }
            }
        });
    }

    private static String pick(SplittableRandom random, String... of) {
        return of[random.nextInt(of.length)];
    }

    @Test
    void aPromptThatWasRefusedIsTooLong() {
        JudgedPrompt judged = prompt("p", List.of());
        @Nullable String why = "too long: 9 tokens in a context of 8";
        JudgedPrompt refused = new JudgedPrompt(
                "p", "s", "p", judged.prompt(), null, List.of(), 0, why, Json.object(), Json.object(), "", null);
        assertThat(new PairMaker(PairsRecipe.DEFAULT, 1).make(refused)).isEqualTo(none(Reason.TOO_LONG));
    }
}
