package org.lionalign.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lionalign.align.eval.Suite;
import org.lionalign.align.eval.run.Suites;
import org.lionalign.core.json.Json;

/** Every suite of the registry through {@code lion eval}, from files in the formats of their origins, with a judge whose verdicts can be read. */
class EverySuiteTest {
    private static final int N = 2;

    /** Questions of a run with {@link #N} of each task. */
    static final Map<String, Integer> QUESTIONS = Map.ofEntries(
            Map.entry("alpaca_eval", N),
            Map.entry("arena_hard", N),
            Map.entry("mt_bench", 2 * N),
            Map.entry("ifeval", N),
            Map.entry("arc_challenge", N),
            Map.entry("hellaswag", N),
            Map.entry("mmlu", 57 * N),
            Map.entry("truthfulqa_mc1", N),
            Map.entry("truthfulqa_mc2", N),
            Map.entry("winogrande", N),
            Map.entry("leaderboard_bbh", 24 * N),
            Map.entry("leaderboard_gpqa", 3 * N),
            Map.entry("leaderboard_musr", 3 * N),
            Map.entry("leaderboard_mmlu_pro", N),
            Map.entry("gsm8k", N),
            Map.entry("bbh_cot_fewshot", 27 * N),
            Map.entry("leaderboard_math_hard", 7 * N),
            Map.entry("leaderboard_v1", (5 + 57) * N),
            Map.entry("leaderboard_v2", (1 + 24 + 7 + 3 + 3 + 1) * N));

    @TempDir
    Path dir;

    @Test
    void everySuiteRuns() throws IOException {
        List<Suite> all = new Suites(null).listed();
        assertThat(all).extracting(Suite::name).containsExactlyInAnyOrderElementsOf(QUESTIONS.keySet());
        Path data = dir.resolve("data");
        HubSets.of(N).write(data);
        Path out = dir.resolve("out");
        Ran ran;
        try (FakeJudge judge = new FakeJudge(FakeJudge::byHash)) {
            ran = Ran.lion(
                    "eval",
                    "--model",
                    EvalData.model(dir.resolve("tiny"), 160).toString(),
                    "--suite",
                    String.join(",", all.stream().map(Suite::name).toList()),
                    "--data",
                    data.toString(),
                    "--judge",
                    judge.url(),
                    "--out",
                    out.toString(),
                    "--json");
        }
        assertThat(ran.code()).as(ran.err()).isZero();
        check(Json.parse(ran.out(), "out"));

        try (Stream<Path> files = Files.walk(out.resolve("suites"))) {
            List<String> written = files.filter(Files::isRegularFile)
                    .map(file -> out.resolve("suites").relativize(file).toString())
                    .toList();
            assertThat(written)
                    .anyMatch(file -> file.matches("alpaca_eval/tiny-\\w+/model_outputs.json"))
                    .anyMatch(file -> file.matches("alpaca_eval/tiny-\\w+/annotations.json"))
                    .anyMatch(file -> file.matches("arena_hard/tiny-\\w+/model_answer/tiny.jsonl"))
                    .anyMatch(file -> file.matches("arena_hard/tiny-\\w+/model_judgment/.+\\.jsonl"))
                    .anyMatch(file -> file.matches("mt_bench/tiny-\\w+/model_answer/tiny.jsonl"))
                    .anyMatch(file -> file.matches("mt_bench/tiny-\\w+/model_judgment/.+\\.jsonl"));
        }
        assertThat(out.resolve("report.html")).isNotEmptyFile();
        assertThat(Ran.lion("eval", "--list", "--data", data.toString()).out())
                .contains(all.size() + " of " + all.size() + " can run");
    }

    /** Each suite has asked what it should and has a headline. */
    static void check(JsonNode evaluation) {
        Map<String, Integer> asked = new HashMap<>();
        for (JsonNode suite : evaluation.path("suites")) {
            String name = suite.path("suite").asText();
            JsonNode result = suite.at("/results/0");
            asked.put(name, result.path("questions").asInt());
            assertThat(result.path("withheld").asBoolean()).as(name).isFalse();
            assertThat(result.path("failed").asInt()).as(name + ": " + result).isZero();
            assertThat(result.at("/metrics/0/value").isNumber())
                    .as(name + ": " + result)
                    .isTrue();
            assertThat(result.path("low").isNumber()).as(name + ": " + result).isTrue();
        }
        assertThat(asked).isEqualTo(QUESTIONS);
    }
}
