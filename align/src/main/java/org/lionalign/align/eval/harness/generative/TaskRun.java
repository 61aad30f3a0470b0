package org.lionalign.align.eval.harness.generative;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.lionalign.align.eval.EvalContext;
import org.lionalign.align.eval.Item;
import org.lionalign.align.eval.Metric;
import org.lionalign.align.eval.ResultStore;
import org.lionalign.align.eval.SuiteResult;
import org.lionalign.align.eval.completion.Completions;
import org.lionalign.align.eval.completion.Completions.Given;
import org.lionalign.align.eval.completion.Means;
import org.lionalign.align.eval.harness.generative.GenerativeTask.Mark;
import org.lionalign.align.eval.harness.generative.GenerativeTask.Question;
import org.lionalign.core.json.Json;

/** Asks a checkpoint a task's questions and scores what it says. */
final class TaskRun {
    private TaskRun() {}

    static List<Given> ask(GenerativeTask task, EvalContext context, ResultStore store) {
        return new Completions(context, store)
                .to(task.questions().stream()
                        .map(q -> new Completions.Ask(q.context(), false, task.until(), task.maxNewTokens()))
                        .toList());
    }

    /** @param answers to the task's questions, in their order */
    static SuiteResult score(GenerativeTask task, List<Given> answers) {
        List<Item> items = new ArrayList<>();
        SortedMap<String, Long> failures = new TreeMap<>();
        List<List<Mark>> all = new ArrayList<>();
        for (int i = 0; i < answers.size(); i++) {
            Question question = task.questions().get(i);
            Given given = answers.get(i);
            List<Mark> marks = task.scoring().marks(question, given.text());
            all.add(marks);
            ObjectNode detail = Json.object();
            detail.put("prompt", question.context());
            detail.put("answer", given.text());
            detail.put("target", question.target());
            for (Mark mark : marks) {
                detail.put("extracted " + mark.metric(), mark.extracted());
                detail.put(mark.metric(), mark.score());
            }
            if (given.truncated()) {
                detail.put("truncated", true);
                failures.merge("truncated answers", 1L, Long::sum);
            }
            if (given.promptLost() > 0) {
                detail.put("prompt_tokens_lost", given.promptLost());
                failures.merge("truncated prompts", 1L, Long::sum);
            }
            if (marks.get(0).extracted().equals(Extraction.INVALID)) {
                failures.merge("no answer found", 1L, Long::sum);
            }
            items.add(new Item(question.id(), task.name(), marks.get(0).score(), detail));
        }
        List<Metric> metrics = new ArrayList<>();
        for (int m = 0; m < all.get(0).size(); m++) {
            int at = m;
            metrics.add(Means.of(
                    all.get(0).get(m).metric(),
                    all.stream().mapToDouble(marks -> marks.get(at).score()).toArray()));
        }
        return new SuiteResult(task.name(), metrics, List.of(), items, failures);
    }

    /** Tasks under one name, weighted by their questions; each is a category. */
    static SuiteResult group(String name, List<SuiteResult> parts) {
        List<Metric> metrics = new ArrayList<>();
        for (int m = 0; m < parts.get(0).metrics().size(); m++) {
            int at = m;
            metrics.add(Means.pooled(
                    parts.get(0).metrics().get(m).name(),
                    parts.stream().map(part -> part.metrics().get(at)).toList()));
        }
        List<Metric> categories = new ArrayList<>();
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
