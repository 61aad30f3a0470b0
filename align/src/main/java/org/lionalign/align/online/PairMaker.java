package org.lionalign.align.online;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.lionalign.align.judge.Judgement;
import org.lionalign.align.online.PairOutcome.Pair;
import org.lionalign.align.online.PairOutcome.Paired;
import org.lionalign.align.online.PairOutcome.Reason;
import org.lionalign.align.online.PairOutcome.Unpaired;
import org.lionalign.align.sample.Drawn;
import org.lionalign.align.train.StepPlanner;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.recipe.PairsRecipe;

/**
 * Judged answers to pairs. A pair's chosen answer has the strictly higher score and another text; ties, equal texts and failures never become
 * preferences (LION.md O3, PITFALLS 13 and 30). A function of prompt, judgement, recipe and seed.
 *
 * <p>{@code best_vs_worst} is LION's rule (2.11): the first answer of the highest score against the first of the lowest.
 */
public final class PairMaker {
    private final PairsRecipe recipe;
    private final long seed;

    public PairMaker(PairsRecipe recipe, long seed) {
        this.recipe = recipe;
        this.seed = seed;
    }

    /** An answer that may be in a pair. */
    private record Candidate(int index, double score, String text, boolean mayBeChosen) {}

    /** Pairs of a prompt, or why there are none. */
    public PairOutcome make(JudgedPrompt prompt) {
        if (prompt.refusal() != null) {
            return new Unpaired(Reason.TOO_LONG);
        }
        Judgement judgement = prompt.judgement();
        List<Candidate> candidates = new ArrayList<>();
        boolean unfinishedToo = !recipe.unfinished().equals("leave_out");
        boolean unfinishedChosen = recipe.unfinished().equals("allow");
        int said = 0;
        int scored = 0;
        for (int i = 0; i < prompt.answers().size(); i++) {
            Drawn answer = prompt.answers().get(i);
            if (answer.text().isBlank()) {
                continue;
            }
            said++;
            if (judgement == null) {
                continue;
            }
            double score = judgement.scores()[i];
            if (Double.isNaN(score)) {
                continue;
            }
            scored++;
            if (!answer.unfinished() || unfinishedToo) {
                candidates.add(
                        new Candidate(i, score, Texts.normal(answer.text()), !answer.unfinished() || unfinishedChosen));
            }
        }
        if (said < 2) {
            return new Unpaired(Reason.TOO_FEW_ANSWERS);
        }
        if (judgement == null) {
            throw new BadInput(prompt.id() + ": judgement: expected what a judge thinks of the answers, found nothing;"
                    + " lion judge adds it");
        }
        if (scored < 2) {
            return new Unpaired(Reason.JUDGE_FAILURE);
        }
        if (candidates.size() < 2 || candidates.stream().noneMatch(Candidate::mayBeChosen)) {
            return new Unpaired(Reason.UNFINISHED);
        }
        if (candidates.stream().map(Candidate::text).distinct().count() < 2) {
            return new Unpaired(Reason.IDENTICAL);
        }
        List<Pair> pairs =
                switch (recipe.rule()) {
                    case "best_vs_worst" -> against(best(candidates), worstFirst(candidates));
                    case "best_vs_random" -> random(best(candidates), candidates, prompt.promptId());
                    default -> all(candidates);
                };
        return pairs.isEmpty() ? new Unpaired(why(candidates)) : new Paired(pairs);
    }

    private boolean prefers(Candidate better, Candidate worse) {
        return better.mayBeChosen()
                && better.score() > worse.score()
                && better.score() - worse.score() >= recipe.margin()
                && !better.text().equals(worse.text());
    }

    /** The first of the highest score that may be chosen. */
    private static Candidate best(List<Candidate> candidates) {
        return candidates.stream()
                .filter(Candidate::mayBeChosen)
                .reduce((a, b) -> b.score() > a.score() ? b : a)
                .orElseThrow();
    }

    private static List<Candidate> worstFirst(List<Candidate> candidates) {
        return candidates.stream()
                .sorted(Comparator.comparingDouble(Candidate::score))
                .toList();
    }

    /** A pair with the first that the best is preferred to. */
    private List<Pair> against(Candidate best, List<Candidate> others) {
        return others.stream()
                .filter(other -> prefers(best, other))
                .limit(1)
                .map(other -> new Pair(best.index(), other.index()))
                .toList();
    }

    private List<Pair> random(Candidate best, List<Candidate> candidates, String promptId) {
        List<Candidate> worse =
                candidates.stream().filter(other -> prefers(best, other)).toList();
        if (worse.isEmpty()) {
            return List.of();
        }
        SplittableRandom random = new SplittableRandom(StepPlanner.derivedSeed("rejected/" + promptId, seed));
        return List.of(
                new Pair(best.index(), worse.get(random.nextInt(worse.size())).index()));
    }

    /** Every two, the same two texts once. */
    private List<Pair> all(List<Candidate> candidates) {
        List<Pair> pairs = new ArrayList<>();
        Set<List<String>> seen = new HashSet<>();
        for (Candidate better : candidates) {
            for (Candidate worse : candidates) {
                // A judge that scores one text twice may prefer either of two texts: the first to say so is heard.
                if (prefers(better, worse)
                        && !seen.contains(List.of(worse.text(), better.text()))
                        && seen.add(List.of(better.text(), worse.text()))) {
                    pairs.add(new Pair(better.index(), worse.index()));
                }
            }
        }
        return pairs;
    }

    private Reason why(List<Candidate> candidates) {
        boolean differ = false;
        boolean preferable = false;
        for (Candidate a : candidates) {
            for (Candidate b : candidates) {
                if (a.score() > b.score() && !a.text().equals(b.text())) {
                    differ = true;
                    preferable |= a.mayBeChosen();
                }
            }
        }
        if (differ && !preferable) {
            return Reason.UNFINISHED;
        }
        return differ && recipe.margin() > 0 ? Reason.BELOW_MARGIN : Reason.TIE;
    }
}
