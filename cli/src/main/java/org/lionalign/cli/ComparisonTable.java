package org.lionalign.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintStream;
import java.util.Locale;

/** The comparison of a run's models in the terminal: means with intervals, and each model against the one before it. */
final class ComparisonTable {
    private ComparisonTable() {}

    /** @param comparison as {@code comparison.json} has it */
    static void print(JsonNode comparison, PrintStream out) {
        for (JsonNode judge : comparison.path("judges")) {
            boolean shares = true;
            for (JsonNode mean : judge.path("means")) {
                double value = mean.path("mean").asDouble();
                shares &= value >= 0 && value <= 1;
            }
            double scale = shares ? 100 : 1;
            String unit = shares ? " %" : "";
            out.printf(
                    Locale.ROOT,
                    "%n%s, %d prompts%n  %-10s %10s  %-18s %s%n",
                    judge.path("judge").asText(),
                    comparison.path("prompts").asInt(),
                    "model",
                    "score" + unit,
                    "95 %",
                    "against the one before");
            for (int i = 0; i < judge.path("means").size(); i++) {
                JsonNode mean = judge.path("means").get(i);
                double value = scale * mean.path("mean").asDouble();
                double half = 1.96 * scale * mean.path("standard_error").asDouble();
                JsonNode step = judge.path("successive").path(i - 1);
                out.printf(
                        Locale.ROOT,
                        "  %-10s %10.2f  %-18s %s%n",
                        mean.path("model").asText(),
                        value,
                        String.format(Locale.ROOT, "%.2f to %.2f", value - half, value + half),
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
            judge.path("failures")
                    .properties()
                    .forEach(failure -> out.println(
                            "  without a score: " + failure.getValue().asLong() + " " + failure.getKey()));
        }
    }

    private static String p(double value) {
        return value < 1e-4 ? "< 0.0001" : String.format(Locale.ROOT, "%.4f", value);
    }
}
