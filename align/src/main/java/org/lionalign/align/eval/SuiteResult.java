package org.lionalign.align.eval;

import java.util.List;
import java.util.SortedMap;
import java.util.stream.DoubleStream;
import org.lionalign.core.stats.Wilson;

/**
 * A suite's numbers.
 *
 * @param metrics the headline first
 * @param categories the headline by category, in the suite's order
 * @param failures counts by reason: judge failures, unparsed verdicts, truncated answers; shown beside the headline, which is withheld above
 *     {@link #LIMIT} of the questions
 */
public record SuiteResult(
        String suite,
        List<Metric> metrics,
        List<Metric> categories,
        List<Item> items,
        SortedMap<String, Long> failures) {
    /** Share of failed questions above which the headline says nothing. */
    public static final double LIMIT = 0.05;

    public SuiteResult {
        metrics = List.copyOf(metrics);
        categories = List.copyOf(categories);
        items = List.copyOf(items);
    }

    /** Questions without a score. */
    public long failed() {
        return items.stream().filter(item -> Double.isNaN(item.score())).count();
    }

    /** A 95 % interval. */
    public record Interval(double low, double high) {}

    /**
     * Of the headline: the suite's own where it has one (Arena-Hard's bootstrap); Wilson's where the headline is the share of right answers, for
     * 0 of 20 says more than 0 ± 0; else 1.96 standard errors. NaN where there is none.
     */
    public Interval interval() {
        if (metrics.isEmpty()) {
            return new Interval(Double.NaN, Double.NaN);
        }
        double low = named("interval_low");
        double high = named("interval_high");
        if (!Double.isNaN(low) && !Double.isNaN(high)) {
            return new Interval(low, high);
        }
        Metric headline = metrics.get(0);
        double[] scores = items.stream()
                .mapToDouble(Item::score)
                .filter(score -> !Double.isNaN(score))
                .toArray();
        boolean shares = DoubleStream.of(scores).allMatch(score -> score == 0 || score == 1);
        long right = DoubleStream.of(scores).filter(score -> score == 1).count();
        if (shares && scores.length > 0 && Math.abs((double) right / scores.length - headline.value()) < 1e-9) {
            Wilson wilson = Wilson.interval(right, scores.length);
            return new Interval(wilson.low(), wilson.high());
        }
        double half = Wilson.Z95 * headline.standardError();
        return new Interval(headline.value() - half, headline.value() + half);
    }

    private double named(String name) {
        return metrics.stream()
                .filter(metric -> metric.name().equals(name))
                .mapToDouble(Metric::value)
                .findFirst()
                .orElse(Double.NaN);
    }

    /** Whether too much failed for the headline to mean anything. */
    public boolean withheld() {
        return failed() > LIMIT * Math.max(1, items.size());
    }
}
