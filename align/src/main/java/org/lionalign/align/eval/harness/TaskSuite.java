package org.lionalign.align.eval.harness;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.DoubleStream;
import org.jspecify.annotations.Nullable;
import org.lionalign.align.eval.EvalContext;
import org.lionalign.align.eval.Item;
import org.lionalign.align.eval.Metric;
import org.lionalign.align.eval.ResultStore;
import org.lionalign.align.eval.Suite;
import org.lionalign.align.eval.SuiteResult;
import org.lionalign.align.eval.harness.Rows.Row;
import org.lionalign.core.json.Json;

/** One task as a suite: its questions with their few-shot examples, scored as trees, with the harness's metrics. */
final class TaskSuite implements Suite {
    private final Task task;
    private final Prompting prompting;

    TaskSuite(Task task, Prompting prompting) {
        this.task = task;
        this.prompting = prompting;
    }

    Task task() {
        return task;
    }

    @Override
    public String name() {
        return task.name();
    }

    @Override
    public Needs needs() {
        List<Data> data = new ArrayList<>(List.of(task.questions().needed("")));
        if (task.shots() instanceof Task.Shots.First first) {
            data.add(first.source().needed(""));
        } else if (task.shots() instanceof Task.Shots.Drawn drawn) {
            data.add(drawn.source().needed("few-shot examples come from the evaluated split"));
        }
        return new Needs(data, false, task.size(), task.about());
    }

    @Override
    public SuiteResult run(EvalContext context) {
        return run(context, new TaskFiles(context.data()));
    }

    /** Rows of the task's subject, all where it has none. */
    static List<Row> ofSubject(List<Row> rows, Task task) {
        String subject = task.subject();
        return subject == null
                ? rows
                : rows.stream()
                        .filter(row ->
                                subject.equals(row.value().path("subject").asText()))
                        .toList();
    }

    /** A question with what is scored for it. */
    record Asked(Question question, Request request) {}

    /** The task's questions with their prompts, in the file's order. */
    record Questions(List<Asked> asked, boolean borrowedShots) {}

    Questions questions(org.lionalign.align.text.TextModel text, TaskFiles files, int limit) {
        List<Row> rows = ofSubject(files.rows(task.questions(), task.name()), task);
        if (rows.isEmpty()) {
            throw new org.lionalign.core.error.BadInput(task.name() + ": "
                    + task.questions().places() + ": expected rows with subject " + task.subject() + ", found none");
        }
        List<Question> questions = new ArrayList<>();
        for (Row row : rows) {
            questions.add(task.format().read(row, files.global()));
        }
        FewShots shots = new FewShots(task, files, rows);
        List<Asked> asked = new ArrayList<>();
        for (Question question : limit > 0 && limit < questions.size() ? questions.subList(0, limit) : questions) {
            asked.add(new Asked(question, Request.of(prompting, text, task, shots.before(question), question)));
        }
        return new Questions(asked, shots.borrowed());
    }

    SuiteResult run(EvalContext context, TaskFiles files) {
        Questions questions = questions(context.text(), files, context.limit());
        List<Asked> asked = questions.asked();
        ResultStore store =
                ResultStore.open(context.store().resolve(task.name()).resolve("logliks.jsonl"));
        List<double[]> logLikelihoods = new ArrayList<>();
        int[] cuts = new int[asked.size()];
        List<String> keys = new ArrayList<>();
        LikelihoodScorer scorer =
                new LikelihoodScorer(context.model(), LikelihoodScorer.TOKENS_PER_PASS, (index, numbers) -> {
                    if (DoubleStream.of(numbers).allMatch(Double::isFinite)) {
                        logLikelihoods.set(index, numbers);
                        ObjectNode value = Json.object();
                        value.set("logliks", Json.MAPPER.valueToTree(numbers));
                        store.put(keys.get(index), value.put("cut", cuts[index]));
                    }
                    context.progress().run();
                });
        for (int q = 0; q < asked.size(); q++) {
            Request request = asked.get(q).request();
            keys.add(key(context, request));
            JsonNode known = store.get(keys.get(q));
            if (known != null) {
                logLikelihoods.add(Json.MAPPER.convertValue(known.get("logliks"), double[].class));
                cuts[q] = known.get("cut").intValue();
                context.progress().run();
                continue;
            }
            logLikelihoods.add(new double[0]);
            List<Request.@Nullable Sequence> sequences =
                    request.encode(context.text(), context.model().config().context());
            if (sequences.stream().allMatch(Objects::nonNull)) {
                List<Request.Sequence> whole =
                        sequences.stream().map(Objects::requireNonNull).toList();
                cuts[q] = whole.stream().mapToInt(Request.Sequence::cut).max().orElse(0);
                scorer.add(q, whole);
            } else {
                context.progress().run();
            }
        }
        scorer.finish();
        return result(asked, logLikelihoods, cuts, questions.borrowedShots());
    }

