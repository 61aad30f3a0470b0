package org.lionalign.align.eval.run;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.lionalign.align.eval.Item;
import org.lionalign.align.eval.Suite;
import org.lionalign.align.eval.SuiteJson;
import org.lionalign.align.eval.SuiteResult;
import org.lionalign.core.json.Json;
import org.lionalign.core.stats.PairedComparison;

/** Results of checkpoints in suites, with paired tests between every two checkpoints. */
public final class Evaluation {
    /** Said instead of a verdict where too much failed for one. */
    public static final String WITHHELD = "withheld";

    /** Fields of a question that belong to what was asked, where all checkpoints have them alike. */
    private static final Set<String> ASKED = Set.of(
            "prompt",
            "question",
            "instruction",
            "choices",
            "gold",
            "target",
            "shots",
            "instructions",
            "baseline",
            "baseline_model",
            "baseline_answer");

    private final List<String> models;
    private final int limit;
    private final Map<Suite, Map<String, SuiteResult>> results = new LinkedHashMap<>();
    private Map<String, String> commits = Map.of();

    /**
     * @param models their names, in the order they are compared in
     * @param limit questions of each task that were asked at most, 0 for all
     */
    public Evaluation(List<String> models, int limit) {
        this.models = List.copyOf(models);
        this.limit = limit;
    }

    /** A checkpoint's result in a suite. */
    public void add(Suite suite, String model, SuiteResult result) {
        results.computeIfAbsent(suite, s -> new LinkedHashMap<>()).put(model, result);
    }

    /** @param commits of the hub's repositories that questions were read from, by their names */
    public void readFrom(SortedMap<String, String> commits) {
        this.commits = new TreeMap<>(commits);
    }

    /** Whether a headline is withheld. */
    public boolean withheld() {
        return results.values().stream().flatMap(of -> of.values().stream()).anyMatch(SuiteResult::withheld);
    }

    /** Verdicts in a line: {@code dpo better in mt_bench}; empty where nothing differs. */
    public String said() {
        List<String> said = new ArrayList<>();
        for (Map.Entry<Suite, Map<String, SuiteResult>> one : results.entrySet()) {
            for (int i = 1; i < models.size(); i++) {
                SuiteResult before = one.getValue().get(models.get(i - 1));
                SuiteResult after = one.getValue().get(models.get(i));
                if (before != null && after != null && !before.withheld() && !after.withheld()) {
                    PairedComparison.Verdict verdict =
                            SuitePair.compare(before, after).verdict();
                    if (verdict != PairedComparison.Verdict.NO_EVIDENCE) {
                        said.add(models.get(i) + " " + verdict + " in "
                                + one.getKey().name());
                    }
                }
            }
        }
        return String.join(", ", said);
    }

    /**
     * For programs, the terminal and the report: {@code models}, {@code limit}, {@code hub} (commits, where questions came from there), {@code suites} with results and comparisons.
     *
     * @param questions of each suite to show, 0 for none; the first ones, and their number in all beside them
     */
    public ObjectNode toJson(int questions) {
        ObjectNode node = Json.object();
        models.forEach(node.putArray("models")::add);
        node.put("limit", limit);
        if (!commits.isEmpty()) {
            ObjectNode hub = node.putObject("hub");
            commits.forEach(hub::put);
        }
        ArrayNode suites = node.putArray("suites");
        results.forEach((suite, of) -> {
            ObjectNode one = suites.addObject().put("suite", suite.name());
            one.put("about", suite.needs().about()).put("size", suite.needs().questions());
            ArrayNode list = one.putArray("results");
            of.forEach((model, result) -> {
                ObjectNode shown = Json.object().put("model", model);
                shown.setAll(SuiteJson.shown(result));
                list.add(shown);
            });
            compare(of, one.putArray("comparisons"));
            if (questions > 0) {
                questions(of, questions, one);
            }
        });
        return node;
    }

    private void compare(Map<String, SuiteResult> of, ArrayNode comparisons) {
        for (int i = 0; i < models.size(); i++) {
            for (int j = i + 1; j < models.size(); j++) {
                SuiteResult first = of.get(models.get(i));
                SuiteResult second = of.get(models.get(j));
                if (first != null && second != null) {
                    boolean withheld = first.withheld() || second.withheld();
                    ObjectNode node =
                            comparisons.addObject().put("from", models.get(i)).put("to", models.get(j));
                    write(SuitePair.compare(first, second), withheld, node);
                    ArrayNode parts = Json.MAPPER.createArrayNode();
                    SuitePair.byPart(first, second)
                            .forEach((part, test) ->
                                    write(test, withheld, parts.addObject().put("part", part)));
                    if (!parts.isEmpty()) {
                        node.set("parts", parts);
                    }
                }
            }
        }
    }

    private static void write(PairedComparison test, boolean withheld, ObjectNode node) {
        node.put("test", test.test()).put("questions", test.pairs()).put("unpaired", test.unpaired());
        number(node, "difference", withheld ? Double.NaN : test.difference());
        number(node, "standard_error", withheld ? Double.NaN : test.standardError());
        number(node, "low", withheld ? Double.NaN : test.low());
        number(node, "high", withheld ? Double.NaN : test.high());
        number(node, "p", withheld ? Double.NaN : test.pValue());
        node.put("verdict", withheld ? WITHHELD : test.verdict().toString());
    }

    private static void number(ObjectNode node, String key, double value) {
        if (Double.isNaN(value)) {
            node.putNull(key);
        } else {
            node.put(key, value);
        }
    }

    /** What was asked stands once, beside what each checkpoint made of it. */
    private void questions(Map<String, SuiteResult> of, int most, ObjectNode suite) {
        Map<String, Map<String, Item>> byId = new LinkedHashMap<>();
        of.forEach((model, result) -> result.items()
                .forEach(item -> byId.computeIfAbsent(item.id(), id -> new LinkedHashMap<>())
                        .put(model, item)));
        suite.put("questions_in_all", byId.size());
        ArrayNode list = suite.putArray("questions");
        byId.entrySet().stream().limit(most).forEach(entry -> {
            Map<String, Item> items = entry.getValue();
            Item any = items.values().iterator().next();
            ObjectNode question = list.addObject().put("id", entry.getKey()).put("category", any.category());
            Set<String> keys = new LinkedHashSet<>();
            items.values().forEach(item -> item.detail().fieldNames().forEachRemaining(keys::add));
            ObjectNode shared = question.putObject("shared");
            for (String key : keys) {
                JsonNode value = any.detail().path(key);
                if (ASKED.contains(key)
                        && items.values().stream()
                                .allMatch(item -> item.detail().path(key).equals(value))) {
                    shared.set(key, value);
                }
            }
            ObjectNode own = question.putObject("models");
            items.forEach((model, item) -> {
                ObjectNode one = own.putObject(model);
                number(one, "score", item.score());
                ObjectNode detail = one.putObject("detail");
                item.detail().properties().stream()
                        .filter(field -> !shared.has(field.getKey()))
                        .forEach(field -> detail.set(field.getKey(), field.getValue()));
            });
        });
    }

    /** Every question as a line: {@code suite}, {@code model}, {@code id}, {@code category}, {@code score}, {@code detail}. */
    public void questions(Consumer<String> lines) {
        results.forEach((suite, of) -> of.forEach((model, result) -> {
            for (Item item : result.items()) {
                ObjectNode line = Json.object().put("suite", suite.name()).put("model", model);
                line.put("id", item.id()).put("category", item.category());
                number(line, "score", item.score());
                line.set("detail", item.detail());
                lines.accept(Json.write(line));
            }
        }));
    }
}
