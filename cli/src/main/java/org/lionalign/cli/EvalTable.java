package org.lionalign.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.lionalign.align.eval.Metric;
import org.lionalign.align.eval.SuiteResult;
import org.lionalign.core.json.Json;

/** A suite's numbers for people and for programs. */
final class EvalTable {
    private static final String WITHHELD = "withheld";

    private EvalTable() {}

    /** An aligned table: headline, other numbers, categories, what failed. */
    static String text(SuiteResult result) {
        List<String> lines = new ArrayList<>();
        long failed = failed(result);
        lines.add(String.format(
                Locale.ROOT,
                "%s: %d questions, %d failed",
                result.suite(),
                result.items().size(),
                failed));
        int width = 6;
        for (Metric metric : result.metrics()) {
            width = Math.max(width, metric.name().length());
        }
        for (Metric metric : result.categories()) {
            width = Math.max(width, metric.name().length() + 2);
        }
        lines.add(row(width, "metric", "value", "± error", "n"));
        for (int i = 0; i < result.metrics().size(); i++) {
            Metric metric = result.metrics().get(i);
            boolean hidden = i == 0 && result.withheld();
            lines.add(
                    hidden
                            ? row(width, metric.name(), WITHHELD, "", "" + metric.count())
                            : row(width, metric.name(), number(metric.value()), error(metric), "" + metric.count()));
        }
        if (!result.categories().isEmpty() && !result.withheld()) {
            lines.add(result.metrics().get(0).name() + " by category");
            for (Metric metric : result.categories()) {
                lines.add(row(width, "  " + metric.name(), number(metric.value()), error(metric), "" + metric.count()));
            }
        }
        if (!result.failures().isEmpty()) {
            lines.add("failures");
            for (Map.Entry<String, Long> entry : result.failures().entrySet()) {
                lines.add(row(width, "  " + entry.getKey(), "", "", "" + entry.getValue()));
            }
        }
        if (result.withheld()) {
            lines.add(String.format(
                    Locale.ROOT,
                    "The headline is withheld: %.1f %% of the questions failed, more than %.0f %%.",
                    100.0 * failed / Math.max(1, result.items().size()),
                    100 * SuiteResult.LIMIT));
        }
        return String.join("\n", lines);
    }

    private static long failed(SuiteResult result) {
        return result.items().stream()
                .filter(item -> Double.isNaN(item.score()))
                .count();
    }

    private static String row(int width, String name, String value, String error, String count) {
        return String.format(Locale.ROOT, "%-" + width + "s  %9s  %9s  %6s", name, value, error, count)
                .stripTrailing();
    }

    /** Two decimals; four for shares, which are at most 1. */
    private static String number(double value) {
        return Double.isNaN(value) ? "–" : String.format(Locale.ROOT, Math.abs(value) <= 1 ? "%.4f" : "%.2f", value);
    }

    private static String error(Metric metric) {
        if (Double.isNaN(metric.standardError())) {
            return "";
        }
        return "± "
                + String.format(Locale.ROOT, Math.abs(metric.value()) <= 1 ? "%.4f" : "%.2f", metric.standardError());
    }

    /** Everything of the table in full precision; what is withheld or unknown is null. */
    static ObjectNode json(SuiteResult result) {
        ObjectNode node = Json.object();
        node.put("suite", result.suite());
        node.put("questions", result.items().size());
        node.put("failed", failed(result));
        node.put("withheld", result.withheld());
        ArrayNode metrics = node.putArray("metrics");
        for (int i = 0; i < result.metrics().size(); i++) {
            metrics.add(json(result.metrics().get(i), i == 0 && result.withheld()));
        }
        ArrayNode categories = node.putArray("categories");
        result.categories().forEach(metric -> categories.add(json(metric, result.withheld())));
        ObjectNode failures = node.putObject("failures");
        result.failures().forEach(failures::put);
        return node;
    }

    private static ObjectNode json(Metric metric, boolean hidden) {
        ObjectNode node = Json.object();
        node.put("name", metric.name());
        put(node, "value", hidden ? Double.NaN : metric.value());
        put(node, "standard_error", hidden ? Double.NaN : metric.standardError());
        node.put("count", metric.count());
        return node;
    }

    private static void put(ObjectNode node, String key, double value) {
        if (Double.isFinite(value)) {
            node.put(key, value);
        } else {
            node.putNull(key);
        }
    }
}
