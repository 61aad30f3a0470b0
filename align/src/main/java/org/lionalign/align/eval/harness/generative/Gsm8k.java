package org.lionalign.align.eval.harness.generative;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.lionalign.align.eval.Suite;
import org.lionalign.align.eval.completion.Completions;
import org.lionalign.align.eval.harness.generative.GenerativeTask.Mark;
import org.lionalign.align.eval.harness.generative.GenerativeTask.Question;
import org.lionalign.align.eval.python.PyRandom;
import org.lionalign.align.eval.python.PyRegex;
import org.lionalign.align.eval.python.PyText;

/**
 * GSM8K as {@code tasks/gsm8k/gsm8k.yaml} (version 3) has it: five worked examples, drawn from the training rows anew for every question,
 * and two readings of the answer, strict ({@code #### 7}) and flexible (the last number).
 */
final class Gsm8k {
    static final String NAME = "gsm8k";
    private static final int SHOTS = 5;
    private static final long SEED = 1234;
    private static final Extraction STRICT = new Extraction("#### (\\-?[0-9\\.\\,]+)", false);
    private static final Extraction FLEXIBLE = new Extraction("(-?[$0-9.,]{2,})|(-?[0-9]+)", true);
    private static final List<Pattern> IGNORED = List.of(
            PyRegex.compile(","),
            PyRegex.compile("\\$"),
            PyRegex.compile(".*#### ", Pattern.DOTALL),
            PyRegex.compile("\\.$"));

    private static final List<String> TEST =
            List.of("gsm8k/test.jsonl", "openai/gsm8k/main:test", "gsm8k/main:test", "gsm8k:test", "openai/gsm8k:test");
    private static final List<String> TRAIN = List.of(
            "gsm8k/train.jsonl",
            "openai/gsm8k/main:train",
            "gsm8k/main:train",
            "gsm8k:train",
            "openai/gsm8k:train",
            "sft/gsm8k/train.jsonl",
            "../sft/gsm8k/train.jsonl");

    private Gsm8k() {}

    static List<Suite.Data> needs() {
        String origin = "github.com/openai/grade-school-math or huggingface.co/datasets/openai/gsm8k";
        return List.of(new Suite.Data(TEST, origin, ""), new Suite.Data(TRAIN, origin, ""));
    }

    static GenerativeTask read(Path data, int limit) {
        List<TaskRows.Row> test = TaskRows.read(data, NAME, TEST);
        return task(limit > 0 && limit < test.size() ? test.subList(0, limit) : test, TaskRows.read(data, NAME, TRAIN));
    }

    static GenerativeTask task(List<TaskRows.Row> test, List<TaskRows.Row> train) {
        PyRandom random = new PyRandom(SEED);
        List<Question> questions = new ArrayList<>();
        for (TaskRows.Row row : test) {
            StringBuilder context = new StringBuilder();
            for (int shot : random.sample(train.size(), SHOTS)) {
                TaskRows.Row example = train.get(shot);
                context.append(ask(example))
                        .append(' ')
                        .append(example.text("answer"))
                        .append("\n\n");
            }
            context.append(ask(row));
            questions.add(
                    new Question(NAME + "/" + questions.size(), row.value(), context.toString(), row.text("answer")));
        }
        return new GenerativeTask(
                NAME,
                questions,
                List.of("Question:", "</s>", "<|im_end|>"),
                Completions.DEFAULT_NEW_TOKENS,
                (question, answer) -> marks(question.target(), answer));
    }

    /** The n-th row with an answer from elsewhere; no prompt. */
    static Question answered(int n, JsonNode row, String where) {
        return new Question(NAME + "/" + n, row, "", new TaskRows.Row(row, where).text("answer"));
    }

    private static String ask(TaskRows.Row row) {
        return "Question: " + row.text("question") + "\nAnswer:";
    }

    static List<Mark> marks(String target, String answer) {
        String strict = STRICT.from(answer);
        String flexible = FLEXIBLE.from(answer);
        return List.of(
                new Mark("exact_match,strict-match", strict, exactMatch(strict, target)),
                new Mark("exact_match,flexible-extract", flexible, exactMatch(flexible, target)));
    }

    private static double exactMatch(String found, String target) {
        return bare(found).equals(bare(target)) ? 1 : 0;
    }

    private static String bare(String text) {
        String bare = text;
        for (Pattern ignored : IGNORED) {
            bare = ignored.matcher(bare).replaceAll("");
        }
        return PyText.lower(bare);
    }
}
