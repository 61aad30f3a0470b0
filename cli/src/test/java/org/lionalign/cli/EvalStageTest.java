package org.lionalign.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lionalign.core.json.Json;

/** Benchmarks as a part of {@code lion run}: nodes of the graph, for every compared checkpoint, in the run's report. */
class EvalStageTest {
    @TempDir
    Path dir;

    private Path recipe;
    private Path data;

    private record Ran(int code, String out, String err) {}

    private static Ran run(String... args) {
        PrintStream out = System.out;
        PrintStream err = System.err;
        ByteArrayOutputStream outBytes = new ByteArrayOutputStream();
        ByteArrayOutputStream errBytes = new ByteArrayOutputStream();
        try {
            System.setOut(new PrintStream(outBytes, true, StandardCharsets.UTF_8));
            System.setErr(new PrintStream(errBytes, true, StandardCharsets.UTF_8));
            int code = Lion.run(args);
            return new Ran(code, outBytes.toString(StandardCharsets.UTF_8), errBytes.toString(StandardCharsets.UTF_8));
        } finally {
            System.setOut(out);
            System.setErr(err);
        }
    }

    @BeforeEach
    void write() throws IOException {
        Path model = EvalData.model(dir.resolve("model"), 128);
        data = EvalData.write(dir.resolve("data"), 6);
        List<String> rows = new ArrayList<>();
        for (int i = 0; i < 16; i++) {
            rows.add("{\"prompt\": \"Say " + i + ".\", \"completion\": \"It is " + i + ".\"}");
        }
        Path train = EvalData.lines(dir.resolve("rows.jsonl"), rows);
        recipe = EvalData.lines(
                dir.resolve("recipe.yaml"),
                List.of(
                        "model: {path: '" + model + "', template: chatml, compute: f32}",
                        "sft:",
                        "  data: {train: ['" + train + "'], max_length_tokens: 64}",
                        "  train: {epochs: 1, max_steps: 2, examples_per_step: 8, micro_batch_tokens: 128, learning_rate: 1e-2}",
                        "  eval: {probe_prompts: 0}",
                        "compare:",
                        "  suites: [arc_challenge, gsm8k]",
                        "  suite_limit: 4",
                        "  suite_data: '" + data + "'"));
    }

    private Ran lion(String verb, String... set) {
        List<String> args = new ArrayList<>(
                List.of(verb, recipe.toString(), "--out", dir.resolve("run").toString()));
        for (String one : set) {
            args.addAll(List.of("--set", one));
        }
        return run(args.toArray(String[]::new));
    }

    /** How each node stands, by name. */
    private Map<String, String> states(String... set) {
        Map<String, String> states = new TreeMap<>();
        for (String line : lion("explain", set).out().lines().toList()) {
            if (!line.startsWith(" ")) {
                String[] words = line.split(" +", 3);
                states.put(words[0], words[1]);
            }
        }
        return states;
    }

    @Test
    void everyCheckpointGoesThroughEverySuite() throws IOException {
        Ran ran = lion("run");
        assertThat(ran.code()).as(ran.err()).isZero();
        assertThat(ran.out())
                .containsPattern("arc_challenge +base +acc_norm +\\d")
                .containsPattern("gsm8k +sft +exact_match,strict-match +\\d")
                .containsPattern("arc_challenge +base +sft +[+-]?\\d.*(better|no evidence|worse)");
        JsonNode run = Json.read(dir.resolve("run/run.json"));
        JsonNode evaluation = Json.read(
                dir.resolve("run/artifacts").resolve(run.path("eval").asText()).resolve("evaluation.json"));
        assertThat(evaluation.path("models")).hasToString("[\"base\",\"sft\"]");
        assertThat(evaluation.at("/suites/0/results/1/questions").asInt()).isEqualTo(4);
        assertThat(evaluation.at("/suites/1/questions")).hasSize(4);
        assertThat(Files.readString(dir.resolve("run/report.html")))
                .contains("lionEvaluation", "\"suite\":\"arc_challenge\"", "What is 3?");

        assertThat(states().values()).containsOnly("cached");
        // Another limit: the benchmarks alone, and of them only the questions that are new.
        long kept = Files.readAllLines(dir.resolve("run/eval/gsm8k/completions.jsonl"))
                .size();
        assertThat(kept).isEqualTo(2 * 4);
        assertThat(states("compare.suite_limit=6"))
                .containsEntry("sft", "cached")
                .containsEntry("eval/base/gsm8k", "stale")
                .containsEntry("eval", "stale");
        assertThat(lion("run", "compare.suite_limit=6").code()).isZero();
        assertThat(Files.readAllLines(dir.resolve("run/eval/gsm8k/completions.jsonl")))
                .hasSize(2 * 6);
        // Other questions: their suite alone.
        Files.writeString(
                data.resolve("gsm8k/test.jsonl"),
                Files.readString(data.resolve("gsm8k/test.jsonl")).replace("How many", "Now how many"));
        assertThat(states("compare.suite_limit=6"))
                .containsEntry("eval/sft/arc_challenge", "cached")
                .containsEntry("eval/sft/gsm8k", "stale");
    }

