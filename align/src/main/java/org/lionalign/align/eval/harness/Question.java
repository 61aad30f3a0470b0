package org.lionalign.align.eval.harness;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Collections;
import java.util.List;

/**
 * A multiple-choice question as the harness asks it: choice k is scored as {@code outputs[k]} after {@code inputs[k]}. Mostly the inputs
 * are one and the same text; in Winogrande's partial evaluation they differ and the outputs are the same.
 *
 * @param row as the file has it: the harness leaves a few-shot example out when it equals the question
 * @param inputs without description and few-shot examples
 * @param outputs without the blank before them
 * @param gold index of the right choice, −1 where the file's answer is none of them (then nothing counts as right)
 * @param right for each choice whether it is a right answer (TruthfulQA knows several)
 * @param shot the question and its answer as a few-shot example
 */
record Question(JsonNode row, List<String> inputs, List<String> outputs, int gold, List<Boolean> right, Shot shot) {
    /** A question and its answer, shown before the question that is asked. */
    record Shot(String input, String answer) {}

    Question {
        inputs = List.copyOf(inputs);
        outputs = List.copyOf(outputs);
        right = List.copyOf(right);
        if (inputs.size() != outputs.size() || right.size() != outputs.size()) {
            throw new IllegalArgumentException(inputs.size() + " inputs, " + outputs.size() + " outputs");
        }
    }

    /** One input, several choices, one of them right. */
    static Question of(JsonNode row, String input, List<String> choices, int gold) {
        return of(row, input, choices, gold, gold >= 0 ? choices.get(gold) : "");
    }

    static Question of(JsonNode row, String input, List<String> choices, int gold, String answer) {
        Boolean[] right = new Boolean[choices.size()];
        for (int i = 0; i < right.length; i++) {
            right[i] = i == gold;
        }
        return new Question(
                row,
                Collections.nCopies(choices.size(), input),
                choices,
                gold,
                List.of(right),
                new Shot(input, answer));
    }
}
