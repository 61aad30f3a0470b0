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
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lionalign.align.eval.Suite;
import org.lionalign.align.eval.run.Suites;
import org.lionalign.core.json.Json;
import org.lionalign.core.testing.ChildJvm;
import org.lionalign.core.testing.SharedData;
import org.lionalign.torch.model.RandomInit;
import org.lionalign.torch.tensor.Dtype;

/** {@code lion eval} as a user runs it: random models, invented questions in the official formats, a judge with faults. */
class EvalVerbTest {
    private static final int QUESTIONS = 22;

    @TempDir
    static Path shared;

    @TempDir
    Path dir;

    private static Path first;
    private static Path second;
    private static Path data;

    @BeforeAll
    static void write() throws IOException {
        first = EvalData.model(shared.resolve("first"), 160);
        second = EvalData.model(shared.resolve("second"), 160);
        RandomInit.write(second, 6, Dtype.F32);
        data = EvalData.write(shared.resolve("data"), QUESTIONS);
    }

    private record Ran(int code, String out, String err) {
        JsonNode json() {
            return Json.parse(out, "out");
        }
    }

    private static Ran run(Object... args) {
        PrintStream out = System.out;
        PrintStream err = System.err;
        ByteArrayOutputStream outBytes = new ByteArrayOutputStream();
        ByteArrayOutputStream errBytes = new ByteArrayOutputStream();
        try {
            System.setOut(new PrintStream(outBytes, true, StandardCharsets.UTF_8));
            System.setErr(new PrintStream(errBytes, true, StandardCharsets.UTF_8));
            int code = Lion.run(Arrays.stream(args).map(String::valueOf).toArray(String[]::new));
            return new Ran(code, outBytes.toString(StandardCharsets.UTF_8), errBytes.toString(StandardCharsets.UTF_8));
        } finally {
            System.setOut(out);
            System.setErr(err);
        }
    }

    /** A grade from the prompt alone; one request meets a fault at first, one gets no rating. */
    private static String grade(String prompt, int earlier) {
        if (prompt.startsWith("one Tell 3 ")) {
            return "I would rather not say.";
        }
        return prompt.startsWith("one Tell 5 ") && earlier == 0
                ? "HTTP 503"
                : "Rating: [[" + (1 + Math.floorMod(prompt.hashCode(), 10)) + "]]";
    }

    private static JsonNode suite(JsonNode evaluation, String name) {
        for (JsonNode suite : evaluation.path("suites")) {
            if (suite.path("suite").asText().equals(name)) {
                return suite;
            }
        }
        throw new AssertionError("no " + name + " in " + evaluation);
    }

    @Test
    void severalModelsThroughSeveralSuites() throws IOException {
        Path out = dir.resolve("out");
        try (FakeJudge judge = new FakeJudge(EvalVerbTest::grade)) {
            Object[] command = {
                "eval",
                "--model",
                first,
                "--model",
                "b=" + second,
                "--suite",
                "arc_challenge,gsm8k,mt_bench",
                "--data",
                data,
                "--judge",
                judge.url(),
                "--out",
                out,
                "--json"
            };
            Ran ran = run(command);
            assertThat(ran.code()).as(ran.err()).isZero();
            JsonNode evaluation = ran.json();
            assertThat(evaluation.path("models")).hasToString("[\"first\",\"b\"]");
            JsonNode arc = suite(evaluation, "arc_challenge");
            assertThat(arc.path("results")).hasSize(2);
            assertThat(arc.at("/results/0/metrics/0/name").asText()).isEqualTo("acc_norm");
            assertThat(arc.at("/results/0/low").asDouble())
                    .isLessThanOrEqualTo(arc.at("/results/0/metrics/0/value").asDouble());
            assertThat(arc.at("/comparisons/0/test").asText()).isEqualTo("McNemar, exact");
            assertThat(arc.at("/comparisons/0/questions").asInt()).isEqualTo(QUESTIONS);
            assertThat(suite(evaluation, "gsm8k").at("/comparisons/0/verdict").asText())
                    .isEqualTo("no evidence"); // nonsense against nonsense
            JsonNode mt = suite(evaluation, "mt_bench");
            assertThat(mt.at("/results/0/questions").asInt()).isEqualTo(2 * QUESTIONS);
            assertThat(mt.at("/results/0/failures/no_rating").asInt()).isEqualTo(1);
            assertThat(mt.at("/results/0/withheld").asBoolean()).isFalse();
            // The turns of a question are one unit, and the one without a rating is left out.
            assertThat(mt.at("/comparisons/0/questions").asInt()).isEqualTo(QUESTIONS - 1);
            assertThat(mt.at("/comparisons/0/unpaired").asInt()).isEqualTo(1);
            assertThat(mt.at("/comparisons/0/test").asText()).isEqualTo("paired bootstrap");
            assertThat(judge.mostOften()).isEqualTo(1);
            assertThat(Json.read(out.resolve("results.json"))).isEqualTo(evaluation);
            assertThat(Files.readAllLines(out.resolve("questions.jsonl"))).hasSize(2 * (QUESTIONS * 4));
            assertThat(Files.readString(out.resolve("report.html")))
                    .contains("lionEvaluation", "I would rather not say");
            try (Stream<Path> official = Files.walk(out.resolve("suites/mt_bench"))) {
                assertThat(official.map(file -> out.relativize(file).toString()))
                        .anyMatch(name -> name.matches("suites/mt_bench/b-\\w+/model_judgment/judge-1_single.jsonl"));
            }

            // Once more: nothing is paid for, and the numbers are the same.
            int paid = judge.billed();
            Ran again = run(command);
            assertThat(judge.billed()).isEqualTo(paid);
            assertThat(again.json()).isEqualTo(evaluation);

            // From the recording, in another folder, without the server.
            Ran replayed = run(
                    "eval",
                    "--model",
                    first,
                    "--suite",
                    "mt_bench",
                    "--data",
                    data,
                    "--judge",
                    "replay:" + out.resolve("replies.jsonl"),
                    "--out",
                    dir.resolve("replayed"),
                    "--json");
            assertThat(replayed.code()).as(replayed.err()).isZero();
            assertThat(judge.billed()).isEqualTo(paid);
            assertThat(suite(replayed.json(), "mt_bench").at("/results/0/metrics"))
                    .isEqualTo(mt.at("/results/0/metrics"));
        }
    }