    @Test
    void whatIsWrongIsKnownBeforeAnythingRuns() {
        assertThat(lion("run", "compare.suites=[arc_chalenge]").err())
                .contains("compare.suites: unknown suite arc_chalenge; did you mean arc_challenge?");
        assertThat(lion("run", "compare.suites=[mt_bench]").err())
                .contains("compare.suite_judge: mt_bench needs a judge");
        assertThat(lion("run", "compare.suites=[hellaswag]").err()).contains("compare.suite_data: hellaswag needs");
        assertThat(lion("run", "compare.suite_judge=http://127.0.0.1:9/v1").err())
                .contains("compare.suite_judge: expected a suite that is judged");
        assertThat(dir.resolve("run/artifacts")).doesNotExist();
    }

    /** The key of each node, by name. */
    private Map<String, String> keys(String... set) {
        Map<String, String> keys = new TreeMap<>();
        for (String line : lion("explain", set).out().lines().toList()) {
            if (!line.startsWith(" ")) {
                keys.put(line.split(" +", 2)[0], line.substring(line.lastIndexOf(' ') + 1));
            }
        }
        return keys;
    }

    private static List<String> changed(Map<String, String> before, Map<String, String> after) {
        assertThat(after.keySet()).isEqualTo(before.keySet());
        return before.keySet().stream()
                .filter(node -> !before.get(node).equals(after.get(node)))
                .toList();
    }

    /** Judge and baseline count by content, and only where they are read. */
    @Test
    void whoJudgesAndWhatIsComparedWithShapeTheirSuitesAlone() throws IOException {
        Path first = EvalData.lines(dir.resolve("first.jsonl"), List.of("{}"));
        Path second = EvalData.lines(dir.resolve("second.jsonl"), List.of("{ }"));
        Path mine = EvalData.lines(
                dir.resolve("mine.json"),
                List.of("[{\"instruction\": \"a\", \"output\": \"b\", \"generator\": \"mine\"}]"));
        String suites = "compare.suites=[gsm8k, alpaca_eval]";
        List<String> judged = List.of("eval", "eval/base/alpaca_eval", "eval/sft/alpaca_eval");
        Map<String, String> before = keys(suites, "compare.suite_judge='replay:" + first + "'");
        assertThat(before).containsKeys("sft", "eval/sft/gsm8k", "eval/sft/alpaca_eval");
        assertThat(changed(before, keys(suites, "compare.suite_judge='replay:" + second + "'")))
                .isEqualTo(judged);
        assertThat(changed(
                        before,
                        keys(
                                suites,
                                "compare.suite_judge='replay:" + first + "'",
                                "compare.suite_baseline='" + mine + "'")))
                .isEqualTo(judged);
        assertThat(changed(before, keys(suites, "compare.suite_judge='replay:" + first + "'", "compare.suite_limit=5")))
                .hasSize(5);
    }

    @Test
    void aJudgeThatIsDownIsAskedAgainByTheSameCommand() {
        boolean[] down = {true};
        try (FakeJudge judge = new FakeJudge((prompt, earlier) -> down[0] ? "HTTP 400" : "[[5]]")) {
            String[] set = {"compare.suites=[mt_bench]", "compare.suite_judge='" + judge.url() + ",judge-1'"};
            Ran first = lion("run", set);
            assertThat(first.code()).isEqualTo(4);
            assertThat(first.err()).contains("compare.suite_judge", "gave no verdict on 8 of 8 questions of mt_bench");
            down[0] = false;
            Ran second = lion("run", set);
            assertThat(second.code()).as(second.err()).isZero();
            assertThat(second.out()).containsPattern("mt_bench +sft +average +5\\.00");
            assertThat(states(set).values()).containsOnly("cached");
        }
    }
}
