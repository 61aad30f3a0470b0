package org.lionalign.align.eval;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.lionalign.core.json.Json;

/** Results as JSON: whole, to be kept and read again, or as people are shown them. What is not a number is null. */
public final class SuiteJson {
    private SuiteJson() {}

    /** Without questions, and without a headline that is withheld. */
    public static ObjectNode shown(SuiteResult result) {
        ObjectNode node = Json.object();
        node.put("suite", result.suite());
        node.put("questions", result.items().size());
        node.put("failed", result.failed());
        node.put("withheld", result.withheld());
        SuiteResult.Interval interval = result.interval();
        number(node, "low", result.withheld() ? Double.NaN : interval.low());
        number(node, "high", result.withheld() ? Double.NaN : interval.high());
        ArrayNode metrics = node.putArray("metrics");
        for (int i = 0; i < result.metrics().size(); i++) {
            metrics.add(metric(result.metrics().get(i), i == 0 && result.withheld()));
        }
        ArrayNode categories = node.putArray("categories");
        result.categories().forEach(metric -> categories.add(metric(metric, result.withheld())));
        ObjectNode failures = node.putObject("failures");
        result.failures().forEach(failures::put);
        return node;
    }

    /** Everything, questions included. */
    public static ObjectNode whole(SuiteResult result) {
        ObjectNode node = Json.object().put("suite", result.suite());
        ArrayNode metrics = node.putArray("metrics");
        result.metrics().forEach(metric -> metrics.add(metric(metric, false)));
        ArrayNode categories = node.putArray("categories");
        result.categories().forEach(metric -> categories.add(metric(metric, false)));
        ObjectNode failures = node.putObject("failures");
        result.failures().forEach(failures::put);
        ArrayNode items = node.putArray("items");
        for (Item item : result.items()) {
            ObjectNode one = items.addObject().put("id", item.id()).put("category", item.category());
            number(one, "score", item.score());
            one.set("detail", item.detail());
        }
        return node;
    }

    /** What {@link #whole} wrote. */
    public static SuiteResult read(JsonNode node) {
        SortedMap<String, Long> failures = new TreeMap<>();
        node.path("failures")
                .properties()
                .forEach(failure ->
                        failures.put(failure.getKey(), failure.getValue().asLong()));
        List<Item> items = new ArrayList<>();
        for (JsonNode item : node.path("items")) {
            items.add(new Item(
                    item.path("id").asText(),
                    item.path("category").asText(),
                    item.path("score").asDouble(Double.NaN),
                    (ObjectNode) item.path("detail")));
        }
        return new SuiteResult(
                node.path("suite").asText(),
                metrics(node.path("metrics")),
                metrics(node.path("categories")),
                items,
                failures);
    }

    private static List<Metric> metrics(JsonNode list) {
        List<Metric> metrics = new ArrayList<>();
        for (JsonNode metric : list) {
            metrics.add(new Metric(
                    metric.path("name").asText(),
                    metric.path("value").asDouble(Double.NaN),
                    metric.path("standard_error").asDouble(Double.NaN),
                    metric.path("count").asLong()));
        }
        return metrics;
    }

    private static ObjectNode metric(Metric metric, boolean hidden) {
        ObjectNode node = Json.object().put("name", metric.name());
        number(node, "value", hidden ? Double.NaN : metric.value());
        number(node, "standard_error", hidden ? Double.NaN : metric.standardError());
        return node.put("count", metric.count());
    }

    private static void number(ObjectNode node, String key, double value) {
        if (Double.isFinite(value)) {
            node.put(key, value);
        } else {
            node.putNull(key);
        }
    }
}