    @Test
    void theTableCountsWhatFailedAndWithholds() {
        try (FakeJudge judge = new FakeJudge((prompt, earlier) ->
                prompt.startsWith("one Tell 1 ") ? "HTTP 400" : prompt.startsWith("two") ? "no idea" : "[[7]]")) {
            Ran ran = run(
                    "eval",
                    "--model",
                    first,
                    "--suite",
                    "mt_bench,arc_challenge",
                    "--limit",
                    4,
                    "--data",
                    data,
                    "--judge",
                    judge.url() + ",judge-2",
                    "--out",
                    dir.resolve("out"));
            assertThat(ran.code()).isEqualTo(4);
            assertThat(ran.out())
                    .containsPattern("mt_bench +first +average +withheld +8 +5 .*1 judge_refused; 4 no_rating")
                    .containsPattern("arc_challenge +first +acc_norm +0\\.\\d+ .* 4 +0");
        }
    }

    /** Killed again and again with SIGKILL, the verb pays for what was on its way at that moment, and for nothing else, twice. */
    @Test
    void killedInTheMiddlePaysNothingTwice() throws IOException {
        Path out = dir.resolve("out");
        try (FakeJudge judge = new FakeJudge((prompt, earlier) -> {
            try {
                Thread.sleep(40);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            return "[[" + (1 + prompt.length() % 10) + "]]";
        })) {
            ChildJvm lion = new ChildJvm(
                    "org.lionalign.cli.Lion",
                    List.of(
                            "eval",
                            "--model",
                            first.toString(),
                            "--suite",
                            "mt_bench",
                            "--data",
                            data.toString(),
                            "--judge",
                            judge.url(),
                            "--out",
                            out.toString()),
                    dir.resolve("log"));
            int killed = lion.runThroughKills(new SplittableRandom(1), 4, judge::billed, 12);
            assertThat(killed).isGreaterThanOrEqualTo(2);
            assertThat(judge.different()).isEqualTo(2 * QUESTIONS);
            assertThat(judge.billed()).isBetween(2 * QUESTIONS, 2 * QUESTIONS + 8 * killed); // 8 at the same time
            int paid = judge.billed();
            assertThat(lion.run().code()).isZero();
            assertThat(judge.billed()).isEqualTo(paid);
        }
    }

    @Test
    void aModelFolderJudgesToo() throws IOException {
        Ran ran = run(
                "eval",
                "--model",
                first,
                "--suite",
                "mt_bench,alpaca_eval",
                "--limit",
                3,
                "--data",
                data,
                "--judge",
                second,
                "--out",
                dir.resolve("out"),
                "--json");
        assertThat(ran.code()).as(ran.err()).isEqualTo(4); // nonsense gives no rating, and the headline says so
        JsonNode mt = suite(ran.json(), "mt_bench").at("/results/0");
        assertThat(mt.path("failed").asInt()).isEqualTo(6);
        assertThat(mt.at("/failures/no_rating").asInt()
                        + mt.at("/failures/judge_refused").asInt())
                .isEqualTo(6);
        JsonNode alpaca = suite(ran.json(), "alpaca_eval");
        assertThat(alpaca.at("/results/0/withheld").asBoolean()).isTrue();
        assertThat(alpaca.at("/results/0/metrics/0/value").isNull()).isTrue();
        // What the judge thought likely stands beside each question.
        String page = Files.readString(dir.resolve("out/report.html"));
        assertThat(page).contains("judge_logprobs", "shown_first");
    }

    @Test
    void aBaselineOfOnesOwn() throws IOException {
        Path baseline = EvalData.lines(
                dir.resolve("mine.json"),
                List.of("[{\"instruction\": \"Say hello.\", \"output\": \"Hello.\", \"generator\": \"mine\"}]"));
        try (FakeJudge judge = new FakeJudge((prompt, earlier) -> "m")) {
            Ran ran = run(
                    "eval",
                    "--model",
                    first,
                    "--suite",
                    "alpaca_eval",
                    "--baseline",
                    baseline,
                    "--data",
                    data,
                    "--judge",
                    judge.url(),
                    "--out",
                    dir.resolve("out"),
                    "--json");
            assertThat(ran.code()).as(ran.err()).isZero();
            assertThat(suite(ran.json(), "alpaca_eval")
                            .at("/results/0/questions")
                            .asInt())
                    .isEqualTo(1);
            assertThat(Files.readString(dir.resolve("out/questions.jsonl"))).contains("\"baseline_model\":\"mine\"");
        }
    }

    @Test
    void theListSaysWhatEachSuiteNeeds() {
        Ran ran = run("eval", "--list", "--data", data);
        assertThat(ran.code()).isZero();
        for (Suite suite : new Suites(null).listed()) {
            assertThat(ran.out()).contains(suite.name() + "  ", "--suite " + suite.name() + " ");
        }
        assertThat(ran.out())
                .containsPattern("arc_challenge +1,172 questions +\\[ready\\]")
                .containsPattern("hellaswag +10,042 questions +\\[files missing\\]")
                .contains(
                        "huggingface.co/datasets/Rowan/hellaswag", "judge     --judge URL", "baseline  the suite's own")
                .contains("4 of " + new Suites(null).listed().size() + " can run");
        assertThat(run("eval", "--list", "--data", dir.resolve("none")).out()).contains("is not there");
    }

    @Test
    void wrongUseIsNamed() throws IOException {
        List<Object> good = List.of("eval", "--model", first, "--data", data, "--out", dir.resolve("out"), "--suite");
        assertThat(with(good, "arc_chalenge"))
                .satisfies(ran -> assertThat(ran.code()).isEqualTo(3))
                .satisfies(ran -> assertThat(ran.err())
                        .contains("--suite: unknown suite arc_chalenge; did you mean arc_challenge?"));
        assertThat(with(good, "mmlu_anatomi").err()).contains("did you mean mmlu_anatomy?");
        assertThat(with(good, "gsm8k,gsm8k").err()).contains("each suite once");
        assertThat(with(good, "mt_bench").err()).contains("--judge: mt_bench needs a judge");
        assertThat(with(good, "gsm8k", "--judge", "http://127.0.0.1:9/v1").err())
                .contains("a suite that is judged");
        assertThat(with(good, "gsm8k", "--baseline", data).err()).contains("--baseline: expected one suite");
        assertThat(with(good, "gsm8k", "--limit", -1).err()).contains("--limit");
        assertThat(with(good, "mt_bench", "--judge", dir.resolve("nobody")).err())
                .contains("--judge: expected URL[,MODEL], replay:FILE[,MODEL] or a model folder");
        assertThat(with(good, "winogrande").err())
                .contains("--data: winogrande needs", "huggingface.co/datasets/allenai/winogrande");
        assertThat(with(good, "gsm8k", "--model", first).err()).contains("different models");
        assertThat(run("eval", "--suite", "gsm8k").code()).isEqualTo(2);
        assertThat(run("eval", "--model", first).err()).contains("no --suite");
        assertThat(dir.resolve("out")).doesNotExist(); // nothing ran before everything was there
    }

    private static Ran with(List<Object> good, Object... more) {
        List<Object> all = new ArrayList<>(good);
        all.addAll(List.of(more));
        return run(all.toArray());
    }

    /** The real files as they lie beside the repository. */
    @Test
    void theRealQuestions() {
        Path inputs = SharedData.require("eval-inputs");
        Path model = SharedData.require("models/stories260k");
        Ran ran = run(
                "eval",
                "--model",
                model,
                "--suite",
                "arc_challenge,truthfulqa_mc2,winogrande,leaderboard_bbh_object_counting",
                "--limit",
                2,
                "--data",
                inputs,
                "--out",
                dir.resolve("out"),
                "--json");
        assertThat(ran.code()).as(ran.err()).isZero();
        assertThat(ran.json().path("suites")).hasSize(4).allSatisfy(suite -> assertThat(
                        suite.at("/results/0/questions").asInt())
                .isEqualTo(2));
    }
}
