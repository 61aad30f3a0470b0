package org.lionalign.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.lionalign.align.eval.harness.HarnessSuites;
import org.lionalign.core.json.Json;

/**
 * Invented questions for every suite, in the files that the hub's repositories and the original projects have: names, formats and columns as there
 * (Parquet, CSV, JSON, JSON Lines, YAML, text). What is asked means nothing.
 *
 * <p>As a program, {@code HubSets FOLDER N} writes them all.
 */
final class HubSets {
    private final SortedMap<String, SortedMap<String, byte[]>> repositories = new TreeMap<>();
    private final SortedMap<String, byte[]> others = new TreeMap<>();
    private final Connection duck;
    private final Path scratch;
    private final int n;

    private HubSets(Connection duck, Path scratch, int n) {
        this.duck = duck;
        this.scratch = scratch;
        this.n = n;
    }

    /** @param n questions of each task */
    static HubSets of(int n) throws IOException {
        Path scratch = Files.createTempDirectory("hub-sets");
        try (Connection duck = DriverManager.getConnection("jdbc:duckdb:")) {
            HubSets sets = new HubSets(duck, scratch, n);
            sets.knowledge();
            sets.reasoning();
            sets.written();
            sets.judged();
            return sets;
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        } finally {
            EvalData.delete(scratch);
        }
    }

    public static void main(String[] args) throws IOException {
        of(Integer.parseInt(args[1])).write(Path.of(args[0]));
    }

    /** Files by repository ({@code datasets/org/name}, {@code spaces/org/name}) and path. */
    SortedMap<String, SortedMap<String, byte[]>> repositories() {
        return repositories;
    }

    /** What no repository of the hub has: judges' prompts, reference answers, worked examples; by place below the data folder. */
    void writeOthers(Path data) throws IOException {
        write(data, others);
    }

    /** A data folder with everything, a repository below its owner's name. */
    void write(Path data) throws IOException {
        writeOthers(data);
        for (String repository : repositories.keySet()) {
            write(data.resolve(repository.substring(repository.indexOf('/') + 1)), repositories.get(repository));
        }
    }

    private static void write(Path folder, SortedMap<String, byte[]> files) throws IOException {
        for (String path : files.keySet()) {
            Path file = folder.resolve(path);
            Files.createDirectories(file.getParent());
            Files.write(file, files.get(path));
        }
    }

    private void add(String repository, String path, byte[] content) {
        repositories.computeIfAbsent(repository, r -> new TreeMap<>()).put(path, content);
    }

    private void add(String repository, String path, String content) {
        add(repository, path, content.getBytes(StandardCharsets.UTF_8));
    }

    private void other(String path, String content) {
        others.put(path, content.getBytes(StandardCharsets.UTF_8));
    }

    private List<ObjectNode> rows(int count, IntFunction<ObjectNode> row) {
        return IntStream.range(0, count).mapToObj(row).toList();
    }

    private static String lines(List<ObjectNode> rows) {
        StringBuilder lines = new StringBuilder();
        rows.forEach(row -> lines.append(Json.write(row)).append('\n'));
        return lines.toString();
    }

    private void parquet(String repository, String path, List<ObjectNode> rows) {
        Path json = scratch.resolve("rows.jsonl");
        Path parquet = scratch.resolve("rows.parquet");
        try (Statement statement = duck.createStatement()) {
            Files.writeString(json, lines(rows));
            statement.execute("COPY (SELECT * FROM read_json_auto('" + json + "', format = 'newline_delimited')) TO '"
                    + parquet + "' (FORMAT parquet)");
            add(repository, path, Files.readAllBytes(parquet));
        } catch (IOException | SQLException e) {
            throw new IllegalStateException(path, e);
        }
    }

    private void splits(
            String repository, String folder, int shots, String test, String train, IntFunction<ObjectNode> row) {
        parquet(repository, folder + test + "-00000-of-00001.parquet", rows(n, row));
        parquet(repository, folder + train + "-00000-of-00001.parquet", rows(shots, i -> row.apply(1000 + i)));
    }

    private static ArrayNode texts(String... texts) {
        ArrayNode list = Json.MAPPER.createArrayNode();
        for (String text : texts) {
            list.add(text);
        }
        return list;
    }

    private static JsonNode tasks(String suite) throws IOException {
        try (InputStream in = Objects.requireNonNull(HarnessSuites.class.getResourceAsStream("tasks.json"))) {
            return Json.parse(new String(in.readAllBytes(), StandardCharsets.UTF_8), "tasks.json")
                    .path(suite);
        }
    }

