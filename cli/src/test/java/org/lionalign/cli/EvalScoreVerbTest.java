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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lionalign.core.json.Json;
import org.lionalign.core.testing.SharedData;

/** {@code lion eval score} as a user runs it. */
class EvalScoreVerbTest {
    @TempDir
    Path dir;

    /** Exit code, and what was printed. */
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

    private Path file(String name, List<String> lines) throws IOException {
        return Files.writeString(dir.resolve(name), String.join("\n", lines) + "\n");
    }

    private static String grade(int question, int turn, String score) {
        return "{\"question_id\": " + question + ", \"model\": \"mine\", \"judge\": [\"j\", \"single-v1\"], \"turn\": "
                + turn + ", \"score\": " + score + "}";
    }

    @Test
    void aTableWithErrorsCategoriesAndFailures() throws IOException {
        List<String> lines = new ArrayList<>();
        for (int q = 81; q <= 100; q++) {
            lines.add(grade(q, 1, "" + (5 + q % 4)));
            lines.add(grade(q, 2, q == 90 ? "-1" : "" + (4 + q % 4)));
        }
        Ran ran = run(
                "eval",
                "score",
                "--suite",
                "mt_bench",
                "--from",
                file("j_single.jsonl", lines).toString());
        assertThat(ran.err()).isEmpty();
        assertThat(ran.code()).isZero();
        assertThat(ran.out()).isEqualTo("""
                mt_bench: 40 questions, 1 failed
                metric                  value    ± error       n
                average                  6.00     ± 0.26      39
                turn_1                   6.50     ± 0.26      20
                turn_2                   5.47     ± 0.27      19
                mean_of_categories       6.00     ± 0.27      39
                average by category
                  writing                6.00     ± 0.36      19
                  roleplay               6.00     ± 0.40      20
                failures
                  no_rating                                    1
                """);
    }

    @Test
    void aHeadlineWithTooManyFailuresIsWithheld() throws IOException {
        Path file = file("j_single.jsonl", List.of(grade(81, 1, "7"), grade(81, 2, "-1"), grade(82, 1, "8")));
        Ran ran = run("eval", "score", "--suite", "mt_bench", "--from", file.toString());
        assertThat(ran.code()).isEqualTo(4);
        assertThat(ran.out()).contains("average     withheld", "33.3 %");
        JsonNode json = Json.parse(
                run("eval", "score", "--suite", "mt_bench", "--from", file.toString(), "--json")
                        .out(),
                "out");
        assertThat(json.get("withheld").asBoolean()).isTrue();
        assertThat(json.get("metrics").get(0).get("value").isNull()).isTrue();
        assertThat(json.get("metrics").get(1).get("value").asDouble()).isEqualTo(7.5);
        assertThat(json.get("failures").get("no_rating").asInt()).isEqualTo(1);
    }

    @Test
    void badFilesAreNamedWithLineAndKey() throws IOException {
        Path grades = file("bad.jsonl", List.of(grade(81, 1, "7"), grade(82, 1, "\"seven\"")));
        Ran ran = run("eval", "score", "--suite", "mt_bench", "--from", grades.toString());
        assertThat(ran.code()).isEqualTo(3);
        assertThat(ran.err()).contains("bad.jsonl:2: score: expected a number or null, found \"seven\"");
        Path annotations = file("annotations.json", List.of("[", "{\"instruction\": \"a\"},", "3]"));
        assertThat(run("eval", "score", "--suite", "alpaca_eval", "--from", annotations.toString())
                        .err())
                .contains("annotations.json:2: output_1: expected a text, found nothing");
        Path torn = file("torn.json", List.of("[", "{\"instruction\": "));
        assertThat(run("eval", "score", "--suite", "alpaca_eval", "--from", torn.toString())
                        .err())
                .contains("torn.json:", "expected JSON");
        Path range = file(
                "range.json",
                List.of(
                        "[{\"instruction\": \"a\", \"output_1\": \"b\", \"generator_1\": \"c\",",
                        "\"output_2\": \"d\", \"generator_2\": \"e\", \"preference\": 2.5}]"));
        assertThat(run("eval", "score", "--suite", "alpaca_eval", "--from", range.toString())
                        .err())
                .contains("range.json:1: preference: expected 0, or 1 to 2, found 2.5");
        Path battles = file(
                "battles.jsonl",
                List.of("{\"question_id\":\"q\",\"model_a\":\"a\",\"model_b\":\"b\",\"winner\":\"x\"}"));
        assertThat(run("eval", "score", "--suite", "arena_hard", "--from", battles.toString())
                        .err())
                .contains("battles.jsonl:1: winner: expected model_a, model_b or tie, found x");
        assertThat(run(
                                "eval",
                                "score",
                                "--suite",
                                "arena_hard",
                                "--from",
                                dir.resolve("none").toString())
                        .code())
                .isEqualTo(3);
        assertThat(run("eval", "score", "--suite", "chess", "--from", "x").err())
                .contains("--suite: expected alpaca_eval, arena_hard, mt_bench");
        assertThat(run("eval").code()).isEqualTo(2);
    }

    @Test
    void aPublishedResultComesOut() {
        Path annotations = SharedData.require("judged/alpaca_eval/annotations/Qwen-14B-Chat.annotations.json");
        Ran ran = run("eval", "score", "--suite", "alpaca_eval", "--from", annotations.toString(), "--json");
        JsonNode metric = Json.parse(ran.out(), "out").get("metrics").get(0);
        assertThat(metric.get("name").asText()).isEqualTo("win_rate");
        assertThat(metric.get("value").asDouble())
                .isCloseTo(7.502333484720497, org.assertj.core.api.Assertions.within(1e-12));
    }
}
