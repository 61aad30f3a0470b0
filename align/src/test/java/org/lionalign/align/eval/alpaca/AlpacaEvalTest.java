package org.lionalign.align.eval.alpaca;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lionalign.align.eval.Metric;
import org.lionalign.align.eval.ScoreOptions;
import org.lionalign.align.eval.ScriptedJudge;
import org.lionalign.align.eval.SuiteResult;
import org.lionalign.align.eval.TinyCheckpoint;
import org.lionalign.align.remote.ChatOutcome;
import org.lionalign.align.remote.ChatRequest;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.json.Json;

/** The suite from questions to numbers, on a random model and with judges that fail, look at the order, or like length. */
class AlpacaEvalTest {
    private static final int QUESTIONS = 70;

    @TempDir
    Path dir;

    private TinyCheckpoint tiny;

    @BeforeEach
    void data() throws IOException {
        tiny = new TinyCheckpoint(dir, 48);
        List<String> rows = new ArrayList<>();
        for (int i = 0; i < QUESTIONS; i++) {
            rows.add(Json.write(Json.object()
                    .put("instruction", "Question " + i + "?")
                    .put("dataset", i % 2 == 0 ? "even" : "odd")
                    .put("output", "Reference " + "x".repeat(i))
                    .put("generator", "reference")));
        }
        tiny.data("alpaca_eval/alpaca_eval_gpt4_baseline.json", List.of("[" + String.join(",\n", rows) + "]"));
        tiny.data(
                "alpaca_eval/alpaca_eval_clf.txt",
                List.of(
                        "<|im_start|>system",
                        "Judge {things}.",
                        "<|im_end|>",
                        "<|im_start|>user",
                        "Q{instruction}Q",
                        "A{output_1}A",
                        "B{output_2}B",
                        "<|im_end|>"));
    }

    @AfterEach
    void close() {
        tiny.close();
    }

    private static AlpacaEval suite() {
        return new AlpacaEval(null, new AlpacaEval.Sampling(0, 1, 4));
    }

    private SuiteResult run(Function<ChatRequest, ChatOutcome> script, int limit) {
        return suite().run(tiny.context(new ScriptedJudge(script), limit, () -> {}));
    }

    private static double metric(SuiteResult result, String name) {
        return result.metrics().stream()
                .filter(metric -> metric.name().equals(name))
                .mapToDouble(Metric::value)
                .findFirst()
                .orElseThrow();
    }

    private static String between(String prompt, String mark) {
        return prompt.substring(prompt.indexOf("\n" + mark) + 2, prompt.lastIndexOf(mark));
    }

    @Test
    void aJudgeThatLooksAtTheOrderGivesWhatTheOrderGives() {
        SuiteResult result = run(request -> ScriptedJudge.token(Map.of("m", -0.2, "M", -1.7)), 0);
        WeightedAnnotator order =
                new WeightedAnnotator("<|im_start|>user\n{instruction}{output_1}{output_2}<|im_end|>", "", "", 0);
        double sum = 0;
        int switched = 0;
        for (int i = 0; i < QUESTIONS; i++) {
            boolean first = order.isSwitched("Question " + i + "?");
            switched += first ? 1 : 0;
            sum += first ? 0.8175744761936437 : 1 - 0.8175744761936437;
        }
        assertThat(switched).isBetween(20, 50); // both orders are drawn
        assertThat(metric(result, "win_rate")).isCloseTo(100 * sum / QUESTIONS, within(1e-9));
        assertThat(result.categories()).extracting(Metric::name).containsExactly("even", "odd");
        assertThat(result.failures()).containsOnlyKeys("truncated_answer");
    }

    @Test
    void aJudgeThatLikesLengthIsSeenThrough() {
        SuiteResult result = run(
                request -> {
                    String prompt = ScriptedJudge.prompt(request);
                    boolean first =
                            between(prompt, "A").length() > between(prompt, "B").length();
                    return ScriptedJudge.token(first ? Map.of("m", -0.01, "M", -5.0) : Map.of("m", -5.0, "M", -0.01));
                },
                0);
        assertThat(metric(result, "longer_preferred")).isGreaterThan(98);
    }

    @Test
    void failuresAreCountedAndNeverScores() {
        SuiteResult result = run(
                request -> ScriptedJudge.prompt(request).contains("Question 1")
                        ? ScriptedJudge.failed()
                        : ScriptedJudge.prompt(request).contains("Question 2")
                                ? ScriptedJudge.token(Map.of("Both", -0.1))
                                : ScriptedJudge.token(Map.of("m", -9.0)),
                30);
        // 1 and 10 to 19; 2 and 20 to 29
        assertThat(result.failures()).containsEntry("judge_timeout", 11L).containsEntry("judge_unparsed", 11L);
        assertThat(result.items().stream().filter(item -> Double.isNaN(item.score())))
                .hasSize(22);
        assertThat(result.metrics().get(0).count()).isEqualTo(8);
        assertThat(result.withheld()).isTrue();
    }

