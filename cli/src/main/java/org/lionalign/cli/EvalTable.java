package org.lionalign.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.lionalign.align.eval.Metric;
import org.lionalign.align.eval.SuiteResult;

/** A suite's numbers, and those of several checkpoints in several suites, for people. */
final class EvalTable {
    private static final String WITHHELD = "withheld";
    private static final int NOTE = 60;

    private EvalTable() {}

    /** An aligned table: headline, other numbers, categories, what failed. */
    static String text(SuiteResult result) {
        List<String> lines = new ArrayList<>();
        lines.add(String.format(
                Locale.ROOT,
                "%s: %d questions, %d failed",
                result.suite(),
                result.items().size(),
                result.failed()));
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
                    100.0 * result.failed() / Math.max(1, result.items().size()),
                    100 * SuiteResult.LIMIT));
        }
        return String.join("\n", lines);
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
        return error(metric.value(), metric.standardError());
    }

    private static String error(double value, double error) {
        return Double.isNaN(error)
                ? ""
                : "± " + String.format(Locale.ROOT, Math.abs(value) <= 1 ? "%.4f" : "%.2f", error);
    }

    /**
     * Headlines with what failed, and what the paired tests say.
     *
     * @param evaluation as {@code results.json} and {@code evaluation.json} have it
     */
    static String headlines(JsonNode evaluation) {
        List<String[]> rows = new ArrayList<>();
        rows.add(new String[] {"suite", "model", "metric", "value", "± error", "95 %", "n", "failed", "counted"});
        for (JsonNode suite : evaluation.path("suites")) {
            for (JsonNode result : suite.path("results")) {
                JsonNode headline = result.path("metrics").path(0);
                boolean hidden = result.path("withheld").asBoolean();
                double value = headline.path("value").asDouble(Double.NaN);
                double low = result.path("low").asDouble(Double.NaN);
                List<String> counted = new ArrayList<>();
                result.path("failures")
                        .properties()
                        .forEach(failure -> counted.add(failure.getValue().asLong() + " " + failure.getKey()));
                List<String> notes = notes(counted);
                rows.add(new String[] {
                    suite.path("suite").asText(),
                    result.path("model").asText(),
                    headline.path("name").asText(""),
                    hidden ? WITHHELD : number(value),
                    hidden ? "" : error(value, headline.path("standard_error").asDouble(Double.NaN)),
                    hidden || Double.isNaN(low)
                            ? ""
                            : number(low) + " to " + number(result.path("high").asDouble()),
                    "" + result.path("questions").asLong(),
                    "" + result.path("failed").asLong(),
                    notes.get(0)
                });
                for (String more : notes.subList(1, notes.size())) {
                    rows.add(new String[] {"", "", "", "", "", "", "", "", more});
                }
            }
        }
        StringBuilder text = new StringBuilder(aligned(rows, List.of(3, 4, 6, 7)));
        List<String[]> tests = new ArrayList<>();
        tests.add(new String[] {"suite", "from", "to", "difference", "95 %", "p", "n", "test", "verdict"});
        for (JsonNode suite : evaluation.path("suites")) {
            for (JsonNode pair : suite.path("comparisons")) {
                tests.add(test(suite.path("suite").asText(), pair, pair));
                for (JsonNode part : pair.path("parts")) {
                    tests.add(test("  " + part.path("part").asText(), pair, part));
                }
            }
        }
        if (tests.size() > 1) {
            text.append("\n\nQuestion by question, the same questions for both:\n")
                    .append(aligned(tests, List.of(3, 5, 6)));
        }
        return text.toString();
    }

    /** What was counted, in lines that are not too long; at least one. */
    private static List<String> notes(List<String> counted) {
        List<String> lines = new ArrayList<>();
        StringBuilder line = new StringBuilder();
        for (String one : counted) {
            if (line.length() > 0 && line.length() + one.length() > NOTE) {
                lines.add(line + ";");
                line.setLength(0);
            }
            line.append(line.length() == 0 ? "" : "; ").append(one);
        }
        lines.add(line.toString());
        return lines;
    }

    private static String[] test(String suite, JsonNode pair, JsonNode test) {
        double p = test.path("p").asDouble(Double.NaN);
        double low = test.path("low").asDouble(Double.NaN);
        return new String[] {
            suite,
            pair.path("from").asText(),
            pair.path("to").asText(),
            signed(test.path("difference").asDouble(Double.NaN)),
            Double.isNaN(low)
                    ? ""
                    : signed(low) + " to " + signed(test.path("high").asDouble()),
            Double.isNaN(p) ? "" : p < 1e-4 ? "< 0.0001" : String.format(Locale.ROOT, "%.4f", p),
            "" + test.path("questions").asLong(),
            test.path("test").asText(),
            test.path("verdict").asText()
        };
    }

    private static String signed(double value) {
        return Double.isNaN(value) ? "–" : String.format(Locale.ROOT, Math.abs(value) <= 1 ? "%+.4f" : "%+.2f", value);
    }

    /** Columns as wide as their longest cell. */
    private static String aligned(List<String[]> rows, List<Integer> right) {
        int columns = rows.get(0).length;
        int[] widths = new int[columns];
        for (String[] row : rows) {
            for (int c = 0; c < columns; c++) {
                widths[c] = Math.max(widths[c], row[c].codePointCount(0, row[c].length()));
            }
        }
        List<String> lines = new ArrayList<>();
        for (String[] row : rows) {
            StringBuilder line = new StringBuilder();
            for (int c = 0; c < columns; c++) {
                String space = " ".repeat(widths[c] - row[c].codePointCount(0, row[c].length()));
                line.append(c == 0 ? "" : "  ").append(right.contains(c) ? space + row[c] : row[c] + space);
            }
            lines.add(line.toString().stripTrailing());
        }
        return String.join("\n", lines);
    }
}
