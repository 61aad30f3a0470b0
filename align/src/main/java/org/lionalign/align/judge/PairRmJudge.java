package org.lionalign.align.judge;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.lionalign.align.text.ModelDigest;
import org.lionalign.core.chat.Message;
import org.lionalign.torch.encoder.PairMatrix;
import org.lionalign.torch.encoder.PairRanker;

/**
 * PairRM (Jiang et al. 2023) as LION uses it (LION.md 2.11): every answer against every other in both orders, on a source text of lines
 * {@code role: content}.
 *
 * <p>{@code faithful}: LLM-Blender's candidate budget, which follows from the longest source of its batch. A judgement then depends on the
 * questions that it is asked beside: {@code batch} of them, counted from the first of each call.
 */
public final class PairRmJudge implements Judge {
    /** LION's examples judge eight rows at a time. */
    public static final int LION_BATCH = 8;

    private final PairRanker ranker;
    private final boolean faithful;
    private final int batch;
    private final String identity;

    /** @param batch rows that share a budget when {@code faithful} */
    public PairRmJudge(Path folder, boolean faithful, int batch) {
        this.ranker = PairRanker.load(folder);
        this.faithful = faithful;
        this.batch = batch;
        this.identity = "pairrm " + ModelDigest.weights(folder) + " tokenizer "
                + ModelDigest.file(folder.resolve("tokenizer.json")) + (faithful ? " faithful " + batch : "");
    }

    @Override
    public String identity() {
        return identity;
    }

    /** The prompt as LION hands it to PairRM. */
    static String source(Question question) {
        List<String> lines = new ArrayList<>();
        for (Message message : question.prompt().messages()) {
            lines.add(message.role() + ": " + message.content());
        }
        return String.join("\n", lines).strip();
    }

    @Override
    public void judge(List<Question> questions, Sink sink) {
        int size = faithful ? batch : 1;
        for (int from = 0; from < questions.size(); from += size) {
            int to = Math.min(questions.size(), from + size);
            int longest = 0;
            for (Question question : questions.subList(from, to)) {
                longest = Math.max(longest, ranker.sourceTokens(source(question)));
            }
            for (int q = from; q < to; q++) {
                sink.onJudgement(q, judge(questions.get(q), longest));
            }
        }
    }

    private Judgement judge(Question question, int sourceTokens) {
        Distinct distinct = Distinct.of(question.answers());
        PairMatrix found = ranker.compare(source(question), distinct.texts(), sourceTokens);
        // Equal texts count as often as they were sampled, as in LLM-Blender; they draw with each other.
        int n = distinct.of().length;
        double[][] logits = new double[n][n];
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                logits[i][j] = found.logits()[distinct.of()[i]][distinct.of()[j]];
            }
        }
        return judgement(new PairMatrix(logits));
    }

    static Judgement judgement(PairMatrix matrix) {
        double[] found = matrix.scores();
        double[] scores = Scores.none(found.length);
        String[] failures = new String[found.length];
        for (int a = 0; a < found.length; a++) {
            Scores.put(scores, failures, a, found[a]);
        }
        return new Judgement(scores, failures, matrix.logits());
    }

    @Override
    public void close() {
        ranker.close();
    }
}