    @Test
    void aJudgeThatIsDownIsNotAskedForTheRest() {
        ScriptedJudge judge = new ScriptedJudge(request -> ScriptedJudge.failed());
        SuiteResult result = suite().run(tiny.context(judge, 0, () -> {}));
        assertThat(judge.answered()).hasSize(64);
        assertThat(result.failures()).containsEntry("judge_timeout", 64L).containsEntry("judge_not_asked", 6L);
        assertThat(result.withheld()).isTrue();
        assertThat(metric(result, "win_rate")).isNaN();
        // Failures are not kept: the next run asks all again.
        SuiteResult again = run(request -> ScriptedJudge.token(Map.of("m", -9.0)), 0);
        assertThat(again.withheld()).isFalse();
    }

    @Test
    void resumingInTheMiddleAsksNothingTwice() throws IOException {
        Function<ChatRequest, ChatOutcome> script = request -> ScriptedJudge.token(
                Map.of("m", -0.1, "M", -2.0 - ScriptedJudge.prompt(request).hashCode() % 7));
        ScriptedJudge killed = new ScriptedJudge(script).dyingAfter(50);
        assertThatThrownBy(() -> suite().run(tiny.context(killed, 0, () -> {})))
                .isInstanceOf(ScriptedJudge.Killed.class);
        assertThat(killed.answered()).hasSize(50);
        // The crash tore the last line of each store.
        Path folder = tiny.store().resolve("alpaca_eval");
        long answers = Files.size(folder.resolve("answers.jsonl"));
        tear(folder.resolve("judgements.jsonl"));
        ScriptedJudge second = new ScriptedJudge(script);
        int[] progress = new int[1];
        SuiteResult resumed = suite().run(tiny.context(second, 0, () -> progress[0]++));
        assertThat(progress[0]).isEqualTo(QUESTIONS);
        assertThat(new HashSet<>(second.answered())).doesNotContainAnyElementsOf(new HashSet<>(killed.answered()));
        assertThat(second.answered()).hasSize(QUESTIONS - 50);
        assertThat(Files.size(folder.resolve("answers.jsonl"))).isEqualTo(answers); // nothing was sampled again
        ScriptedJudge third = new ScriptedJudge(script);
        SuiteResult again = suite().run(tiny.context(third, 0, () -> {}));
        assertThat(third.answered()).isEmpty();
        assertThat(again).isEqualTo(resumed);
    }

    private static void tear(Path file) throws IOException {
        Files.writeString(file, "{\"key\":\"torn", java.nio.file.StandardOpenOption.APPEND);
    }

    @Test
    void equalAnswersAreADrawAndNobodyIsAsked() throws IOException {
        SuiteResult first = run(request -> ScriptedJudge.token(Map.of("m", -0.1)), 3);
        String mine = first.items().get(1).detail().get("answer").asText();
        tiny.data(
                "alpaca_eval/alpaca_eval_gpt4_baseline.json",
                List.of("["
                        + Json.write(Json.object()
                                .put("instruction", "Question 1?")
                                .put("dataset", "odd")
                                .put("output", mine)
                                .put("generator", "reference"))
                        + "]"));
        ScriptedJudge judge = new ScriptedJudge(request -> ScriptedJudge.failed());
        SuiteResult result = suite().run(tiny.context(judge, 0, () -> {}));
        assertThat(judge.answered()).isEmpty();
        assertThat(result.items().get(0).score()).isEqualTo(0.5);
    }

    @Test
    void itsFilesGiveTheSameNumbersAndOverlongPromptsFail() throws IOException {
        tiny.data(
                "long.json",
                List.of("["
                        + Json.write(Json.object()
                                .put("instruction", "word ".repeat(300))
                                .put("output", "r")
                                .put("generator", "reference"))
                        + ","
                        + Json.write(Json.object()
                                .put("instruction", "Short?")
                                .put("output", "r")
                                .put("generator", "reference"))
                        + "]"));
        AlpacaEval suite = new AlpacaEval(dir.resolve("data/long.json"), new AlpacaEval.Sampling(0.7, 0.7, 4));
        SuiteResult result = suite.run(tiny.context(
                new ScriptedJudge(request -> ScriptedJudge.token(Map.of("m", -0.1, "M", -1.0))), 0, () -> {}));
        assertThat(result.failures()).containsEntry("overlong_prompt", 1L);
        assertThat(result.items().get(0).score()).isNaN();
        Path official;
        try (Stream<Path> list = Files.list(tiny.store().resolve("alpaca_eval"))) {
            official = list.filter(Files::isDirectory).findFirst().orElseThrow();
        }
        SuiteResult read = new AlpacaFiles().score(official, ScoreOptions.NONE);
        assertThat(read.metrics()).isEqualTo(result.metrics());
        assertThat(Annotation.Output.read(official.resolve("model_outputs.json")))
                .hasSize(2);
        assertThat(read.failures()).containsEntry("no_preference", 1L);
    }

    @Test
    void whatIsMissingIsSaid() throws IOException {
        assertThatThrownBy(() -> suite().run(tiny.context(null, 1, () -> {})))
                .isInstanceOf(BadInput.class)
                .hasMessageContaining("--judge");
        Files.delete(dir.resolve("data/alpaca_eval/alpaca_eval_clf.txt"));
        assertThatThrownBy(() -> run(request -> ScriptedJudge.failed(), 1))
                .isInstanceOf(BadInput.class)
                .hasMessageContaining("alpaca_eval_clf.txt");
    }
}
