package org.lionalign.align.eval.completion;

import java.util.List;
import org.lionalign.align.eval.Metric;

/** Means with the standard errors of lm-evaluation-harness ({@code api/metrics.py}). */
public final class Means {
    private Means() {}

    /** {@code mean_stderr}: sample standard deviation over √n; NaN for fewer than two scores. */
    public static Metric of(String name, double[] scores) {
        double sum = 0;
        for (double score : scores) {
            sum += score;
        }
        double mean = sum / scores.length;
        double squares = 0;
        for (double score : scores) {
            squares += (score - mean) * (score - mean);
        }
        int n = scores.length;
        return new Metric(name, mean, n > 1 ? Math.sqrt(squares / (n - 1) / n) : Double.NaN, n);
    }

    /**
     * Parts weighted by their questions: {@code aggregate_subtask_metrics} and {@code pooled_sample_stderr}, which treats the deviations
     * within the parts alone as chance.
     */
    public static Metric pooled(String name, List<Metric> parts) {
        double sum = 0;
        double variance = 0;
        long count = 0;
        for (Metric part : parts) {
            sum += part.value() * part.count();
            variance += (part.count() - 1) * part.standardError() * part.standardError() * part.count();
            count += part.count();
        }
        return new Metric(name, sum / count, Math.sqrt(variance / (count - parts.size()) / count), count);
    }
}
