package org.lionalign.align.eval;

import java.util.List;
import java.util.SortedMap;

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

    /** Whether too much failed for the headline to mean anything. */
    public boolean withheld() {
        long failed = items.stream().filter(item -> Double.isNaN(item.score())).count();
        return failed > LIMIT * Math.max(1, items.size());
    }
}
