package org.lionalign.align.eval.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.IntToDoubleFunction;
import org.junit.jupiter.api.Test;
import org.lionalign.align.eval.FileScorer;
import org.lionalign.align.eval.Item;
import org.lionalign.align.eval.Metric;
import org.lionalign.align.eval.Suite;
import org.lionalign.align.eval.SuiteJson;
import org.lionalign.align.eval.SuiteResult;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.json.Json;

/** The registry, what results become, and who is compared with what. */
class EvaluationTest {
    private static final Suites SUITES = new Suites(null);

    private static SuiteResult result(String suite, List<Item> items) {
        double[] scores = items.stream()
                .mapToDouble(Item::score)
                .filter(s -> !Double.isNaN(s))
                .toArray();
        double mean = java.util.Arrays.stream(scores).average().orElse(Double.NaN);
        TreeMap<String, Long> failures = new TreeMap<>();
        long failed = items.size() - scores.length;
        if (failed > 0) {
            failures.put("no_rating", failed);
        }
        return new SuiteResult(
                suite, List.of(new Metric("headline", mean, 0.1, scores.length)), List.of(), items, failures);
    }

    private static List<Item> items(int n, String category, String form, IntToDoubleFunction score) {
        List<Item> items = new ArrayList<>();
        for (int i = 0; i < n; i++) {
            items.add(new Item(
                    String.format(java.util.Locale.ROOT, form, i),
                    category,
                    score.applyAsDouble(i),
                    Json.object().put("prompt", "p" + i).put("answer", "a" + score.applyAsDouble(i))));
        }
        return items;
    }

    private static JsonNode compared(String suite, List<Item> first, List<Item> second) {
        Evaluation evaluation = new Evaluation(List.of("a", "b"), 0);
        evaluation.add(SUITES.named(suite, "test"), "a", result(suite, first));
        evaluation.add(SUITES.named(suite, "test"), "b", result(suite, second));
        return evaluation.toJson(10).path("suites").path(0);
    }

    @Test
    void theRegistryHasEverySuiteOnce() {
        Set<String> names = new HashSet<>();
        for (Suite suite : SUITES.listed()) {
            assertThat(names.add(suite.name())).as(suite.name()).isTrue();
            assertThat(SUITES.named(suite.name(), "test")).isSameAs(suite);
            assertThat(suite.needs().about()).isNotBlank();
            assertThat(suite.needs().data()).isNotEmpty().allSatisfy(data -> {
                assertThat(data.places()).isNotEmpty();
                assertThat(data.origin()).isNotBlank();
            });
            assertThat(suite.needs().missing(Path.of("no-such-folder"))).isNotEmpty();
        }
        assertThat(names)
                .contains("alpaca_eval", "arena_hard", "mt_bench", "ifeval", "gsm8k", "bbh_cot_fewshot", "mmlu")
                .contains("leaderboard_math_hard", "leaderboard_v1", "leaderboard_v2");
        assertThat(SUITES.named("leaderboard_bbh_snarks", "test").needs().judge())
                .isFalse();
        assertThat(Suites.scorers())
                .extracting(FileScorer::suite)
                .containsExactly("alpaca_eval", "arena_hard", "mt_bench", "ifeval", "gsm8k");
        assertThatThrownBy(() -> SUITES.named("zzz", "--suite"))
                .isInstanceOf(BadInput.class)
                .hasMessageContaining("unknown suite zzz (known: alpaca_eval, ");
    }

    @Test
    void limitsSayHowManyQuestionsAreAsked() {
        assertThat(SUITES.named("mmlu", "t").asked(20)).isEqualTo(57 * 20);
        assertThat(SUITES.named("mmlu", "t").asked(0)).isEqualTo(14042);
        assertThat(SUITES.named("leaderboard_v1", "t").asked(1)).isEqualTo(62);
        assertThat(SUITES.named("mmlu_anatomy", "t").asked(7)).isEqualTo(7);
        assertThat(SUITES.named("gsm8k", "t").asked(5000)).isEqualTo(1319);
    }

    @Test
    void accuraciesAreComparedQuestionByQuestion() {
        JsonNode test = compared(
                        "gsm8k",
                        items(40, "gsm8k", "gsm8k/%d", i -> i < 10 ? 1 : 0),
                        items(40, "gsm8k", "gsm8k/%d", i -> i < 25 ? 1 : 0))
                .at("/comparisons/0");
        assertThat(test.path("test").asText()).isEqualTo("McNemar, exact");
        assertThat(test.path("verdict").asText()).isEqualTo("better");
        assertThat(test.path("difference").asDouble()).isCloseTo(15 / 40.0, within(1e-12));
        assertThat(test.path("p").asDouble()).isCloseTo(Math.pow(2, -14), within(1e-12)); // 15 of 15 on one side
    }

