package org.lionalign.align.eval.arena;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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
import org.lionalign.align.eval.Metric;
import org.lionalign.align.eval.ScoreOptions;
import org.lionalign.align.eval.ScriptedJudge;
import org.lionalign.align.eval.SuiteResult;
import org.lionalign.align.eval.TinyCheckpoint;
import org.lionalign.align.remote.ChatOutcome;
import org.lionalign.align.remote.ChatRequest;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.testing.Seeds;

/** The suite from questions to numbers, with judges that fail, look at the order, like length, or need to be asked again. */
class ArenaHardTest {
    private static final int QUESTIONS = 36;

    @TempDir
    Path dir;

    private TinyCheckpoint tiny;

    @BeforeEach
    void data() throws IOException {
        tiny = new TinyCheckpoint(dir, 32);
        List<String> questions = new ArrayList<>();
        List<String> answers = new ArrayList<>();
        for (int i = 0; i < QUESTIONS; i++) {
            questions.add("{\"question_id\":\"q" + i
                    + "\",\"category\":\"arena-hard-v0.1\",\"turns\":[{\"content\":\"Ask " + i + "\"}]}");
            String text = i % 2 == 0 ? "short" : "long " + "and longer ".repeat(60);
            answers.add("{\"question_id\":\"q" + i
                    + "\",\"model_id\":\"gpt-4-0314\",\"choices\":[{\"index\":0,\"turns\":[{\"content\":\"" + text
                    + "\"}]}]}");
        }
        tiny.data("arena_hard/question.jsonl", questions);
        tiny.data("arena_hard/model_answer/gpt-4-0314.jsonl", answers);
        tiny.data(
                "arena_hard/judge_config.yaml",
                List.of(
                        "baseline_model: gpt-4-0314",
                        "temperature: 0",
                        "max_tokens: 100",
                        "number_of_judgment_attempts: 2",
                        "system_prompt: \"Judge. Example: [[A=B]]\"",
                        "prompt_template: [\"Q {question_1}\\nA<{answer_1}>A\\nB<{answer_2}>B\"]"));
    }

    @AfterEach
    void close() {
        tiny.close();
    }

    private SuiteResult run(Function<ChatRequest, ChatOutcome> script, int limit) {
        return new ArenaHard().run(tiny.context(new ScriptedJudge(script), limit, () -> {}));
    }

    private static double metric(SuiteResult result, String name) {
        return result.metrics().stream()
                .filter(metric -> metric.name().equals(name))
                .mapToDouble(Metric::value)
                .findFirst()
                .orElseThrow(() -> new AssertionError("no " + name + " in " + result.metrics()));
    }

    private static int length(String prompt, String side) {
        return prompt.indexOf(">" + side) - prompt.indexOf(side + "<");
    }

    @Test
    void aJudgeThatLooksAtTheOrderSaysNothing() {
        SuiteResult result = run(request -> ScriptedJudge.text("Clearly [[A>>B]]"), 0);
        assertThat(metric(result, "win_rate")).isEqualTo(50);
        assertThat(metric(result, "order_consistency")).isZero();
        assertThat(metric(result, "win_rate_style_controlled")).isBetween(40.0, 60.0);
        assertThat(result.items()).allMatch(item -> item.score() == 0.5);
        assertThat(result.withheld()).isFalse();
    }

    @Test
    void aJudgeThatLikesLengthIsSeenThrough() {
        SuiteResult result = run(
                request -> {
                    String prompt = ScriptedJudge.prompt(request);
                    return ScriptedJudge.text(length(prompt, "A") > length(prompt, "B") ? "[[A>B]]" : "[[B>A]]");
                },
                0);
        assertThat(metric(result, "order_consistency")).isEqualTo(100);
        assertThat(metric(result, "longer_preferred")).isGreaterThan(90);
    }

