package org.lionalign.align.eval.harness;

import java.util.List;
import org.lionalign.align.eval.Metric;

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

    /** Mean with {@code mean_stderr}: sample deviation over √n; NaN for one question. Scores that are NaN do not count. */
    static Metric mean(String name, double[] scores) {
        double sum = 0;
        int count = 0;
        for (double score : scores) {
            if (!Double.isNaN(score)) {
                sum += score;
                count++;
            }
        }
        double mean = sum / count;
        double squares = 0;
        for (double score : scores) {
            squares += Double.isNaN(score) ? 0 : (score - mean) * (score - mean);
        }
        double error = count > 1 ? Math.sqrt(squares / (count - 1)) / Math.sqrt(count) : Double.NaN;
        return new Metric(name, mean, error, count);
    }

    /** A group's number: parts weighted by their questions, {@code pooled_sample_stderr}. */
    static Metric pooled(String name, List<Metric> parts) {
        double sum = 0;
        double variance = 0;
        long count = 0;
        for (Metric part : parts) {
            sum += part.value() * part.count();
            variance += (part.count() - 1) * part.standardError() * part.standardError() * part.count();
            count += part.count();
        }
        double pooled = variance / (count - parts.size());
        return new Metric(name, sum / count, Math.sqrt(pooled / count), count);
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
