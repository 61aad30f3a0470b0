package org.lionalign.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The comparison of several models in the terminal: means with intervals, win rates, and each model against the one before it. */
final class ComparisonTable {
    private ComparisonTable() {}

    /** @param comparison as {@code comparison.json} has it */
    static void print(JsonNode comparison, PrintStream out) {
        List<String> cut = new ArrayList<>();
        comparison.path("truncated").properties().forEach(model -> {
            if (model.getValue().asLong() > 0) {
                cut.add(model.getKey() + " " + model.getValue().asLong());
            }
        });
        if (comparison.path("left_out").asLong() > 0) {
            out.println("prompts that a model did not answer, left out: "
                    + comparison.path("left_out").asLong());
        }
        if (!cut.isEmpty()) {
            out.println("answers cut off at the longest length: " + String.join(", ", cut));
        }
        for (JsonNode judge : comparison.path("judges")) {
            out.printf(
                    Locale.ROOT,
                    "%n%s, %d prompts%n",
                    judge.path("judge").asText(),
                    comparison.path("prompts").asInt());
            if (judge.path("withheld").asBoolean()) {
                out.println("  withheld: " + judge.path("failed").asLong()
                        + " of the prompts have an answer without a score");
            } else {
                means(judge, out);
                wins(judge, out);
            }
            judge.path("failures")
                    .properties()
                    .forEach(failure -> out.println(
                            "  without a score: " + failure.getValue().asLong() + " " + failure.getKey()));
        }
    }

    private static void means(JsonNode judge, PrintStream out) {
        // Scores of 0 and 1, of which the mean is a share; a reward model's mean may lie between 0 and 1 by chance.
        boolean shares = judge.path("successive").path(0).path("test").asText().startsWith("McNemar");
        int width = 10;
        for (JsonNode mean : judge.path("means")) {
            width = Math.max(width, mean.path("model").asText().length());
        }
        double scale = shares ? 100 : 1;
        String row = "  %-" + width + "s %10s  %-18s %s%n";
        out.printf(row, "model", "score" + (shares ? " %" : ""), "95 %", "against the one before");
        for (int i = 0; i < judge.path("means").size(); i++) {
            JsonNode mean = judge.path("means").get(i);
            double value = scale * mean.path("mean").asDouble();
            double half = 1.96 * scale * mean.path("standard_error").asDouble();
            JsonNode step = judge.path("successive").path(i - 1);
            out.printf(
                    row,
                    mean.path("model").asText(),
                    fixed(value),
                    fixed(value - half) + " to " + fixed(value + half),
                    i == 0
                            ? ""
                            : String.format(
                                    Locale.ROOT,
                                    "%+.2f [%.2f, %.2f]  p %s  %s",
                                    scale * step.path("difference").asDouble(),
                                    scale * step.path("low").asDouble(),
                                    scale * step.path("high").asDouble(),
                                    p(step.path("p").asDouble()),
                                    step.path("verdict").asText()));
        }
    }

    /** Every later model against every earlier one. */
    private static void wins(JsonNode judge, PrintStream out) {
        JsonNode models = judge.path("models");
        for (int i = 1; i < models.size(); i++) {
            for (int j = 0; j < i; j++) {
                JsonNode win = judge.path("win_rates").path(i).path(j);
                JsonNode controlled = win.path("length_controlled");
                out.printf(
                        Locale.ROOT,
                        "  %s beats %s in %.1f %% [%.1f, %.1f], ties %.1f %%%s%n",
                        models.get(i).asText(),
                        models.get(j).asText(),
                        win.path("rate").asDouble(),
                        win.path("low").asDouble(),
                        win.path("high").asDouble(),
                        win.path("ties").asDouble(),
                        controlled.isNumber()
                                ? String.format(Locale.ROOT, "; at equal lengths %.1f %%", controlled.asDouble())
                                : "");
            }
        }
    }

    private static String fixed(double value) {
        return String.format(Locale.ROOT, "%.2f", value);
    }

    private static String p(double value) {
        return value < 1e-4 ? "< 0.0001" : String.format(Locale.ROOT, "%.4f", value);
    }
}