    @Test
    void withoutAVerdictItIsAskedOnceMore() {
        List<ChatRequest> second = new ArrayList<>();
        SuiteResult result = run(
                request -> {
                    if (request.messages().size() == 2) {
                        return ScriptedJudge.text("Let me think.");
                    }
                    second.add(request);
                    return ScriptedJudge.text("So [[A=B]]");
                },
                3);
        assertThat(second).hasSize(6);
        assertThat(second.get(0).messages().get(2).content()).isEqualTo("Let me think.");
        assertThat(second.get(0).messages().get(3).content())
                .isEqualTo("continue your judgment and finish by outputting a final verdict label");
        assertThat(metric(result, "win_rate")).isEqualTo(50);
        assertThat(result.items()
                        .get(0)
                        .detail()
                        .get("judgment")
                        .get("games")
                        .get(0)
                        .get("judgment")
                        .asText())
                .isEqualTo("\nLet me think.\nSo [[A=B]]");
    }

    @Test
    void contradictionsAreNotAskedAgainAndFailuresAreCounted() {
        ScriptedJudge judge = new ScriptedJudge(request -> {
            String prompt = ScriptedJudge.prompt(request);
            return prompt.startsWith("Q Ask 0\n")
                    ? ScriptedJudge.text("[[A>B]] or [[B>A]]")
                    : prompt.startsWith("Q Ask 1\n")
                            ? ScriptedJudge.failed()
                            : ScriptedJudge.text(prompt.startsWith("Q Ask 2\n") ? "[[A<B]]" : "[[B>>A]]");
        });
        SuiteResult result = new ArenaHard().run(tiny.context(judge, 10, () -> {}));
        assertThat(judge.answered()).hasSize(20);
        assertThat(result.failures())
                .containsEntry("no_verdict", 2L)
                .containsEntry("judge_timeout", 2L)
                .containsEntry("unknown_label", 2L);
        assertThat(result.items().stream().filter(item -> Double.isNaN(item.score())))
                .hasSize(3);
        assertThat(result.withheld()).isTrue();
        assertThat(result.metrics().get(0).count()).isEqualTo(7 * 6);
    }

    @Test
    void aJudgeThatAlwaysFailsGivesNoNumber() {
        SuiteResult result = run(request -> ScriptedJudge.failed(), 5);
        assertThat(result.metrics()).isEmpty();
        assertThat(result.withheld()).isTrue();
        assertThat(result.failures()).containsEntry("judge_timeout", 10L);
    }

    @Test
    void resumingInTheMiddleAsksNothingTwice() {
        Function<ChatRequest, ChatOutcome> script =
                request -> ScriptedJudge.text(List.of("[[A>B]]", "[[B>>A]]", "[[A=B]]", "hm")
                        .get(Math.floorMod(request.messages().hashCode(), 4)));
        ScriptedJudge killed = new ScriptedJudge(script).dyingAfter(31);
        assertThatThrownBy(() -> new ArenaHard().run(tiny.context(killed, 0, () -> {})))
                .isInstanceOf(ScriptedJudge.Killed.class);
        ScriptedJudge second = new ScriptedJudge(script);
        int[] progress = new int[1];
        SuiteResult resumed = new ArenaHard().run(tiny.context(second, 0, () -> progress[0]++));
        assertThat(progress[0]).isEqualTo(QUESTIONS);
        assertThat(new HashSet<>(second.answered())).doesNotContainAnyElementsOf(killed.answered());
        ScriptedJudge third = new ScriptedJudge(script);
        assertThat(new ArenaHard().run(tiny.context(third, 0, () -> {}))).isEqualTo(resumed);
        assertThat(third.answered()).isEmpty();
    }

