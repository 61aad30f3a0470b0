package org.lionalign.align.eval.harness.generative;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.lionalign.align.eval.EvalFiles;
import org.lionalign.align.eval.Suite;
import org.lionalign.align.eval.harness.generative.GenerativeTask.Mark;
import org.lionalign.align.eval.harness.generative.GenerativeTask.Question;
import org.lionalign.align.eval.python.PyText;
import org.lionalign.core.error.BadInput;

/**
 * A task of BIG-Bench Hard with three worked examples ({@code tasks/bbh/cot_fewshot}, version 4). The harness carries the examples in its
 * task files; they are those of BBH's own {@code cot-prompts/TASK.txt}, which are read here.
 */
final class BbhCot {
    static final String NAME = "bbh_cot_fewshot";
    private static final Extraction ANSWER = new Extraction("(?<=the answer is )(.*)(?=.)", false);

    /** The group's tasks in its order. */
    static final List<String> TASKS = List.of(
            "boolean_expressions",
            "causal_judgement",
            "date_understanding",
            "disambiguation_qa",
            "dyck_languages",
            "formal_fallacies",
            "geometric_shapes",
            "hyperbaton",
            "logical_deduction_five_objects",
            "logical_deduction_seven_objects",
            "logical_deduction_three_objects",
            "movie_recommendation",
            "multistep_arithmetic_two",
            "navigate",
            "object_counting",
            "penguins_in_a_table",
            "reasoning_about_colored_objects",
            "ruin_names",
            "salient_translation_error_detection",
            "snarks",
            "sports_understanding",
            "temporal_sequences",
            "tracking_shuffled_objects_five_objects",
            "tracking_shuffled_objects_seven_objects",
            "tracking_shuffled_objects_three_objects",
            "web_of_lies",
            "word_sorting");

    private BbhCot() {}

    private static List<String> places(String task) {
        return List.of("bbh/" + task + ".json", "bbh/" + task + ":test", "SaylorTwift/bbh/" + task + ":test");
    }

    private static List<String> examples(String task) {
        return List.of("bbh/cot-prompts/" + task + ".txt");
    }

    /** Any task with its examples will do; each of the others is one more. */
    static List<Suite.Data> needs() {
        String origin = "github.com/suzgunmirac/BIG-Bench-Hard, folders bbh and cot-prompts";
        String questions = origin + ", the first also huggingface.co/datasets/SaylorTwift/bbh";
        List<Suite.Data> data = new ArrayList<>();
        data.add(new Suite.Data(
                TASKS.stream().flatMap(task -> places(task).stream()).toList(), questions, ""));
        data.add(new Suite.Data(
                TASKS.stream().flatMap(task -> examples(task).stream()).toList(), origin, ""));
        for (String task : TASKS) {
            data.add(new Suite.Data(places(task), questions, "the task is left out"));
            data.add(new Suite.Data(examples(task), origin, "the task is left out"));
        }
        return data;
    }

    /** The group's tasks whose questions and examples are in the data folder. */
    static List<String> present(Path data) {
        return TASKS.stream()
                .filter(task -> TaskRows.has(data, places(task)) && TaskRows.has(data, examples(task)))
                .toList();
    }

    static GenerativeTask read(Path data, String task, int limit) {
        List<TaskRows.Row> rows = TaskRows.read(data, NAME + "_" + task, places(task));
        Path examples = EvalFiles.find(data, examples(task).get(0));
        return task(
                task,
                limit > 0 && limit < rows.size() ? rows.subList(0, limit) : rows,
                examples(EvalFiles.text(examples), examples.toString()));
    }

    /** What follows the canary line: description and examples. */
    static String examples(String file, String origin) {
        int line = file.indexOf("-----\n");
        if (line < 0) {
            throw new BadInput(origin + ": expected a line ----- after the canary, found none");
        }
        return PyText.strip(file.substring(line + 6));
    }

    static GenerativeTask task(String task, List<TaskRows.Row> rows, String examples) {
        List<Question> questions = new ArrayList<>();
        for (TaskRows.Row row : rows) {
            String context = examples + "\n\nQ: " + row.text("input") + "\nA: Let's think step by step.\n";
            questions.add(new Question(task + "/" + questions.size(), row.value(), context, row.text("target")));
        }
        return new GenerativeTask(
                NAME + "_" + task, questions, List.of("</s>", "Q", "\n\n"), 1024, (question, answer) -> {
                    String found = ANSWER.from(answer);
                    return List.of(new Mark("exact_match,get-answer", found, found.equals(question.target()) ? 1 : 0));
                });
    }
}
