package org.lionalign.align.eval.ifeval;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.lionalign.align.eval.python.PyText;
import org.lionalign.core.error.BadInput;

/**
 * A prompt with the instructions in it: a row of Google's {@code input_data.jsonl} ({@code key, prompt, instruction_id_list, kwargs}), or of
 * the hub's {@code google/IFEval}, whose kwargs name all arguments with null for the absent.
 *
 * @param key of the row
 * @param instructions ids, e.g. {@code punctuation:no_comma}
 */
record IfevalQuestion(String key, String prompt, List<String> instructions, List<Checker> checkers) {
    IfevalQuestion {
        instructions = List.copyOf(instructions);
        checkers = List.copyOf(checkers);
    }

    /** Whether each instruction is followed: by the answer as it is, and by any of its eight revisions. */
    record Verdict(List<Boolean> strict, List<Boolean> loose) {
        boolean allStrict() {
            return strict.stream().allMatch(followed -> followed);
        }

        boolean allLoose() {
            return loose.stream().allMatch(followed -> followed);
        }
    }

    static IfevalQuestion of(JsonNode row, Instructions known, String where) {
        if (!row.path("prompt").isTextual()) {
            throw new BadInput(where + ": prompt: expected a text, found " + row.path("prompt"));
        }
        JsonNode ids = row.path("instruction_id_list");
        JsonNode kwargs = row.path("kwargs");
        if (!ids.isArray() || ids.isEmpty()) {
            throw new BadInput(where + ": instruction_id_list: expected a list of ids, found " + ids);
        }
        if (!kwargs.isArray() || kwargs.size() != ids.size()) {
            throw new BadInput(where + ": kwargs: expected " + ids.size() + " objects, found " + kwargs);
        }
        List<String> names = new ArrayList<>();
        List<Checker> checkers = new ArrayList<>();
        for (int i = 0; i < ids.size(); i++) {
            names.add(ids.get(i).asText());
            checkers.add(known.checker(ids.get(i).asText(), kwargs.get(i), where));
        }
        return new IfevalQuestion(
                row.path("key").asText(where), row.path("prompt").textValue(), names, checkers);
    }

    Verdict judge(String answer) {
        Set<String> variants = variants(answer);
        List<Boolean> strict = new ArrayList<>();
        List<Boolean> loose = new ArrayList<>();
        for (Checker checker : checkers) {
            boolean follows = follows(checker, answer);
            strict.add(follows);
            loose.add(follows || variants.stream().anyMatch(variant -> follows(checker, variant)));
        }
        return new Verdict(strict, loose);
    }

    private static boolean follows(Checker checker, String answer) {
        return !PyText.isBlank(answer) && checker.follows(answer);
    }

    /** {@code test_instruction_following_loose}: without the first line, the last, both; each also without asterisks. */
    private static Set<String> variants(String answer) {
        List<String> lines = PyText.split(answer, "\n");
        int n = lines.size();
        Set<String> variants = new LinkedHashSet<>();
        variants.add(answer);
        variants.add(PyText.strip(String.join("\n", lines.subList(1, n))));
        variants.add(PyText.strip(String.join("\n", lines.subList(0, n - 1))));
        variants.add(PyText.strip(String.join("\n", lines.subList(Math.min(1, n - 1), n - 1))));
        for (String variant : List.copyOf(variants)) {
            variants.add(variant.replace("*", ""));
        }
        return variants;
    }
}