    @Test
    void itsFilesGiveTheSameNumbers() throws IOException {
        SuiteResult result = run(
                request -> ScriptedJudge.text(List.of("[[A>B]]", "[[B>>A]]", "[[A=B]]")
                        .get(Math.floorMod(ScriptedJudge.prompt(request).hashCode(), 3))),
                0);
        Path official;
        try (Stream<Path> list = Files.list(tiny.store().resolve("arena_hard"))) {
            official = list.filter(Files::isDirectory).findFirst().orElseThrow();
        }
        SuiteResult judged =
                new ArenaFiles().score(official.resolve("model_judgment/judge-1/vs_gpt-4-0314"), ScoreOptions.NONE);
        assertThat(judged.metrics().subList(0, 4)).isEqualTo(result.metrics().subList(0, 4));
        SuiteResult battles = new ArenaFiles().score(official.resolve("arena_hard_battles.jsonl"), ScoreOptions.NONE);
        assertThat(battles.metrics()).isEqualTo(result.metrics().subList(0, 3));
        List<ArenaAnswer> answers = ArenaAnswer.read(official.resolve("model_answer/tiny.jsonl"));
        assertThat(answers).hasSize(QUESTIONS);
        assertThat(answers.get(0).style()).isNotNull();
    }

    private static String judgment(String id, String model, String first, String second, String more) {
        return "{" + id + ", \"model\": \"" + model + "\"" + more + ", \"games\": [{\"score\": " + first
                + "}, {\"score\": " + second + "}]}";
    }

    @Test
    void filesOfSeveralModelsAreALeaderboard() throws IOException {
        Path folder = Files.createDirectories(dir.resolve("judgments"));
        Files.writeString(
                folder.resolve("b.jsonl"),
                judgment("\"question_id\": \"1\"", "b", "\"A>B\"", "\"B>A\"", "") + "\n"
                        + judgment("\"question_id\": \"2\"", "b", "\"B>A\"", "null", "") + "\n");
        Files.writeString(
                folder.resolve("a.jsonl"), judgment("\"question_id\": \"1\"", "a", "\"B>A\"", "\"A>>B\"", "") + "\n");
        SuiteResult all = new ArenaFiles().score(folder, ScoreOptions.NONE);
        assertThat(all.metrics().get(0).name()).isEqualTo("a: win_rate");
        assertThat(all.metrics()).extracting(Metric::name).contains("b: win_rate", "b: order_consistency");
        assertThat(metric(all, "b: win_rate")).isEqualTo(33.33);
        assertThat(all.failures()).containsEntry("no_verdict", 1L);
        SuiteResult one = new ArenaFiles().score(folder, new ScoreOptions(null, null, "b", null, false));
        assertThat(metric(one, "win_rate")).isEqualTo(33.33);
        // v2.0's rows name the baseline and have another id.
        Path two = Files.writeString(
                dir.resolve("v2.jsonl"),
                judgment("\"uid\": \"1\"", "a", "\"B>A\"", "\"A>B\"", ", \"baseline\": \"o3\"") + "\n"
                        + judgment("\"uid\": \"2\"", "a", "\"A>B\"", "\"B>A\"", ", \"baseline\": \"gemini\"") + "\n");
        assertThatThrownBy(() -> new ArenaFiles().score(two, ScoreOptions.NONE))
                .isInstanceOf(BadInput.class)
                .hasMessageContaining("[gemini, o3]");
        SuiteResult o3 = new ArenaFiles().score(two, new ScoreOptions(null, "o3", null, null, false));
        assertThat(metric(o3, "win_rate")).isEqualTo(100);
    }

    @Test
    void swappingSidesTurnsTheScoreRound() {
        Seeds.forAll(50, random -> {
            String label = List.of("A>>B", "A>B", "A=B", "B>A", "B>>A").get(random.nextInt(5));
            String mirrored = label.equals("A=B") ? label : swap(label);
            List<Battle> one = Battle.of("q", "base", "mine", label, false);
            List<Battle> two = Battle.of("q", "base", "mine", mirrored, true);
            assertThat(two).isEqualTo(one);
            assertThat(one).hasSize(label.contains(">>") ? 3 : 1);
            assertThat(Battle.of("q", "base", "mine", mirrored, false))
                    .allMatch(battle -> battle.modelScore() == 1 - one.get(0).modelScore());
        });
    }

    private static String swap(String label) {
        return new StringBuilder(label.replace(">", ""))
                .reverse()
                .insert(1, label.replaceAll("[AB]", ""))
                .toString();
    }
}
