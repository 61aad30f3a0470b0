package org.lionalign.align.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lionalign.align.objective.BetaSchedule;
import org.lionalign.align.objective.PreferenceLoss;
import org.lionalign.align.objective.RunningBco;
import org.lionalign.align.objective.Weighted;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.pack.PromptTree;
import org.lionalign.core.testing.Seeds;
import org.lionalign.torch.model.CausalLm;
import org.lionalign.torch.model.LoadOptions;
import org.lionalign.torch.optim.AdamW;
import org.lionalign.torch.optim.LrSchedule;
import org.lionalign.torch.tensor.Dtype;

/** Losses that remember, β that changes, references that are refreshed: over a run, and over a run that is killed. */
class PairTrainingTest {
    private static final Path LLAMA =
            Path.of(System.getProperty("lion.root", ".."), "torch/src/test/resources/golden/models/llama");
    private static final int PAIRS = 12;

    @TempDir
    Path dir;

    private static List<PromptTree> pairs() {
        SplittableRandom random = new SplittableRandom(6);
        List<PromptTree> trees = new ArrayList<>();
        for (int i = 0; i < PAIRS; i++) {
            trees.add(PromptTree.answers(
                    "p#" + i,
                    random.ints(2 + random.nextInt(8), 3, 79).toArray(),
                    List.of(
                            random.ints(1 + random.nextInt(6), 3, 79).toArray(),
                            random.ints(7, 3, 79).toArray())));
        }
        return trees;
    }

    /** Three steps an epoch. */
    private static Trainer.Settings settings(int epochs) {
        return new Trainer.Settings(
                new StepPlanner.Batch(4, 0, 60),
                epochs,
                0,
                LrSchedule.Kind.CONSTANT,
                0.01,
                0,
                new AdamW.Settings(0.9, 0.999, 1e-8, 0),
                1.0,
                0,
                42,
                true,
                3,
                2);
    }

    private static PairTask task(PairTask.Losses losses, BetaSchedule beta, ReferenceRefresh refresh) {
        List<PromptTree> trees = pairs();
        try (CausalLm reference = CausalLm.load(LLAMA, LoadOptions.inference(Dtype.F32))) {
            return new PairTask(trees, PairTask.references(reference, trees, 60), losses, beta, refresh);
        }
    }

    private static PairTask remembering() {
        return task(
                beta -> new Weighted(
                        new Weighted.OnPolicy(),
                        new PreferenceLoss.Mixture(
                                List.of(new PreferenceLoss.Sigmoid(beta, 0), new RunningBco(beta)), List.of(1.0, 0.5))),
                new BetaSchedule(BetaSchedule.Kind.LINEAR, 0.2, 0.05),
                new ReferenceRefresh(2, false, 50));
    }

    private List<Double> losses(PairTask task, int epochs, String name) {
        List<Double> losses = new ArrayList<>();
        try (CausalLm model = CausalLm.load(LLAMA, LoadOptions.training(Dtype.F32))) {
            new Trainer(model, task, settings(epochs), dir.resolve(name))
                    .train((step, total, m) -> losses.add(m.get("loss").asDouble()), () -> false);
        }
        return losses;
    }

    private static final class Killed extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }

    private static List<float[]> end(Path run, SplittableRandom kills) {
        while (true) {
            try (CausalLm model = CausalLm.load(LLAMA, LoadOptions.training(Dtype.F32))) {
                int[] left = {kills == null ? Integer.MAX_VALUE : 1 + kills.nextInt(5)};
                new Trainer(model, remembering(), settings(4), run)
                        .train(
                                (step, total, metrics) -> {
                                    if (--left[0] == 0) {
                                        throw new Killed();
                                    }
                                },
                                () -> false);
                return model.weights().stream().map(w -> w.master().toFloats()).toList();
            } catch (Killed again) {
                // The process is gone; the same command is given again.
            }
        }
    }

    /** Checkpoints every third step, references every second: what is resumed needs a reference of weights that are gone. */
    @Test
    void killedAndResumedEndsInTheSameBitsThoughLossAndReferenceHaveAPast() {
        List<float[]> straight = end(dir.resolve("straight"), null);
        Seeds.forAll(2, random -> {
            List<float[]> resumed = end(dir.resolve("killed" + random.nextLong()), random);
            for (int w = 0; w < straight.size(); w++) {
                assertThat(resumed.get(w)).isEqualTo(straight.get(w));
            }
        });
        List<JsonNode> metrics = new RunLog(dir.resolve("straight").resolve("metrics.jsonl")).lines();
        assertThat(metrics).hasSize(12);
        assertThat(metrics.get(11).get("weights/on_policy").asDouble()).isBetween(1e-12, 1.0);
    }

    @Test
    void aRefreshedReferenceIsThePolicyOfThatMoment() {
        PairTask.Losses dpo = beta -> new PreferenceLoss.Sigmoid(beta, 0);
        BetaSchedule beta = BetaSchedule.constant(0.5);
        List<Double> fixed = losses(task(dpo, beta, ReferenceRefresh.NEVER), 3, "fixed");
        List<Double> steps = losses(task(dpo, beta, new ReferenceRefresh(2, false, 60)), 3, "steps");
        List<Double> epochs = losses(task(dpo, beta, new ReferenceRefresh(0, true, 60)), 3, "epochs");
        for (int step = 0; step < 9; step++) {
            equalsLn2(fixed.get(step), step == 0);
            equalsLn2(steps.get(step), step % 2 == 0);
            equalsLn2(epochs.get(step), step % 3 == 0);
        }
    }

    private static void equalsLn2(double loss, boolean expected) {
        assertThat(Math.abs(loss - Math.log(2)) < 1e-6).isEqualTo(expected);
    }

    @Test
    void betaFollowsItsScheduleOverTheRun() {
        List<Double> seen = new ArrayList<>();
        PairTask task = task(
                beta -> {
                    seen.add(beta);
                    return new PreferenceLoss.Sigmoid(beta, 0);
                },
                new BetaSchedule(BetaSchedule.Kind.LINEAR, 0.6, 0.2),
                ReferenceRefresh.NEVER);
        seen.clear();
        losses(task, 3, "schedule");
        assertThat(seen).hasSize(9);
        for (int step = 0; step < 9; step++) {
            assertThat(seen.get(step)).isCloseTo(0.6 - 0.05 * step, within(1e-12));
        }
    }

    @Test
    void aPairMayBeRepeatedButAnIdNamesOne() {
        List<PromptTree> trees = pairs();
        List<PromptTree> twice = List.of(trees.get(0), trees.get(1), trees.get(0));
        PreferenceLoss free = new PreferenceLoss.SimPo(2, 0.5);
        assertThat(new PairTask(twice, List.of(), free, 2).examples()).isEqualTo(3);
        PromptTree other = new PromptTree(trees.get(0).id(), trees.get(1).nodes());
        assertThatThrownBy(() -> new PairTask(List.of(trees.get(0), other), List.of(), free, 2))
                .isInstanceOf(BadInput.class)
                .hasMessageContaining("found two");
    }
}
