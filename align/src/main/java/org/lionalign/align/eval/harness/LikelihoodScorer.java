package org.lionalign.align.eval.harness;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.lionalign.align.eval.harness.Request.Sequence;
import org.lionalign.torch.model.CausalLm;

/** Log-likelihoods of continuations, many questions a pass. A question's numbers do not depend, beyond rounding, on what it is scored with. */
final class LikelihoodScorer {
    /** Enough to spread a few-shot prefix over many questions; activations of a small model still fit into a laptop. */
    static final int TOKENS_PER_PASS = 8192;

    /** Hears the log-likelihoods of a question's sequences. */
    @FunctionalInterface
    interface Scored {
        void question(int index, double[] logLikelihoods);
    }

    private final CausalLm model;
    private final int tokensPerPass;
    private final List<Integer> waiting = new ArrayList<>();
    private final List<List<Sequence>> batch = new ArrayList<>();
    private final Scored scored;
    private int tokens;

    LikelihoodScorer(CausalLm model, int tokensPerPass, Scored scored) {
        this.model = model;
        this.tokensPerPass = tokensPerPass;
        this.scored = scored;
    }

    /** Takes a question; it is scored when a pass is full, at the latest by {@link #finish}. */
    void add(int index, List<Sequence> sequences) {
        int more = newTokens(sequences);
        if (!batch.isEmpty() && tokens + more > tokensPerPass) {
            finish();
            more = newTokens(sequences);
        }
        waiting.add(index);
        batch.add(sequences);
        tokens += more;
    }

    /** About what a question adds to a pass: what it shares with the question before it is there already. */
    private int newTokens(List<Sequence> sequences) {
        List<Sequence> sorted = new ArrayList<>(sequences);
        Collections.sort(sorted, TokenForest::compare);
        Sequence before = batch.isEmpty() ? null : batch.get(batch.size() - 1).get(0);
        int sum = 0;
        for (Sequence sequence : sorted) {
            int shared = before == null ? 0 : TokenForest.common(before, sequence);
            sum += sequence.ids().length - 1 - (shared < TokenForest.WORTH_SHARING ? 0 : shared);
            before = sequence;
        }
        return sum;
    }

    /** Scores what waits. */
    void finish() {
        if (batch.isEmpty()) {
            return;
        }
        TokenForest forest = TokenForest.of(batch.stream().flatMap(List::stream).toList());
        float[] logps = model.logps(forest.batch());
        int at = 0;
        for (int q = 0; q < batch.size(); q++) {
            double[] sums = new double[batch.get(q).size()];
            for (int s = 0; s < sums.length; s++, at++) {
                for (int t : forest.asked()[at]) {
                    sums[s] += logps[t];
                }
            }
            scored.question(waiting.get(q), sums);
        }
        waiting.clear();
        batch.clear();
        tokens = 0;
    }
}
