package org.lionalign.align.eval.mtbench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lionalign.align.eval.EvalFiles;
import org.lionalign.align.eval.Metric;
import org.lionalign.align.eval.ScoreOptions;
import org.lionalign.align.eval.ScriptedJudge;
import org.lionalign.align.eval.SuiteResult;
import org.lionalign.align.eval.TinyCheckpoint;
import org.lionalign.align.remote.ChatOutcome;
import org.lionalign.align.remote.ChatRequest;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.json.JsonLines;

/** The suite from questions to numbers, on a random model and with judges that fail. */
class MtBenchTest {
    private static final List<String> CATEGORIES = List.of("writing", "math", "stem", "coding");
    private static final int QUESTIONS = 36;

    @TempDir
    Path dir;

    private TinyCheckpoint tiny;

    @BeforeEach
    void data() throws IOException {
        tiny = new TinyCheckpoint(dir, 64);
        List<String> questions = new ArrayList<>();
        List<String> references = new ArrayList<>();
        for (int i = 0; i < QUESTIONS; i++) {
            String category = CATEGORIES.get(i % 4);
            questions.add("{\"question_id\": " + (81 + i) + ", \"category\": \"" + category + "\", \"turns\": [\"Tell "
                    + i + "\", \"Then " + i + "\"]}");
            if (i % 2 == 1) {
                references.add("{\"question_id\": " + (81 + i) + ", \"choices\": [{\"index\": 0, \"turns\": [\"RA" + i
                        + "\", \"RB" + i + "\"]}]}");
            }
        }
        tiny.data("mt_bench/question.jsonl", questions);
        tiny.data("mt_bench/reference_answer/gpt-4.jsonl", references);
        tiny.data(
                "mt_bench/judge_prompts.jsonl",
                List.of(
                        prompt("single-v1", "1 {question} | {answer}"),
                        prompt("single-math-v1", "1m {question} | {ref_answer_1} | {answer}"),
                        prompt("single-v1-multi-turn", "2 {question_1} | {answer_1} | {question_2} | {answer_2}"),
                        prompt(
                                "single-math-v1-multi-turn",
                                "2m {question_1} | {ref_answer_1} | {question_2} | {ref_answer_2} | {answer_1} | {answer_2}")));
    }

    private static String prompt(String name, String template) {
        return "{\"name\": \"" + name + "\", \"system_prompt\": \"S {{x}} " + name + "\", \"prompt_template\": \""
                + template + "\", \"output_format\": \"[[rating]]\"}";
    }

    @AfterEach
    void close() {
        tiny.close();
    }

    private SuiteResult run(ScriptedJudge judge, int limit) {
        return new MtBench().run(tiny.context(judge, limit, () -> {}));
    }

    private static double metric(SuiteResult result, String name) {
        return result.metrics().stream()
                .filter(metric -> metric.name().equals(name))
                .mapToDouble(Metric::value)
                .findFirst()
                .orElseThrow();
    }

    @Test
    void promptsByCategoryAndTurn() {
        ScriptedJudge judge = new ScriptedJudge(request -> {
            String prompt = ScriptedJudge.prompt(request);
            return ScriptedJudge.text(prompt.startsWith("1") ? "Rating: [[8]]" : "Rating: [6.5]");
        });
        SuiteResult result = run(judge, 4);
        assertThat(judge.answered()).hasSize(8);
        List<String> prompts =
                judge.answered().stream().map(ScriptedJudge::prompt).toList();
        assertThat(prompts.get(0)).startsWith("1 Tell 0 | ");
        assertThat(prompts.get(1)).startsWith("1m Tell 1 | RA1 | ");
        assertThat(prompts.get(6)).startsWith("2 Tell 2 | ").contains(" | Then 2 | ");
        assertThat(prompts.get(7)).startsWith("2m Tell 3 | RA3 | Then 3 | RB3 | ");
        assertThat(judge.answered().get(0).messages().get(0).content()).isEqualTo("S {{x}} single-v1");
        assertThat(judge.answered()).allMatch(request -> request.temperature() == 0 && request.maxTokens() == 2048);
        assertThat(metric(result, "average")).isEqualTo(7.25);
        assertThat(metric(result, "turn_1")).isEqualTo(8);
        assertThat(metric(result, "turn_2")).isEqualTo(6.5);
        assertThat(metric(result, "mean_of_categories")).isEqualTo(7.25);
        assertThat(result.categories()).extracting(Metric::name).containsExactlyElementsOf(CATEGORIES);
        assertThat(result.items()).hasSize(8);
        assertThat(result.items().get(7).id()).isEqualTo("84/2");
    }

