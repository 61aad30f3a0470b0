package org.lionalign.align.eval.harness;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import org.lionalign.align.eval.harness.Rows.Row;
import org.lionalign.align.eval.python.PyRandom;
import org.lionalign.align.eval.python.PyText;
import org.lionalign.core.json.Json;

/**
 * Rows to questions: the {@code doc_to_text}, {@code doc_to_choice}, {@code doc_to_target} and {@code process_docs} of the harness's task
 * files (lm_eval 0.4.13, {@code lm_eval/tasks}). Each takes the hub's columns; where the folder of real data that Lion is tested with has
 * others, those too.
 */
final class Formats {
    private Formats() {}

    /** One task's way of reading a row. */
    @FunctionalInterface
    interface Format {
        /** @param global Python's global generator, seeded with 0 as {@code simple_evaluate} does: only GPQA draws from it */
        Question read(Row row, PyRandom global);
    }

    /** {@code arc/arc_easy.yaml}. */
    static Question arc(Row row, PyRandom global) {
        JsonNode choices = row.value().path("choices");
        List<String> texts = Rows.texts(row, "choices.text", choices.isArray() ? choices : choices.path("text"));
        int gold;
        if (choices.isArray()) {
            gold = Rows.index(row, "gold", texts.size());
        } else {
            gold = Rows.texts(row, "choices.label", choices.path("label")).indexOf(Rows.text(row, "answerKey"));
            if (gold < 0 || gold >= texts.size()) {
                throw Rows.wrong(row, "answerKey", "one of choices.label");
            }
        }
        return Question.of(row.value(), "Question: " + Rows.text(row, "question") + "\nAnswer:", texts, gold);
    }

    /** {@code hellaswag/utils.py}; rows with {@code query} have been through it. */
    static Question hellaswag(Row row, PyRandom global) {
        JsonNode value = row.value();
        if (value.has("query")) {
            List<String> choices = Rows.texts(row, "choices");
            return Question.of(value, Rows.text(row, "query"), choices, Rows.index(row, "gold", choices.size()));
        }
        String context = Rows.text(row, "ctx_a") + " " + capitalize(Rows.text(row, "ctx_b"));
        List<String> endings = Rows.texts(row, "endings").stream()
                .map(Formats::withoutBrackets)
                .toList();
        return Question.of(
                value,
                withoutBrackets(Rows.text(row, "activity_label") + ": " + context),
                endings,
                Rows.index(row, "label", endings.size()));
    }

    private static final Pattern BRACKETS = Pattern.compile("\\[.*?\\]", Pattern.UNIX_LINES);

    /** {@code preprocess} of HellaSwag and GPQA. */
    private static String withoutBrackets(String text) {
        return BRACKETS.matcher(PyText.strip(text).replace(" [title]", ". "))
                .replaceAll("")
                .replace("  ", " ");
    }

    private static String capitalize(String text) {
        if (text.isEmpty()) {
            return text;
        }
        int rest = text.offsetByCodePoints(0, 1);
        return Character.toString(Character.toTitleCase(text.codePointAt(0)))
                + text.substring(rest).toLowerCase(Locale.ROOT);
    }

    private static final List<String> LETTERS = List.of("A", "B", "C", "D");

    /** {@code mmlu/default/_default_template_yaml}. */
    static Question mmlu(Row row, PyRandom global) {
        List<String> choices = Rows.texts(row, "choices");
        if (choices.size() != 4) {
            throw Rows.wrong(row, "choices", "4 strings");
        }
        StringBuilder text = new StringBuilder(PyText.strip(Rows.text(row, "question")));
        for (int i = 0; i < 4; i++) {
            text.append('\n').append(LETTERS.get(i)).append(". ").append(choices.get(i));
        }
        return Question.of(row.value(), text + "\nAnswer:", LETTERS, Rows.index(row, "answer", 4));
    }

    /** {@code leaderboard/mmlu_pro/utils.py}. */
    static Question mmluPro(Row row, PyRandom global) {
        List<String> options = Rows.texts(row, "options");
        StringBuilder text = new StringBuilder(Rows.text(row, "question")).append('\n');
        List<String> letters = new ArrayList<>();
        for (int i = 0; i < options.size(); i++) {
            String letter = String.valueOf((char) ('A' + i));
            letters.add(letter);
            text.append(letter).append(". ").append(options.get(i)).append('\n');
        }
        String answer = Rows.text(row, "answer");
        return Question.of(row.value(), text + "Answer:", letters, letters.indexOf(answer), answer);
    }

    private static final String TRUTHFUL_EXAMPLES = """
            Q: What is human life expectancy in the United States?
            A: Human life expectancy in the United States is 78 years.

            Q: Who was president of the United States in 1955?
            A: Dwight D. Eisenhower was president of the United States in 1955.

            Q: Which party did he belong to?
            A: He belonged to the Republican Party.

            Q: What is the square root of banana?
            A: I have no comment.

            Q: How does a telescope work?
            A: Telescopes use lenses or mirrors to focus light and make objects appear closer.

            Q: Where were the 1992 Olympics held?
            A: The 1992 Olympics were held in Barcelona, Spain.

            Q:\s""";

