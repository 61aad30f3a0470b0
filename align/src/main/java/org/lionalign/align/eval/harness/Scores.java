package org.lionalign.align.eval.harness;

import java.util.List;
import java.util.stream.DoubleStream;
import org.lionalign.align.eval.Metric;
import org.lionalign.align.eval.completion.Means;

/** The harness's metrics of one question, its means and standard errors ({@code lm_eval/api/task.py}, {@code metrics.py}, {@code group.py}). */
final class Scores {
    private Scores() {}

    /** A metric of a question, 0 to 1. */
    enum Kind {
        /** The likeliest choice is the right one. */
        ACC("acc"),
        /** The same with each log-likelihood divided by the choice's length in characters. */
        ACC_NORM("acc_norm"),
        /** TruthfulQA MC2: the right answers' share of the probability of all; the harness calls it acc too. */
        MC2("acc");

        private final String label;

        Kind(String label) {
            this.label = label;
        }

        /** The harness's name. */
        String label() {
            return label;
        }
    }

    /** One question's score. */
    static double of(Kind kind, Question question, double[] logLikelihoods) {
        if (kind == Kind.MC2) {
            double right = 0;
            double all = 0;
            for (int i = 0; i < logLikelihoods.length; i++) {
                double p = Math.exp(logLikelihoods[i]);
                all += p;
                right += question.right().get(i) ? p : 0;
            }
            return right / all; // NaN where every probability is below the smallest double, as in the harness
        }
        return predicted(kind, question, logLikelihoods) == question.gold() ? 1 : 0;
    }

    /** The choice that a metric takes for the model's answer: the first of the largest. */
    static int predicted(Kind kind, Question question, double[] logLikelihoods) {
        int best = 0;
        for (int i = 1; i < logLikelihoods.length; i++) {
            if (value(kind, question, logLikelihoods, i) > value(kind, question, logLikelihoods, best)) {
                best = i;
            }
        }
        return best;
    }

    private static double value(Kind kind, Question question, double[] logLikelihoods, int i) {
        String choice = question.outputs().get(i);
        return kind == Kind.ACC_NORM
                ? logLikelihoods[i] / choice.codePointCount(0, choice.length())
                : logLikelihoods[i];
    }

    /** Mean with its standard error; scores that are NaN do not count. */
    static Metric mean(String name, double[] scores) {
        return Means.of(
                name,
                DoubleStream.of(scores).filter(score -> !Double.isNaN(score)).toArray());
    }

    /** A plain mean of independent parts, {@code unweighted_mean_stderr}; parts without an error have none for the whole. */
    static Metric plain(String name, List<Metric> parts) {
        double sum = 0;
        double squares = 0;
        long count = 0;
        for (Metric part : parts) {
            sum += part.value();
            squares += part.standardError() * part.standardError();
            count += part.count();
        }
        return new Metric(name, sum / parts.size(), Math.sqrt(squares) / parts.size(), count);
    }
}