    private void knowledge() throws IOException {
        splits("datasets/allenai/ai2_arc", "ARC-Challenge/", 30, "test", "train", i -> {
            ObjectNode row = Json.object().put("id", "arc" + i).put("question", "What is " + i + " and 1?");
            row.putObject("choices")
                    .<ObjectNode>set("text", texts("it is " + (i + 1), "a tree", "a red house"))
                    .set("label", texts("A", "B", "C"));
            return row.put("answerKey", "A");
        });
        // Beside it lies a configuration that must not be taken for it.
        parquet("datasets/allenai/ai2_arc", "ARC-Easy/test-00000-of-00001.parquet", rows(1, i -> Json.object()
                .put("id", "easy")));
        splits("datasets/Rowan/hellaswag", "data/", 12, "validation", "train", i -> Json.object()
                .put("ind", i)
                .put("activity_label", "Walking")
                .put("ctx_a", "A man walks " + i + " steps.")
                .put("ctx_b", "then he")
                .put("label", String.valueOf(i % 4))
                .set("endings", texts("stops.", "runs home.", "sits down. [title]", "sings.")));
        parquet("datasets/truthfulqa/truthful_qa", "multiple_choice/validation-00000-of-00001.parquet", rows(n, i -> {
            ObjectNode row = Json.object().put("question", "Is the moon " + i + " years old?");
            for (String key : List.of("mc1_targets", "mc2_targets")) {
                ObjectNode targets = row.putObject(key);
                targets.set("choices", texts("It is older.", "Yes, it is.", "It is made of cheese."));
                targets.set(
                        "labels", Json.MAPPER.createArrayNode().add(1).add(0).add(0));
            }
            return row;
        }));
        IntFunction<ObjectNode> winogrande = i -> Json.object()
                .put("sentence", "The cup did not fit into bag " + i + " because the _ was too big.")
                .put("option1", "cup")
                .put("option2", "bag")
                .put("answer", i % 2 == 0 ? "1" : "2");
        parquet("datasets/allenai/winogrande", "winogrande_xl/validation-00000-of-00001.parquet", rows(n, winogrande));
        parquet("datasets/allenai/winogrande", "winogrande_xl/train-00000-of-00001.parquet", rows(8, winogrande));
        List<ObjectNode> test = new ArrayList<>();
        List<ObjectNode> dev = new ArrayList<>();
        for (JsonNode task : tasks("mmlu")) {
            IntFunction<ObjectNode> row = i -> Json.object()
                    .put("question", "Question " + i + "?")
                    .put("subject", task.path("subject").asText())
                    .put("answer", i % 4)
                    .set("choices", texts("one", "two", "three", "four"));
            test.addAll(rows(n, row));
            dev.addAll(rows(5, row));
        }
        parquet("datasets/cais/mmlu", "all/test-00000-of-00001.parquet", test);
        parquet("datasets/cais/mmlu", "all/dev-00000-of-00001.parquet", dev);
    }

    private void reasoning() throws IOException {
        List<String> bbh = new ArrayList<>();
        for (JsonNode task : tasks("bbh")) {
            String file = task.path("file").asText();
            bbh.add(file);
            parquet("datasets/SaylorTwift/bbh", file + "/test-00000-of-00001.parquet", rows(n, i -> Json.object()
                    .put("input", "Which of these is number " + i + "?")
                    .put(
                            "target",
                            task.path("choices")
                                    .path(i % task.path("choices").size())
                                    .asText())));
        }
        for (String file : List.of("dyck_languages", "multistep_arithmetic_two", "word_sorting")) {
            bbh.add(file);
            parquet("datasets/SaylorTwift/bbh", file + "/test-00000-of-00001.parquet", rows(n, i -> Json.object()
                    .put("input", "Sort " + i + ".")
                    .put("target", "word " + i)));
        }
        for (String file : bbh) {
            other(
                    "bbh/cot-prompts/" + file + ".txt",
                    "No real canary.\n-----\nThink.\n\nQ: Is 1 more than 0?\nA: Let's think step by step.\nIt is. So the answer is yes.\n");
        }
        for (String part : List.of("diamond", "extended", "main")) {
            StringBuilder csv = new StringBuilder(
                    "Record ID,Question,Correct Answer,Incorrect Answer 1,Incorrect Answer 2,Incorrect Answer 3\n");
            for (int i = 0; i < n; i++) {
                csv.append("rec")
                        .append(i)
                        .append(",\"What, exactly, is ")
                        .append(i)
                        .append("?\",right,wrong,\"not, that\",no\n");
            }
            add("datasets/Idavidrein/gpqa", "gpqa_" + part + ".csv", csv.toString());
        }
        musr("murder_mystery.csv", "['Ann', 'Bob']", "Bob", 1);
        musr("object_placements.csv", "['box', 'shelf', 'drawer', 'bag', 'table']", "bag", 3);
        musr("team_allocation.csv", "[\"Ann: cook, Bob: sing\", 'Ann: sing', 'both rest']", "both rest", 2);
        splits("datasets/TIGER-Lab/MMLU-Pro", "data/", 5, "test", "validation", i -> Json.object()
                .put("question_id", i)
                .put("question", "Which is number " + i + "?")
                .put("answer", "B")
                .put("answer_index", 1)
                .put("category", "other")
                .set("options", texts("one", "two", "three", "four", "five")));
    }