    @Test
    void theSecondTurnSeesTheFirstOnesAnswer() {
        ScriptedJudge judge = new ScriptedJudge(request -> ScriptedJudge.text("[[5]]"));
        run(judge, 1);
        String first = ScriptedJudge.prompt(judge.answered().get(0));
        String answer = first.substring(first.indexOf(" | ") + 3);
        assertThat(answer).isNotBlank();
        assertThat(ScriptedJudge.prompt(judge.answered().get(1))).startsWith("2 Tell 0 | " + answer + " | Then 0 | ");
    }

    @Test
    void failuresAreReportedAndNotDropped() {
        SuiteResult result = run(
                new ScriptedJudge(request -> {
                    String prompt = ScriptedJudge.prompt(request);
                    return prompt.startsWith("2")
                            ? ScriptedJudge.failed()
                            : ScriptedJudge.text(prompt.startsWith("1m") ? "no rating" : "[[9]]");
                }),
                8);
        assertThat(result.failures()).containsEntry("judge_timeout", 8L).containsEntry("no_rating", 4L);
        assertThat(result.items().stream().filter(item -> Double.isNaN(item.score())))
                .hasSize(12);
        assertThat(result.withheld()).isTrue();
        assertThat(metric(result, "average")).isEqualTo(9);
        assertThat(result.metrics().get(0).count()).isEqualTo(4);
    }

    @Test
    void resumingInTheMiddleAsksNothingTwiceAndItsFilesGiveTheSameNumbers() throws IOException {
        Function<ChatRequest, ChatOutcome> script = request -> ScriptedJudge.text(
                "[[" + (1 + Math.floorMod(ScriptedJudge.prompt(request).hashCode(), 10)) + "]]");
        ScriptedJudge killed = new ScriptedJudge(script).dyingAfter(50);
        assertThatThrownBy(() -> run(killed, 0)).isInstanceOf(ScriptedJudge.Killed.class);
        ScriptedJudge second = new ScriptedJudge(script);
        SuiteResult resumed = run(second, 0);
        assertThat(killed.answered().size() + second.answered().size()).isEqualTo(2 * QUESTIONS);
        assertThat(new HashSet<>(second.answered())).doesNotContainAnyElementsOf(killed.answered());
        ScriptedJudge third = new ScriptedJudge(script);
        assertThat(run(third, 0)).isEqualTo(resumed);
        assertThat(third.answered()).isEmpty();
        Path official;
        try (Stream<Path> list = Files.list(tiny.store().resolve("mt_bench"))) {
            official = list.filter(Files::isDirectory).findFirst().orElseThrow();
        }
        SuiteResult read =
                new MtBenchFiles().score(official.resolve("model_judgment/judge-1_single.jsonl"), ScoreOptions.NONE);
        assertThat(metric(read, "average")).isCloseTo(metric(resumed, "average"), within(1e-12));
        assertThat(read.metrics().get(0).standardError())
                .isCloseTo(resumed.metrics().get(0).standardError(), within(1e-12));
        List<JsonLines.Row> answers = EvalFiles.rows(official.resolve("model_answer/tiny.jsonl"));
        assertThat(answers).hasSize(QUESTIONS);
        assertThat(answers.get(0).value().get("choices").get(0).get("turns")).hasSize(2);
    }

    @Test
    void aMissingReferenceIsSaid() throws IOException {
        tiny.data("mt_bench/reference_answer/gpt-4.jsonl", List.of());
        assertThatThrownBy(() -> run(new ScriptedJudge(request -> ScriptedJudge.failed()), 4))
                .isInstanceOf(BadInput.class)
                .hasMessageContaining("reference answer to 82 (math)");
    }
}
