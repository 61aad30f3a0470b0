package org.lionalign.align.eval.harness;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One task of the harness.
 *
 * @param name as the harness has it
 * @param about one line for people
 * @param description put before everything
 * @param questions the split that is evaluated
 * @param shots where few-shot examples come from
 * @param shotCount few-shot examples before each question
 * @param format rows to questions
 * @param subject only rows whose {@code subject} is this; null for all
 * @param headline what the leaderboards average
 * @param metrics all that the harness reports, the headline among them
 * @param choices how many the task has where all its questions have the same number, else 0: what chance would score
 * @param size questions in the original
 */
record Task(
        String name,
        String about,
        String description,
        TaskFiles.Source questions,
        Shots shots,
        int shotCount,
        Formats.Format format,
        @Nullable String subject,
        Scores.Kind headline,
        List<Scores.Kind> metrics,
        int choices,
        int size) {
    Task {
        metrics = List.copyOf(metrics);
    }

    /** Where few-shot examples come from, and the harness's sampler over them. */
    sealed interface Shots {
        /** None. */
        record None() implements Shots {}

        /** The first of a split. */
        record First(TaskFiles.Source source) implements Shots {}

        /** The first of those that the task's file names. */
        record Fixed(List<JsonNode> rows) implements Shots {}

        /**
         * Drawn for each question from a split, by one generator for the task.
         *
         * @param apart one more is drawn and the question itself is left out: what the harness does where a task names neither a test split
         *     nor a few-shot split
         */
        record Drawn(TaskFiles.Source source, boolean apart) implements Shots {}
    }
}
