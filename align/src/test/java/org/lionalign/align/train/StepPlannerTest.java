package org.lionalign.align.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.lionalign.core.testing.Seeds;

class StepPlannerTest {
    private static int[] flat(StepPlan plan) {
        return plan.microBatches().stream().flatMapToInt(Arrays::stream).toArray();
    }

    @Test
    void everyEpochSeesEveryExampleOnceInItsOwnOrder() {
        StepPlanner planner = new StepPlanner(103, i -> 1 + i % 7, new StepPlanner.Batch(8, 0, 20), 42, "d", true);
        assertThat(planner.stepsIn(0)).isEqualTo(13);
        int[][] epochs = new int[2][];
        for (int e = 0; e < 2; e++) {
            int first = e * 13;
            epochs[e] = IntStream.rangeClosed(1, 13)
                    .flatMap(s -> Arrays.stream(flat(planner.step(first + s))))
                    .toArray();
            assertThat(Arrays.stream(epochs[e]).sorted().toArray())
                    .isEqualTo(IntStream.range(0, 103).toArray());
        }
        assertThat(epochs[0]).isNotEqualTo(epochs[1]);
        assertThat(planner.steps(1.5)).isEqualTo(13 + 7);
    }

    @Test
    void aStepIsAFunctionOfItsNumberAlone() {
        StepPlanner.Batch batch = new StepPlanner.Batch(0, 64, 32);
        StepPlanner one = new StepPlanner(50, i -> 3 + i % 11, batch, 7, "digest", true);
        StepPlanner two = new StepPlanner(50, i -> 3 + i % 11, batch, 7, "digest", true);
        two.step(1);
        for (long step = one.steps(3); step >= 1; step--) {
            assertThat(flat(one.step(step))).isEqualTo(flat(two.step(step)));
        }
        StepPlanner other = new StepPlanner(50, i -> 3 + i % 11, batch, 7, "other data", true);
        assertThat(flat(other.step(1))).isNotEqualTo(flat(one.step(1)));
    }

    @Test
    void budgetsAreKept() {
        Seeds.forAll(40, random -> {
            int n = 1 + random.nextInt(80);
            int[] lengths =
                    IntStream.range(0, n).map(i -> 1 + random.nextInt(30)).toArray();
            StepPlanner planner = new StepPlanner(
                    n, i -> lengths[i], new StepPlanner.Batch(0, 100, 40), random.nextLong(), "x", true);
            for (int s = 1; s <= planner.stepsIn(0); s++) {
                StepPlan plan = planner.step(s);
                assertThat(Arrays.stream(flat(plan)).map(i -> lengths[i]).sum()).isLessThanOrEqualTo(100);
                for (int[] micro : plan.microBatches()) {
                    assertThat(Arrays.stream(micro).map(i -> lengths[i]).sum()).isLessThanOrEqualTo(40);
                }
            }
        });
    }

    /** Short answers must not meet only their like: their loss is another, and a step of them alone undoes the step before. */
    @Test
    void everyPassIsAFairSampleOfLongAndShortRows() {
        int n = 4000;
        StepPlanner planner = new StepPlanner(
                n, i -> i % 2 == 0 ? 90 : 10 + i % 5, new StepPlanner.Batch(0, 2048, 2048), 5, "x", true);
        int mixed = 0;
        int passes = 0;
        for (int s = 1; s <= planner.stepsIn(0); s++) {
            for (int[] pass : planner.step(s).microBatches()) {
                double shorts = Arrays.stream(pass).filter(i -> i % 2 == 1).count() / (double) pass.length;
                passes++;
                mixed += shorts > 0.25 && shorts < 0.75 ? 1 : 0;
            }
        }
        assertThat(mixed / (double) passes).isGreaterThan(0.95);
    }

    /** Issue 3: documents are never cut, and passes are at least 97 % full. */
    @Test
    void passesAreFull() {
        SplittableRandom random = new SplittableRandom(3);
        int[] lengths = IntStream.range(0, 3000)
                .map(i -> (int) Math.min(2000, 30 + Math.exp(4.5 + random.nextGaussian())))
                .toArray();
        StepPlanner planner =
                new StepPlanner(3000, i -> lengths[i], new StepPlanner.Batch(0, 16384, 4096), 1, "x", true);
        long passes = 0;
        int[] seen = new int[3000];
        for (int s = 1; s <= planner.stepsIn(0); s++) {
            passes += planner.step(s).microBatches().size();
            Arrays.stream(flat(planner.step(s))).forEach(i -> seen[i]++);
        }
        assertThat(Arrays.stream(seen).allMatch(n -> n == 1)).isTrue();
        assertThat((double) IntStream.of(lengths).sum() / (passes * 4096)).isGreaterThan(0.97);
    }

    /** PITFALLS 20: what fills a padded pass takes memory as what it fills up to. */
    @Test
    void theLargestPassCountsItsFilling() {
        int[] lengths = {30, 2, 2, 16, 15, 14};
        StepPlanner padded = new StepPlanner(6, i -> lengths[i], new StepPlanner.Batch(3, 0, 90, true), 1, "x", false);
        assertThat(padded.largestMicroBatch()).containsExactly(0, 1, 2); // 90 tokens, of which 34 are real
        StepPlanner packed = new StepPlanner(6, i -> lengths[i], new StepPlanner.Batch(3, 0, 90), 1, "x", false);
        assertThat(packed.largestMicroBatch()).containsExactlyInAnyOrder(3, 4, 5);
    }
}