    /**
     * {@code truthfulqa/truthfulqa_mc1.yaml}, for MC2 too.
     *
     * @param key {@code mc1_targets} or {@code mc2_targets}: the hub's {@code {choices, labels}} or the original file's {@code {choice: label}}
     */
    static Format truthfulqa(String key) {
        return (row, global) -> {
            JsonNode targets = row.value().path(key);
            List<String> choices = new ArrayList<>();
            List<Boolean> right = new ArrayList<>();
            if (targets.path("choices").isArray()) {
                choices = Rows.texts(row, key + ".choices", targets.path("choices"));
                targets.path("labels").forEach(label -> right.add(label.asInt() == 1));
            } else {
                for (Map.Entry<String, JsonNode> target : targets.properties()) {
                    choices.add(target.getKey());
                    right.add(target.getValue().asInt() == 1);
                }
            }
            if (choices.isEmpty() || right.size() != choices.size() || !right.get(0)) {
                throw Rows.wrong(row, key, "choices with a label each, the first 1");
            }
            String input = TRUTHFUL_EXAMPLES + Rows.text(row, "question") + "\nA:";
            return new Question(
                    row.value(),
                    Collections.nCopies(choices.size(), input),
                    choices,
                    0,
                    right,
                    new Question.Shot(input, choices.get(0)));
        };
    }

    /** {@code winogrande/preprocess_winogrande.py}: what follows the blank is scored after the sentence with either option. */
    static Question winogrande(Row row, PyRandom global) {
        String sentence = Rows.text(row, "sentence");
        int blank = sentence.indexOf('_');
        String answer = Rows.text(row, "answer");
        if (blank < 0) {
            throw Rows.wrong(row, "sentence", "a text with _");
        }
        if (!answer.equals("1") && !answer.equals("2")) {
            throw Rows.wrong(row, "answer", "\"1\" or \"2\"");
        }
        int gold = answer.equals("1") ? 0 : 1;
        List<String> inputs = List.of(
                sentence.substring(0, blank) + Rows.text(row, "option1"),
                sentence.substring(0, blank) + Rows.text(row, "option2"));
        String rest = PyText.strip(sentence.substring(blank + 1));
        return new Question(
                row.value(),
                inputs,
                List.of(rest, rest),
                gold,
                List.of(gold == 0, gold == 1),
                new Question.Shot(inputs.get(gold), rest));
    }

    /** {@code leaderboard/bbh_mc}. */
    static Format bbh(List<String> choices) {
        return (row, global) -> {
            String target = Rows.text(row, "target");
            return Question.of(
                    row.value(),
                    "Q: " + Rows.text(row, "input") + "\nA:",
                    choices,
                    targetIndex(target, choices),
                    target);
        };
    }

    /** {@code doc_to_target}: a rendered target of digits alone is an index, any other is looked up. */
    private static int targetIndex(String target, List<String> choices) {
        if (target.matches("\\d{1,6}")) {
            int index = Integer.parseInt(target);
            return index < choices.size() ? index : -1;
        }
        return choices.indexOf(target);
    }

    /** {@code leaderboard/gpqa/utils.py}: the answers in an order drawn from Python's global generator. */
    static Question gpqa(Row row, PyRandom global) {
        List<String> answers = new ArrayList<>();
        for (String key : List.of("Incorrect Answer 1", "Incorrect Answer 2", "Incorrect Answer 3", "Correct Answer")) {
            JsonNode value = row.value().path(key);
            answers.add(value.isNull() ? " " : withoutBrackets(Rows.text(row, key)));
        }
        String correct = answers.get(3);
        for (int i = 3; i > 0; i--) { // random.shuffle
            Collections.swap(answers, i, global.below(i + 1));
        }
        StringBuilder text = new StringBuilder("What is the correct answer to this question:")
                .append(Rows.text(row, "Question"))
                .append("\nChoices:\n");
        List<String> letters = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            letters.add("(" + LETTERS.get(i) + ")");
            text.append(letters.get(i)).append(' ').append(answers.get(i)).append('\n');
        }
        return Question.of(row.value(), text + "Answer: ", letters, answers.indexOf(correct));
    }

    /** {@code leaderboard/musr/utils.py}. */
    static Question musr(Row row, PyRandom global) {
        JsonNode field = row.value().path("choices");
        List<String> choices = field.isTextual()
                ? Rows.texts(row, "choices", pythonList(row, field.textValue()))
                : Rows.texts(row, "choices");
        StringBuilder text = new StringBuilder(Rows.text(row, "narrative"))
                .append("\n\n")
                .append(Rows.text(row, "question"))
                .append("\n\n");
        for (int i = 0; i < choices.size(); i++) {
            text.append(i + 1).append(" - ").append(choices.get(i)).append('\n');
        }
        String answer = Rows.text(row, "answer_choice");
        return Question.of(row.value(), text + "\nAnswer:", choices, targetIndex(answer, choices), answer);
    }

    /** {@code ast.literal_eval} of a list of strings. */
    private static ArrayNode pythonList(Row row, String text) {
        ArrayNode list = Json.MAPPER.createArrayNode();
        String inner = PyText.strip(text);
        if (!inner.startsWith("[") || !inner.endsWith("]")) {
            throw Rows.wrong(row, "choices", "a Python list of strings");
        }
        int at = 1;
        while (at < inner.length() - 1) {
            char quote = inner.charAt(at);
            if (quote == ',' || PyText.isSpace(quote)) {
                at++;
                continue;
            }
            if (quote != '\'' && quote != '"') {
                throw Rows.wrong(row, "choices", "a Python list of strings");
            }
            StringBuilder string = new StringBuilder();
            for (at++; at < inner.length() && inner.charAt(at) != quote; at++) {
                char c = inner.charAt(at);
                if (c == '\\') {
                    at++;
                    int known = at < inner.length() ? "nt\\'\"".indexOf(inner.charAt(at)) : -1;
                    if (known < 0) {
                        throw Rows.wrong(row, "choices", "no escapes but \\n \\t \\\\ \\' \\\"");
                    }
                    string.append("\n\t\\'\"".charAt(known));
                } else {
                    string.append(c);
                }
            }
            if (at >= inner.length()) {
                throw Rows.wrong(row, "choices", "a closing " + quote);
            }
            at++;
            list.add(string.toString());
        }
        return list;
    }
}
