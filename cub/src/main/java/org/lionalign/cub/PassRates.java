package org.lionalign.cub;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.stats.Wilson;

/** How many answers pass all their checks, by family and in all. */
public final class PassRates {
    /** Passes of {@code rows} answers with the 95 % interval of Wilson (1927). */
    public record Rate(String family, int rows, int passed) {
        public double share() {
            return passed / (double) rows;
        }

        public double low() {
            return Wilson.interval(passed, rows).low();
        }

        public double high() {
            return Wilson.interval(passed, rows).high();
        }
    }

    private final Map<String, int[]> counts = new TreeMap<>();

    /**
     * One answered row: its {@code answer}, or all {@code answers} that {@code lion generate} wrote; {@code origin} names file and line in
     * errors.
     */
    public List<Checker.Verdict> add(JsonNode row, String origin) {
        List<String> answers = new ArrayList<>();
        if (row.path("answers").isArray() && !row.path("answers").isEmpty()) {
            row.path("answers").forEach(one -> answers.add(text(one.get("text"), origin + ": answers")));
        } else {
            answers.add(text(row.get("answer"), origin + ": answer"));
        }
        List<Constraint> constraints = Checker.parse(row.get("check"), origin);
        List<Checker.Verdict> verdicts = new ArrayList<>();
        int[] count = counts.computeIfAbsent(row.path("family").asText("(none)"), f -> new int[2]);
        for (String answer : answers) {
            Checker.Verdict verdict = Checker.check(constraints, answer);
            count[0]++;
            count[1] += verdict.passes() ? 1 : 0;
            verdicts.add(verdict);
        }
        return verdicts;
    }

    private static String text(@Nullable JsonNode answer, String where) {
        if (answer == null || !answer.isTextual()) {
            throw new BadInput(where + ": expected text, found " + (answer == null ? "nothing" : answer));
        }
        return answer.asText();
    }

    /** One line for each family and a last one, {@code all}; empty if there are no rows. */
    public List<Rate> table() {
        List<Rate> out = new ArrayList<>();
        int rows = 0;
        int passed = 0;
        for (Map.Entry<String, int[]> entry : counts.entrySet()) {
            out.add(new Rate(entry.getKey(), entry.getValue()[0], entry.getValue()[1]));
            rows += entry.getValue()[0];
            passed += entry.getValue()[1];
        }
        if (rows > 0) {
            out.add(new Rate("all", rows, passed));
        }
        return out;
    }
}
