package org.lionalign.align.online;

import java.util.List;
import java.util.Locale;

/** What became of a prompt: pairs, or one reason why there are none. */
public sealed interface PairOutcome {
    /**
     * Pairs, at least one.
     *
     * @param pairs indices into the prompt's answers, which are never the same text
     */
    record Paired(List<Pair> pairs) implements PairOutcome {
        public Paired {
            pairs = List.copyOf(pairs);
        }
    }

    /** No pair. */
    record Unpaired(Reason reason) implements PairOutcome {}

    /** @param chosen its score is above that of {@code rejected} */
    record Pair(int chosen, int rejected) {}

    /** Why a prompt gives no pair; the first that holds, in this order. */
    enum Reason {
        /** The prompt is too long for the policy. */
        TOO_LONG,
        /** Fewer than two answers that say something: the sampler failed, or they are empty. */
        TOO_FEW_ANSWERS,
        /** Fewer than two of them have a score. */
        JUDGE_FAILURE,
        /** Fewer than two of those are finished, or only unfinished ones are better. */
        UNFINISHED,
        /** All of those are the same text. */
        IDENTICAL,
        /** No difference of scores between different texts. */
        TIE,
        /** A difference, but below the recipe's margin. */
        BELOW_MARGIN;

        /** As it stands in ledgers. */
        public String label() {
            return name().toLowerCase(Locale.ROOT).replace('_', ' ');
        }
    }
}