    @Test
    void theTurnsOfAQuestionAreOneUnit() {
        List<Item> first = items(20, "writing", "%d/1", i -> 5);
        first.addAll(items(20, "writing", "%d/2", i -> 3));
        List<Item> second = items(20, "writing", "%d/1", i -> i == 7 ? Double.NaN : 6);
        second.addAll(items(20, "writing", "%d/2", i -> 4 + i % 3));
        JsonNode test = compared("mt_bench", first, second).at("/comparisons/0");
        assertThat(test.path("questions").asInt()).isEqualTo(19);
        assertThat(test.path("unpaired").asInt()).isEqualTo(1);
        assertThat(test.path("verdict").asText()).isEqualTo("better");
    }

    @Test
    void aLeaderboardIsThePlainMeanOfItsParts() {
        List<Item> first = items(10, "arc_challenge", "arc#%d", i -> 0);
        first.addAll(items(90, "gsm8k", "gsm8k/%d", i -> 1));
        List<Item> second = items(10, "arc_challenge", "arc#%d", i -> i == 0 ? 0 : 1);
        second.addAll(items(90, "gsm8k", "gsm8k/%d", i -> i < 9 ? 0 : 1));
        JsonNode test = compared("leaderboard_v1", first, second).at("/comparisons/0");
        assertThat(test.path("test").asText()).isEqualTo("paired bootstrap within parts");
        assertThat(test.path("difference").asDouble()).isCloseTo((0.9 - 0.1) / 2, within(1e-12));
        assertThat(test.path("parts")).hasSize(2);
        assertThat(test.at("/parts/0/part").asText()).isEqualTo("arc_challenge");
        assertThat(test.at("/parts/1/verdict").asText()).isEqualTo("worse");
    }

    /** PITFALLS 25: no verdict, no headline from what half failed. */
    @Test
    void tooManyFailuresGiveNoVerdict() {
        JsonNode suite =
                compared("mt_bench", items(20, "", "%d/1", i -> i < 2 ? Double.NaN : 1), items(20, "", "%d/1", i -> 9));
        assertThat(suite.at("/results/0/withheld").asBoolean()).isTrue();
        assertThat(suite.at("/results/0/metrics/0/value").isNull()).isTrue();
        assertThat(suite.at("/results/0/low").isNull()).isTrue();
        assertThat(suite.at("/results/1/metrics/0/value").asDouble()).isEqualTo(9);
        assertThat(suite.at("/comparisons/0/verdict").asText()).isEqualTo("withheld");
        assertThat(suite.at("/comparisons/0/p").isNull()).isTrue();
    }

    @Test
    void aQuestionStandsOnceBesideWhatEachMadeOfIt() {
        JsonNode suite =
                compared("gsm8k", items(30, "gsm8k", "gsm8k/%d", i -> 0), items(30, "gsm8k", "gsm8k/%d", i -> i % 2));
        assertThat(suite.path("questions")).hasSize(10);
        assertThat(suite.path("questions_in_all").asInt()).isEqualTo(30);
        JsonNode question = suite.at("/questions/1");
        assertThat(question.at("/shared/prompt").asText()).isEqualTo("p1");
        assertThat(question.at("/models/a/score").asDouble()).isZero();
        assertThat(question.at("/models/b/detail/answer").asText()).isEqualTo("a1.0");
        assertThat(question.at("/models/b/detail").has("prompt")).isFalse();
    }

    @Test
    void noneOfTwentyIsNotZeroWithCertainty() {
        SuiteResult none = result("gsm8k", items(20, "gsm8k", "gsm8k/%d", i -> 0));
        assertThat(none.interval().low()).isZero();
        assertThat(none.interval().high()).isCloseTo(0.1611, within(1e-4));
        SuiteResult grades = result("mt_bench", items(20, "", "%d/1", i -> 5 + i % 2));
        assertThat(grades.interval().high()).isCloseTo(5.5 + 1.95996 * 0.1, within(1e-4));
        SuiteResult own = new SuiteResult(
                "arena_hard",
                List.of(
                        new Metric("win_rate", 50, 2, 9),
                        new Metric("interval_low", 46, Double.NaN, 9),
                        new Metric("interval_high", 53, Double.NaN, 9)),
                List.of(),
                List.of(),
                new TreeMap<>());
        assertThat(own.interval()).isEqualTo(new SuiteResult.Interval(46, 53));
    }

    @Test
    void aResultIsReadAsItWasWritten() {
        SuiteResult result = result("mt_bench", items(5, "math", "%d/1", i -> i == 3 ? Double.NaN : i / 3.0));
        SuiteResult read = SuiteJson.read(Json.parse(Json.write(SuiteJson.whole(result)), "result"));
        assertThat(read).isEqualTo(result);
    }
}