    /** Everything that shapes a question's log-likelihoods. */
    private static String key(EvalContext context, Request request) {
        return ResultStore.key(
                context.identity(),
                context.model().options().compute().name(),
                context.model().config().context(),
                request.contexts().stream().distinct().toList(),
                request.continuations());
    }

    /** @param logLikelihoods of each question, empty where it could not be scored */
    SuiteResult result(List<Asked> asked, List<double[]> logLikelihoods, int[] cuts, boolean borrowedShots) {
        List<Metric> metrics = new ArrayList<>();
        List<Scores.Kind> kinds = new ArrayList<>(List.of(task.headline()));
        task.metrics().stream().filter(kind -> kind != task.headline()).forEach(kinds::add);
        for (Scores.Kind kind : kinds) {
            double[] scores = new double[asked.size()];
            for (int q = 0; q < scores.length; q++) {
                scores[q] = score(kind, asked.get(q), logLikelihoods.get(q));
            }
            metrics.add(Scores.mean(kind.label(), scores));
        }
        List<Item> items = new ArrayList<>();
        SortedMap<String, Long> failures = new TreeMap<>();
        for (int q = 0; q < asked.size(); q++) {
            double[] numbers = logLikelihoods.get(q);
            double score = score(task.headline(), asked.get(q), numbers);
            if (numbers.length == 0) {
                failures.merge(
                        "not scored: a choice without tokens of its own, or longer than the model's context, or of no finite likelihood",
                        1L,
                        Long::sum);
            } else if (Double.isNaN(score)) {
                failures.merge("every answer's probability is too small for a number", 1L, Long::sum);
            }
            if (cuts[q] > 0) {
                failures.merge("cut on the left to the model's context", 1L, Long::sum);
            }
            items.add(new Item(
                    task.name() + "#" + q,
                    task.name(),
                    score,
                    detail(asked.get(q).question(), numbers, cuts[q])));
        }
        if (borrowedShots) {
            failures.put("few-shot examples from the evaluated split, for the data folder has no training split", (long)
                    asked.size());
        }
        return new SuiteResult(task.name(), metrics, List.of(), items, failures);
    }

    private static double score(Scores.Kind kind, Asked asked, double[] numbers) {
        return numbers.length == 0 ? Double.NaN : Scores.of(kind, asked.question(), numbers);
    }

    private ObjectNode detail(Question question, double[] numbers, int cut) {
        ObjectNode detail = Json.object();
        ArrayNode prompts = detail.putArray("prompt");
        question.inputs().stream().distinct().forEach(prompts::add);
        ArrayNode choices = detail.putArray("choices");
        question.outputs().forEach(choices::add);
        detail.put("shots", task.shotCount()).put("gold", question.gold());
        if (numbers.length > 0) {
            ArrayNode logLikelihoods = detail.putArray("logliks");
            for (double number : numbers) {
                logLikelihoods.add(number);
            }
            detail.put("predicted", Scores.predicted(task.headline(), question, numbers));
        }
        if (cut > 0) {
            detail.put("tokens_cut_on_the_left", cut);
        }
        return detail;
    }
}
