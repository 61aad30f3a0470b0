package org.lionalign.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.lionalign.core.json.Json;

/** A few invented questions of several suites, in the official formats; and a model that answers them with nonsense. */
final class EvalData {
    private static final List<String> CATEGORIES = List.of("writing", "math");

    private EvalData() {}

    /** Random weights whose short context keeps answers short. */
    static Path model(Path folder, int context) throws IOException {
        Path model = TinyModel.write(folder);
        Path config = model.resolve("config.json");
        Files.writeString(
                config,
                Files.readString(config)
                        .replace("\"max_position_embeddings\" : 512", "\"max_position_embeddings\" : " + context));
        return model;
    }

    /** {@code mt_bench}, {@code arc_challenge}, {@code gsm8k} and {@code alpaca_eval} of {@code n} questions each. */
    static Path write(Path data, int n) throws IOException {
        mtBench(data, n);
        List<String> arc = new ArrayList<>();
        List<String> gsm = new ArrayList<>();
        List<String> alpaca = new ArrayList<>();
        for (int i = 0; i < Math.max(n, 30); i++) {
            arc.add(Json.write(Json.object()
                    .put("question", "What is " + i + "?")
                    .put("gold", i % 3)
                    .set(
                            "choices",
                            Json.MAPPER.createArrayNode().add("One").add("Two").add("Three"))));
            gsm.add(Json.write(Json.object()
                    .put("question", "How many are " + i + " and 1?")
                    .put("answer", "Count on. #### " + (i + 1))));
        }
        for (int i = 0; i < n; i++) {
            alpaca.add(Json.write(Json.object()
                    .put("instruction", "Question " + i + "?")
                    .put("dataset", i % 2 == 0 ? "even" : "odd")
                    .put("output", "Reference " + i)
                    .put("generator", "reference")));
        }
        lines(data.resolve("arc/challenge.test.jsonl"), arc.subList(0, n));
        lines(data.resolve("arc/challenge.train.jsonl"), arc);
        lines(data.resolve("gsm8k/test.jsonl"), gsm.subList(0, n));
        lines(data.resolve("gsm8k/train.jsonl"), gsm);
        lines(
                data.resolve("alpaca_eval/alpaca_eval_gpt4_baseline.json"),
                List.of("[" + String.join(",\n", alpaca) + "]"));
        lines(
                data.resolve("alpaca_eval/alpaca_eval_clf.txt"),
                List.of(
                        "<|im_start|>system",
                        "Which is better?",
                        "<|im_end|>",
                        "<|im_start|>user",
                        "{instruction} A {output_1} B {output_2}",
                        "<|im_end|>"));
        return data;
    }

    private static void mtBench(Path data, int n) throws IOException {
        List<String> questions = new ArrayList<>();
        List<String> references = new ArrayList<>();
        for (int i = 0; i < n; i++) {
            String category = CATEGORIES.get(i % 2);
            questions.add("{\"question_id\": " + (81 + i) + ", \"category\": \"" + category + "\", \"turns\": [\"Tell "
                    + i + "\", \"Then " + i + "\"]}");
            references.add(
                    "{\"question_id\": " + (81 + i) + ", \"choices\": [{\"index\": 0, \"turns\": [\"R\", \"R\"]}]}");
        }
        lines(data.resolve("mt_bench/question.jsonl"), questions);
        lines(data.resolve("mt_bench/reference_answer/gpt-4.jsonl"), references);
        List<String> prompts = new ArrayList<>();
        for (String name : List.of("single-v1", "single-math-v1")) {
            prompts.add(prompt(name, "one {question} | {answer}"));
            prompts.add(prompt(name + "-multi-turn", "two {question_1} | {answer_1} | {question_2} | {answer_2}"));
        }
        lines(data.resolve("mt_bench/judge_prompts.jsonl"), prompts);
    }

    static String prompt(String name, String template) {
        return Json.write(Json.object()
                .put("name", name)
                .put("system_prompt", "Grade.")
                .put("prompt_template", template)
                .put("output_format", "[[rating]]"));
    }

    static Path lines(Path file, List<String> lines) throws IOException {
        Files.createDirectories(file.getParent());
        return Files.writeString(file, String.join("\n", lines) + "\n");
    }

    /** A folder with all it holds. */
    static void delete(Path folder) throws IOException {
        try (Stream<Path> all = Files.walk(folder)) {
            for (Path one : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(one);
            }
        }
    }
}
