package org.lionalign.align.eval.harness;

import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.lionalign.align.eval.EvalContext;
import org.lionalign.align.eval.Item;
import org.lionalign.align.eval.Metric;
import org.lionalign.align.eval.Suite;
import org.lionalign.align.eval.SuiteResult;
import org.lionalign.align.eval.completion.Means;

/**
 * Tasks under one number, weighted by their questions as the harness's groups are ({@code lm_eval/api/group.py}). Categories are the subgroups, then
 * the tasks.
 *
 * @param size questions in the original
 * @param tasks in the group's order
 * @param subgroups groups within, may be none
 */
record GroupSuite(String name, String about, int size, List<TaskSuite> tasks, List<Subgroup> subgroups)
        implements Suite {
    /** Some of the tasks. */
    record Subgroup(String name, List<String> tasks) {}

    GroupSuite {
        tasks = List.copyOf(tasks);
        subgroups = List.copyOf(subgroups);
    }

    @Override
    public Needs needs() {
        List<Data> data = tasks.stream()
                .flatMap(task -> task.needs().data().stream())
                .distinct()
                .toList();
        return new Needs(data, false, size, about);
    }

    @Override
    public int taskCount() {
        return tasks.size();
    }

    @Override
    public SuiteResult run(EvalContext context) {
        TaskFiles files = new TaskFiles(context.data());
        return combine(tasks.stream().map(task -> task.run(context, files)).toList());
    }

    /** @param parts the tasks' results in their order */
    SuiteResult combine(List<SuiteResult> parts) {
        List<Metric> metrics = new ArrayList<>();
        for (int m = 0; m < parts.get(0).metrics().size(); m++) {
            int at = m;
            String metric = parts.get(0).metrics().get(m).name();
            metrics.add(Means.pooled(
                    metric, parts.stream().map(part -> part.metrics().get(at)).toList()));
        }
        List<Metric> categories = new ArrayList<>();
        for (Subgroup subgroup : subgroups) {
            categories.add(Means.pooled(
                    subgroup.name(),
                    parts.stream()
                            .filter(part -> subgroup.tasks().contains(part.suite()))
                            .map(part -> part.metrics().get(0))
                            .toList()));
        }
        List<Item> items = new ArrayList<>();
        SortedMap<String, Long> failures = new TreeMap<>();
        for (SuiteResult part : parts) {
            Metric headline = part.metrics().get(0);
            categories.add(new Metric(part.suite(), headline.value(), headline.standardError(), headline.count()));
            items.addAll(part.items());
            part.failures().forEach((reason, count) -> failures.merge(reason, count, Long::sum));
        }
        return new SuiteResult(name, metrics, categories, items, failures);
    }
}
