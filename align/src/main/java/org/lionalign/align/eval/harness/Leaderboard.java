package org.lionalign.align.eval.harness;

import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import org.lionalign.align.eval.EvalContext;
import org.lionalign.align.eval.Item;
import org.lionalign.align.eval.Metric;
import org.lionalign.align.eval.Suite;
import org.lionalign.align.eval.SuiteResult;

/**
 * Six suites under a plain mean, in per cent.
 *
 * @param parts in the leaderboard's order
 * @param about one line for people
 */
record Leaderboard(String name, String about, List<Part> parts) implements Suite {
    /**
     * @param label as the leaderboard's column is called
     * @param official the part's share of the average, 0 to 1, as the leaderboard counts it
     * @param coarse as the LION evaluation counts it: one lower bound for the whole part
     */
    record Part(
            String label, Suite suite, Function<SuiteResult, Metric> official, Function<SuiteResult, Metric> coarse) {
        /** A part that counts as it is. */
        static Part plain(String label, Suite suite, Function<SuiteResult, Metric> value) {
            return new Part(label, suite, value, value);
        }
    }

    Leaderboard {
        parts = List.copyOf(parts);
    }

    @Override
    public Needs needs() {
        List<Data> data = parts.stream()
                .flatMap(part -> part.suite().needs().data().stream())
                .distinct()
                .toList();
        int questions = parts.stream()
                .mapToInt(part -> part.suite().needs().questions())
                .sum();
        return new Needs(data, false, questions, about);
    }

    @Override
    public int taskCount() {
        return parts.stream().mapToInt(part -> part.suite().taskCount()).sum();
    }

    @Override
    public SuiteResult run(EvalContext context) {
        return combine(parts.stream().map(part -> part.suite().run(context)).toList());
    }

    /** @param results the parts' in their order */
    SuiteResult combine(List<SuiteResult> results) {
        List<Metric> official = new ArrayList<>();
        List<Metric> coarse = new ArrayList<>();
        List<Item> items = new ArrayList<>();
        SortedMap<String, Long> failures = new TreeMap<>();
        for (int i = 0; i < parts.size(); i++) {
            Part part = parts.get(i);
            SuiteResult result = results.get(i);
            official.add(percent(part.label(), part.official().apply(result)));
            coarse.add(percent(part.label(), part.coarse().apply(result)));
            // Under the part, which is what the leaderboard averages; the id says the task.
            result.items().forEach(item -> items.add(new Item(item.id(), part.label(), item.score(), item.detail())));
            result.failures()
                    .forEach((reason, count) -> failures.merge(part.label() + ": " + reason, count, Long::sum));
        }
        List<Metric> metrics = new ArrayList<>(List.of(Scores.plain("average", official)));
        List<Metric> categories = new ArrayList<>(official);
        if (!official.equals(coarse)) {
            metrics.add(Scores.plain("average, one lower bound for each part", coarse));
            for (Metric metric : coarse) {
                if (!official.contains(metric)) {
                    categories.add(new Metric(
                            metric.name() + ", one lower bound",
                            metric.value(),
                            metric.standardError(),
                            metric.count()));
                }
            }
        }
        return new SuiteResult(name, metrics, categories, items, failures);
    }

    private static Metric percent(String name, Metric metric) {
        return new Metric(name, 100 * metric.value(), 100 * metric.standardError(), metric.count());
    }

    /** What is above chance as a share of what could be: max(0, (x − bound)/(1 − bound)). */
    static Metric normalised(Metric metric, double bound) {
        return new Metric(
                metric.name(),
                Math.max(0, (metric.value() - bound) / (1 - bound)),
                metric.standardError() / (1 - bound),
                metric.count());
    }

    /** Each task normalised by its own chance level 1/choices, then the plain mean: the official rule for parts with subtasks. */
    static Metric bySubtask(GroupSuite group, SuiteResult result) {
        List<Metric> parts = new ArrayList<>();
        for (TaskSuite suite : group.tasks()) {
            Metric metric = result.categories().stream()
                    .filter(category -> category.name().equals(suite.name()))
                    .findFirst()
                    .orElseThrow();
            parts.add(normalised(metric, 1.0 / suite.task().choices()));
        }
        return Scores.plain(group.name(), parts);
    }
}
