package org.lionalign.align.judge;

import java.util.List;
import org.lionalign.align.text.TextModel;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.pack.PackedBatch;
import org.lionalign.torch.model.CausalLm;

/**
 * The reward that a policy trained with DPO holds itself: {@code β·(log π(y|x) − log π_ref(y|x))}, up to a term of the prompt alone (Rafailov
 * et al. 2023, eq. 5), summed over the answer's tokens with its stop token.
 */
public final class ImplicitRewardJudge implements Judge {
    private final CausalLm policy;
    private final CausalLm reference;
    private final AnswerTrees trees;
    private final double beta;
    private final String identity;

    /** Both models are closed with this; the reference must have the policy's tokenizer. */
    public ImplicitRewardJudge(
            CausalLm policy,
            TextModel text,
            CausalLm reference,
            TextModel referenceText,
            double beta,
            int tokensPerPass) {
        if (!text.tokenizer().digest().equals(referenceText.tokenizer().digest())) {
            throw new BadInput(referenceText.directory() + ": tokenizer.json: expected that of " + text.directory()
                    + ", found another");
        }
        this.policy = policy;
        this.reference = reference;
        this.beta = beta;
        int longest =
                Math.min(policy.config().longestSequence(), reference.config().longestSequence());
        this.trees = new AnswerTrees(text, false, longest, tokensPerPass);
        this.identity = "implicit beta " + beta + " policy " + RewardJudge.model(policy, text) + " reference "
                + RewardJudge.model(reference, text);
    }

    @Override
    public String identity() {
        return identity;
    }

    @Override
    public void judge(List<Question> questions, Sink sink) {
        ACoreEach.judge(policy.options().device(), questions, this::judge, sink);
    }

    private Judgement judge(Question question) {
        Distinct distinct = Distinct.of(question.answers());
        double[] scores = Scores.none(distinct.texts().size());
        String[] failures = new String[scores.length];
        for (AnswerTrees.Pass pass : trees.of(question, distinct.texts(), failures)) {
            float[] mine = policy.logps(pass.batch());
            float[] theirs = reference.logps(pass.batch());
            double[] sums = new double[pass.answers().size()];
            for (PackedBatch.Slice slice : pass.batch().slices()) {
                for (int t = slice.from(); t < slice.to(); t++) {
                    sums[slice.node() - 1] += (double) mine[t] - theirs[t];
                }
            }
            for (int a = 0; a < sums.length; a++) {
                Scores.put(scores, failures, pass.answers().get(a), beta * sums[a]);
            }
        }
        return distinct.spread(scores, failures, new double[0][]);
    }

    @Override
    public void close() {
        policy.close();
        reference.close();
    }
}
