package org.lionalign.align.eval.harness.generative;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;

/**
 * A task's questions with all that the harness decides about them.
 *
 * @param name as the harness calls it
 * @param questions in the data's order
 * @param until texts that end an answer
 * @param maxNewTokens longest answer
 * @param scoring of an answer
 */
record GenerativeTask(String name, List<Question> questions, List<String> until, int maxNewTokens, Scoring scoring) {
    GenerativeTask {
        questions = List.copyOf(questions);
        until = List.copyOf(until);
    }

    /**
     * @param id stable over checkpoints
     * @param row of the data
     * @param context the whole prompt, examples included
     * @param target what the harness compares with
     */
    record Question(String id, JsonNode row, String context, String target) {}

    /**
     * One number about one answer.
     *
     * @param metric with its filter, as the harness names it, e.g. {@code exact_match,strict-match}
     * @param extracted what was taken for the answer; {@code [invalid]} where nothing was found
     * @param score 0 or 1
     */
    record Mark(String metric, String extracted, double score) {}

    /** The marks of an answer, the headline's first; the same metrics for every answer. */
    @FunctionalInterface
    interface Scoring {
        List<Mark> marks(Question question, String answer);
    }
}
