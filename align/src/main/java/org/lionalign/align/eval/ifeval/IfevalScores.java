package org.lionalign.align.eval.ifeval;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.lionalign.align.eval.Item;
import org.lionalign.align.eval.Metric;
import org.lionalign.align.eval.SuiteResult;
import org.lionalign.align.eval.completion.Means;
import org.lionalign.align.eval.python.PyText;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.json.Json;

/**
 * IFEval's numbers from verdicts: the harness's four, and the Open LLM leaderboard's mean of the two strict ones.
 *
 * <p>Where the harness gives no standard error (instruction level) it is that of a ratio of sums over prompts, for the instructions of one
 * prompt share its answer: √(n/(n−1) Σ(followed − rate · asked)²) / Σ asked.
 */
final class IfevalScores {
    private final List<IfevalQuestion> questions = new ArrayList<>();
    private final List<IfevalQuestion.Verdict> verdicts = new ArrayList<>();
    private final List<Item> items = new ArrayList<>();
    private final SortedMap<String, Long> failures = new TreeMap<>();

    /** @param answer null where there is none: such a question is shown and withholds the headline when there are many */
    void add(IfevalQuestion question, @Nullable String answer, boolean truncated, int promptLost) {
        ObjectNode detail = Json.object().put("prompt", question.prompt());
        String category = String.join(" + ", question.instructions());
        if (answer == null) {
            fail("questions without an answer");
            items.add(new Item(question.key(), category, Double.NaN, detail));
            return;
        }
        IfevalQuestion.Verdict verdict = question.judge(answer);
        questions.add(question);
        verdicts.add(verdict);
        detail.put("answer", answer);
        detail.set("instructions", Json.MAPPER.valueToTree(question.instructions()));
        detail.set("strict", Json.MAPPER.valueToTree(verdict.strict()));
        detail.set("loose", Json.MAPPER.valueToTree(verdict.loose()));
        if (truncated) {
            detail.put("truncated", true);
            fail("truncated answers");
        }
        if (promptLost > 0) {
            detail.put("prompt_tokens_lost", promptLost);
            fail("truncated prompts");
        }
        if (PyText.isBlank(answer)) {
            fail("blank answers");
        }
        items.add(new Item(question.key(), category, verdict.allStrict() ? 1 : 0, detail));
    }

    private void fail(String reason) {
        failures.merge(reason, 1L, Long::sum);
    }

    SuiteResult result(String suite) {
        if (verdicts.isEmpty()) {
            throw new BadInput(suite + ": expected answers to its questions, found none");
        }
        double[] promptStrict = prompts(true);
        double[] promptLoose = prompts(false);
        Metric strict = Means.of("prompt_level_strict_acc", promptStrict);
        Metric instruction = instructionLevel("inst_level_strict_acc", true);
        return new SuiteResult(
                suite,
                List.of(
                        strict,
                        instruction,
                        Means.of("prompt_level_loose_acc", promptLoose),
                        instructionLevel("inst_level_loose_acc", false),
                        leaderboard(strict, instruction, promptStrict)),
                categories(),
                items,
                failures);
    }

    private double[] prompts(boolean strict) {
        return verdicts.stream()
                .mapToDouble(v -> (strict ? v.allStrict() : v.allLoose()) ? 1 : 0)
                .toArray();
    }

    private Metric instructionLevel(String name, boolean strict) {
        double followed = 0;
        double asked = 0;
        for (IfevalQuestion.Verdict verdict : verdicts) {
            followed += followed(verdict, strict);
            asked += verdict.strict().size();
        }
        double rate = followed / asked;
        double squares = 0;
        for (IfevalQuestion.Verdict verdict : verdicts) {
            double residual =
                    followed(verdict, strict) - rate * verdict.strict().size();
            squares += residual * residual;
        }
        return new Metric(name, rate, error(squares) / asked, (long) asked);
    }

    private static double followed(IfevalQuestion.Verdict verdict, boolean strict) {
        return (strict ? verdict.strict() : verdict.loose())
                .stream().filter(follows -> follows).count();
    }

    /** √(n/(n−1) Σ). */
    private double error(double squares) {
        int n = verdicts.size();
        return n > 1 ? Math.sqrt(squares * n / (n - 1)) : Double.NaN;
    }

    /** The leaderboard's IFEval: the mean of both strict levels, whose errors go together. */
    private Metric leaderboard(Metric prompt, Metric instruction, double[] promptStrict) {
        double squares = 0;
        for (int i = 0; i < promptStrict.length; i++) {
            IfevalQuestion.Verdict verdict = verdicts.get(i);
            double residual = (promptStrict[i] - prompt.value()) / promptStrict.length
                    + (followed(verdict, true)
                                    - instruction.value() * verdict.strict().size())
                            / instruction.count();
            squares += residual * residual / 4;
        }
        return new Metric(
                "leaderboard_acc", (prompt.value() + instruction.value()) / 2, error(squares), promptStrict.length);
    }

    /** Strict accuracy of each instruction. */
    private List<Metric> categories() {
        Map<String, List<Double>> byInstruction = new TreeMap<>();
        for (int i = 0; i < verdicts.size(); i++) {
            List<String> instructions = questions.get(i).instructions();
            for (int k = 0; k < instructions.size(); k++) {
                byInstruction
                        .computeIfAbsent(instructions.get(k), id -> new ArrayList<>())
                        .add(verdicts.get(i).strict().get(k) ? 1.0 : 0.0);
            }
        }
        return byInstruction.entrySet().stream()
                .map(e -> Means.of(
                        e.getKey(), e.getValue().stream().mapToDouble(d -> d).toArray()))
                .toList();
    }
}
