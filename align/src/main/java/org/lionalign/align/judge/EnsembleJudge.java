package org.lionalign.align.judge;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.lionalign.core.json.Json;

/**
 * Several judges as one. Their scales differ, so each one's scores become ranks within the question first: 1 for the best answer, 0 for the
 * worst, evenly between, equal scores sharing the mean. The score is the weighted mean of the ranks.
 *
 * <p>An answer that one of them could not judge fails: a mean over fewer judges would be compared with means over all.
 */
public final class EnsembleJudge implements Judge {
    private final List<Judge> judges;
    private final List<String> names;
    private final double[] weights;

    /** @param names for failures and usage; the judges are closed with this */
    public EnsembleJudge(List<Judge> judges, List<String> names, double[] weights) {
        if (judges.size() != weights.length
                || names.size() != weights.length
                || Arrays.stream(weights).sum() <= 0) {
            throw new IllegalArgumentException("expected a weight for each judge, found " + Arrays.toString(weights));
        }
        this.judges = List.copyOf(judges);
        this.names = List.copyOf(names);
        this.weights = weights.clone();
    }

    @Override
    public String identity() {
        StringBuilder all = new StringBuilder("ensemble of ranks");
        for (int j = 0; j < judges.size(); j++) {
            all.append(" [")
                    .append(weights[j])
                    .append(' ')
                    .append(judges.get(j).identity())
                    .append(']');
        }
        return all.toString();
    }

    @Override
    public void judge(List<Question> questions, Sink sink) {
        List<List<Judgement>> each = new ArrayList<>();
        for (Judge judge : judges) {
            each.add(judge.judge(questions));
        }
        double total = Arrays.stream(weights).sum();
        for (int q = 0; q < questions.size(); q++) {
            int n = questions.get(q).answers().size();
            double[] scores = new double[n];
            String[] failures = new String[n];
            for (int j = 0; j < judges.size(); j++) {
                Judgement judgement = each.get(j).get(q);
                for (int a = 0; a < n; a++) {
                    if (judgement.failures()[a] != null && failures[a] == null) {
                        failures[a] = names.get(j) + ": " + judgement.failures()[a];
                    }
                }
            }
            for (int j = 0; j < judges.size(); j++) {
                double[] ranks = ranks(each.get(j).get(q).scores(), failures);
                for (int a = 0; a < n; a++) {
                    scores[a] += weights[j] / total * ranks[a];
                }
            }
            for (int a = 0; a < n; a++) {
                scores[a] = failures[a] == null ? scores[a] : Double.NaN;
            }
            sink.onJudgement(q, new Judgement(scores, failures, null));
        }
    }

    /** Ranks in [0, 1] among the answers that nobody failed on; ½ for an answer alone. */
    private static double[] ranks(double[] scores, String[] failures) {
        double[] ranks = new double[scores.length];
        for (int a = 0; a < scores.length; a++) {
            double below = 0;
            int others = 0;
            for (int b = 0; b < scores.length; b++) {
                if (b != a && failures[b] == null) {
                    others++;
                    below += scores[b] < scores[a] ? 1 : scores[b] == scores[a] ? 0.5 : 0;
                }
            }
            ranks[a] = others == 0 ? 0.5 : below / others;
        }
        return ranks;
    }

    @Override
    public ObjectNode usage() {
        ObjectNode all = Json.object();
        for (int j = 0; j < judges.size(); j++) {
            ObjectNode one = judges.get(j).usage();
            if (!one.isEmpty()) {
                all.set(names.get(j), one);
            }
        }
        return all;
    }

    @Override
    public void close() {
        judges.forEach(Judge::close);
    }
}
