package org.lionalign.align.eval.harness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;
import org.junit.jupiter.api.Test;
import org.lionalign.align.eval.EvalContext;
import org.lionalign.align.eval.Metric;
import org.lionalign.align.eval.Suite;
import org.lionalign.align.eval.SuiteResult;
import org.lionalign.align.eval.completion.Means;

/** The averages of LION.md 2.12 (checklist E5 and E6) and the leaderboard's own rule. */
class LeaderboardTest {
    private static SuiteResult result(String suite, double value, double error, long count) {
        return new SuiteResult(
                suite, List.of(new Metric("m", value, error, count)), List.of(), List.of(), new TreeMap<>());
    }

    private static Suite given(String name) {
        return new Suite() {
            @Override
            public String name() {
                return name;
            }

            @Override
            public Needs needs() {
                return new Needs(List.of(), false, 0, "");
            }

            @Override
            public SuiteResult run(EvalContext context) {
                throw new UnsupportedOperationException();
            }
        };
    }

    private static Metric headline(SuiteResult result) {
        return result.metrics().get(0);
    }

    @Test
    void v1IsThePlainMeanOfSix() {
        Leaderboard board = (Leaderboard) HarnessData.SUITES.leaderboardV1(given("gsm8k"), LeaderboardTest::headline);
        double[] values = {.5, .7, .4, .3, .6, .1};
        List<SuiteResult> results = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            results.add(result(board.parts().get(i).suite().name(), values[i], .01, 100));
        }
        SuiteResult found = board.combine(results);
        assertThat(board.parts())
                .extracting(Leaderboard.Part::label)
                .containsExactly("arc_challenge", "hellaswag", "mmlu", "truthfulqa_mc2", "winogrande", "gsm8k");
        assertThat(headline(found).value()).isCloseTo(43.333333, within(1e-5));
        assertThat(headline(found).standardError()).isCloseTo(1 / Math.sqrt(6), within(1e-9));
        assertThat(found.categories()).hasSize(6);
        assertThat(found.metrics()).hasSize(1);
    }

    /** LION.md: BBH .40 → .158957; GPQA .24 → 0; MMLU-Pro .12 → .022222; MuSR .36 → .025875. */
    @Test
    void v2NormalisesByGroupAsTheLionEvaluation() {
        SuiteResult found = v2(task -> task.contains("bbh") ? .40 : task.contains("musr") ? .36 : .24, .12);
        assertThat(category(found, "bbh, one lower bound")).isCloseTo(15.8957, within(5e-5));
        assertThat(category(found, "gpqa")).isZero();
        assertThat(category(found, "mmlu_pro")).isCloseTo(2.2222, within(5e-5));
        assertThat(category(found, "musr, one lower bound")).isCloseTo(2.5875, within(5e-5));
        Metric coarse = found.metrics().get(1);
        assertThat(coarse.name()).isEqualTo("average, one lower bound for each part");
        assertThat(coarse.value()).isCloseTo((30 + 15.8957 + 5 + 0 + 2.5875 + 2.2222) / 6, within(1e-4));
    }

    /** Every subtask at chance is 0; half-way between chance and 1 is 50. */
    @Test
    void v2NormalisesEachSubtaskByItsOwnChance() {
        GroupSuite bbh = HarnessData.SUITES.bbh();
        assertThat(bbh.tasks())
                .extracting(task -> task.task().choices())
                .containsExactly(2, 2, 6, 3, 2, 11, 2, 5, 7, 3, 6, 2, 19, 5, 18, 6, 6, 2, 2, 4, 5, 7, 3, 2);
        ToDoubleFunction<String> chance =
                name -> 1.0 / HarnessData.task(name).task().choices();
        SuiteResult atChance = v2(chance, .1);
        assertThat(category(atChance, "bbh")).isCloseTo(0, within(1e-9));
        assertThat(category(atChance, "musr")).isCloseTo(0, within(1e-9));
        assertThat(headline(atChance).value()).isCloseTo(35.0 / 6, within(1e-9));
        SuiteResult halfWay = v2(name -> (1 + chance.applyAsDouble(name)) / 2, .55);
        assertThat(category(halfWay, "bbh")).isCloseTo(50, within(1e-9));
        assertThat(category(halfWay, "musr")).isCloseTo(50, within(1e-9));
        assertThat(category(halfWay, "mmlu_pro")).isCloseTo(50, within(1e-9));
        // MuSR, LION.md's example for one subtask: murder mysteries .65 of 2 choices → .3
        SuiteResult uneven = v2(name -> name.endsWith("murder_mysteries") ? .65 : .2, .1);
        assertThat(category(uneven, "musr")).isCloseTo(100 * (.3 + 0 + 0) / 3, within(1e-9));
    }

    /** The parts that other packages bring. */
    @Test
    void leaderboardsHaveAllTheirParts() {
        List<Suite> boards = HarnessData.SUITES.leaderboards();
        assertThat(boards).extracting(Suite::name).containsExactly("leaderboard_v1", "leaderboard_v2");
        assertThat(((Leaderboard) boards.get(0)).parts().get(5).suite().name()).isEqualTo("gsm8k");
        assertThat(((Leaderboard) boards.get(1)).parts())
                .extracting(part -> part.suite().name())
                .containsExactly(
                        "ifeval",
                        "leaderboard_bbh",
                        "leaderboard_math_hard",
                        "leaderboard_gpqa",
                        "leaderboard_musr",
                        "leaderboard_mmlu_pro");
    }

    private static SuiteResult v2(ToDoubleFunction<String> accuracy, double mmluPro) {
        Leaderboard board = (Leaderboard) HarnessData.SUITES.leaderboardV2(
                given("ifeval"), LeaderboardTest::headline, given("math"), LeaderboardTest::headline);
        List<SuiteResult> results = new ArrayList<>();
        for (Leaderboard.Part part : board.parts()) {
            if (part.suite() instanceof GroupSuite group) {
                results.add(group.combine(group.tasks().stream()
                        .map(task -> result(task.name(), accuracy.applyAsDouble(task.name()), .01, 250))
                        .toList()));
            } else {
                double value =
                        switch (part.label()) {
                            case "ifeval" -> .3;
                            case "math_hard" -> .05;
                            default -> mmluPro;
                        };
                results.add(result(part.label(), value, .01, 100));
            }
        }
        return board.combine(results);
    }

    private static double category(SuiteResult result, String name) {
        return result.categories().stream()
                .filter(metric -> metric.name().equals(name))
                .findFirst()
                .orElseThrow()
                .value();
    }

    /** {@code mean_stderr}, {@code pooled_sample_stderr}, {@code aggregate_subtask_metrics} and {@code unweighted_mean_stderr} of lm_eval 0.4.13 on these scores. */
    @Test
    void combinesAsTheHarness() {
        Metric a = Scores.mean("a", new double[] {1, 0, 1, 0});
        Metric b = Scores.mean("b", new double[] {1, 1, 0, 0, 1, 0, 1});
        assertThat(a.standardError()).isCloseTo(0.28867513459481287, within(1e-15));
        assertThat(b.standardError()).isCloseTo(0.20203050891044214, within(1e-15));
        Metric pooled = Means.pooled("g", List.of(a, b));
        assertThat(pooled.value()).isCloseTo(0.5454545454545454, within(1e-15));
        assertThat(pooled.standardError()).isCloseTo(0.16558087877840066, within(1e-15));
        assertThat(pooled.count()).isEqualTo(11);
        assertThat(Scores.plain("p", List.of(a, b)).standardError()).isCloseTo(0.17617438793986598, within(1e-15));
        assertThat(Scores.mean("one", new double[] {1}).standardError()).isNaN();
    }
}
