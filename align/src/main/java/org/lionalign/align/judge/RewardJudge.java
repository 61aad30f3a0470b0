package org.lionalign.align.judge;

import java.nio.file.Path;
import java.util.List;
import org.lionalign.align.text.ModelDigest;
import org.lionalign.align.text.TextModel;
import org.lionalign.core.error.BadInput;
import org.lionalign.torch.model.CausalLm;

/**
 * A sequence-classification reward model, Lion's or Hugging Face's ({@code …ForSequenceClassification} with one label): the score of prompt and
 * answer, read at the answer's last token.
 */
public final class RewardJudge implements Judge {
    private final CausalLm model;
    private final AnswerTrees trees;
    private final String identity;

    /**
     * @param model is closed with this
     * @param wholeTemplate whether the score is read after all that the template writes, not at the stop token
     */
    public RewardJudge(CausalLm model, TextModel text, boolean wholeTemplate, int tokensPerPass) {
        if (model.config().labels() != 1) {
            throw BadInput.of(
                    model.directory().resolve("config.json"),
                    "architectures",
                    "a sequence classifier with one label",
                    model.config().architecture() + " with " + model.config().labels());
        }
        this.model = model;
        this.trees = new AnswerTrees(text, wholeTemplate, model.config().longestSequence(), tokensPerPass);
        this.identity = "reward " + model(model, text) + " ending " + (wholeTemplate ? "template" : "stop");
    }

    /** Weights, text side and precision of a model, by content. */
    static String model(CausalLm model, TextModel text) {
        Path folder = model.directory();
        return ModelDigest.weights(folder) + " tokenizer " + text.tokenizer().digest() + " template "
                + ModelDigest.text(text.template().source()) + " "
                + model.options().compute();
    }

    @Override
    public String identity() {
        return identity;
    }

    @Override
    public void judge(List<Question> questions, Sink sink) {
        ACoreEach.judge(model.options().device(), questions, this::judge, sink);
    }

    private Judgement judge(Question question) {
        Distinct distinct = Distinct.of(question.answers());
        double[] scores = Scores.none(distinct.texts().size());
        String[] failures = new String[scores.length];
        for (AnswerTrees.Pass pass : trees.of(question, distinct.texts(), failures)) {
            float[] found = model.scores(pass.batch());
            for (int a = 0; a < found.length; a++) {
                Scores.put(scores, failures, pass.answers().get(a), found[a]);
            }
        }
        return distinct.spread(scores, failures, new double[0][]);
    }

    @Override
    public void close() {
        model.close();
    }
}