    private void musr(String file, String choices, String answer, int index) {
        StringBuilder csv = new StringBuilder("narrative,question,choices,answer_index,answer_choice\n");
        for (int i = 0; i < n; i++) {
            csv.append("\"A long day, number ")
                    .append(i)
                    .append(".\nIt rained.\",Who was it?,\"")
                    .append(choices.replace("\"", "\"\""))
                    .append("\",")
                    .append(index)
                    .append(",\"")
                    .append(answer)
                    .append("\"\n");
        }
        add("datasets/TAUR-Lab/MuSR", file, csv.toString());
    }

    private void written() {
        for (String config : List.of("main", "socratic")) {
            splits("datasets/openai/gsm8k", config + "/", 8, "test", "train", i -> Json.object()
                    .put("question", config + ": how many are " + i + " and 1?")
                    .put("answer", "Count on. #### " + (i + 1)));
        }
        for (String subject : List.of(
                "algebra=Algebra",
                "counting_and_probability=Counting & Probability",
                "geometry=Geometry",
                "intermediate_algebra=Intermediate Algebra",
                "number_theory=Number Theory",
                "prealgebra=Prealgebra",
                "precalculus=Precalculus")) {
            String[] both = subject.split("=");
            IntFunction<ObjectNode> row = i -> Json.object()
                    .put("problem", "What is $" + i + " + 1$?")
                    .put("level", i == n ? "Level 3" : "Level 5")
                    .put("type", both[1])
                    .put("solution", "It is $\\boxed{" + (i + 1) + "}$.");
            parquet(
                    "datasets/DigitalLearningGmbH/MATH-lighteval",
                    both[0] + "/test-00000-of-00001.parquet",
                    rows(n + 1, row));
        }
        add("datasets/google/IFEval", "ifeval_input_data.jsonl", lines(rows(n, i -> {
            ObjectNode row = Json.object().put("key", 1000 + i).put("prompt", "Say " + i + " without a comma.");
            row.putArray("instruction_id_list").add("punctuation:no_comma");
            row.putArray("kwargs").addObject();
            return row;
        })));
    }

    private void judged() {
        List<ObjectNode> references = rows(n, i -> Json.object()
                .put("dataset", i % 2 == 0 ? "even" : "odd")
                .put("instruction", "Question " + i + "?")
                .put("output", "Reference " + i)
                .put("generator", "gpt4_1106_preview"));
        add(
                "datasets/tatsu-lab/alpaca_eval",
                "alpaca_eval_gpt4_baseline.json",
                Json.write(Json.MAPPER.valueToTree(references)));
        other(
                "alpaca_eval/alpaca_eval_clf.txt",
                "<|im_start|>system\nWhich is better?\n<|im_end|>\n<|im_start|>user\nALPACA {instruction} m: {output_1} M: {output_2}\n<|im_end|>\n");
        String arena = "data/arena-hard-v0.1/";
        add("datasets/lmarena-ai/arena-hard-auto", arena + "question.jsonl", lines(rows(n, i -> Json.object()
                .put("uid", "q" + i)
                .put("category", "arena-hard-v0.1")
                .put("cluster", "Numbers")
                .put("prompt", "Ask " + i))));
        add("datasets/lmarena-ai/arena-hard-auto", arena + "model_answer/gpt-4-0314.jsonl", lines(rows(n, i -> {
            ObjectNode row = Json.object().put("question_id", "q" + i).put("model_id", "gpt-4-0314");
            row.putArray("choices")
                    .addObject()
                    .put("index", 0)
                    .putArray("turns")
                    .addObject()
                    .put("content", "Answer " + i);
            return row;
        })));
        other("arena_hard/judge_config.yaml", """
                name: judgment config file for Arena Hard
                judge_model: gpt-4-1106-preview
                baseline_model: gpt-4-0314
                temperature: 0
                max_tokens: 100
                number_of_judgment_attempts: 2
                system_prompt: "Judge. Example: [[A=B]]"
                prompt_template: ["ARENA {question_1}\\nA<{answer_1}>A\\nB<{answer_2}>B"]
                """);
        add("spaces/lmsys/mt-bench", "data/mt_bench/question.jsonl", lines(rows(n, i -> Json.object()
                .put("question_id", 81 + i)
                .put("category", i % 2 == 0 ? "writing" : "math")
                .set("turns", texts("Tell " + i, "Then " + i)))));
        other("mt_bench/reference_answer/gpt-4.jsonl", lines(rows(n, i -> {
            ObjectNode row = Json.object().put("question_id", 81 + i).put("model_id", "gpt-4");
            row.putArray("choices").addObject().put("index", 0).set("turns", texts("R", "R"));
            return row;
        })));
        StringBuilder prompts = new StringBuilder();
        for (String name : List.of("single-v1", "single-math-v1")) {
            prompts.append(EvalData.prompt(name, "GRADE {question} | {answer}")).append('\n');
            prompts.append(EvalData.prompt(
                            name + "-multi-turn", "GRADE {question_1} | {answer_1} | {question_2} | {answer_2}"))
                    .append('\n');
        }
        other("mt_bench/judge_prompts.jsonl", prompts.toString());
    }
}
