package org.lionalign.align.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.json.Json;
import org.lionalign.core.pack.PackedBatch;
import org.lionalign.core.pack.PromptTree;
import org.lionalign.core.pack.WrapPacking;
import org.lionalign.torch.model.CausalLm;
import org.lionalign.torch.model.LoadOptions;
import org.lionalign.torch.nn.Weight;
import org.lionalign.torch.optim.AdamW;
import org.lionalign.torch.optim.LrSchedule;
import org.lionalign.torch.tensor.Device;
import org.lionalign.torch.tensor.Dtype;

/** Packing, padding and isolation as switches; evaluation, best weights and frozen rows in the trainer. */
class LayoutTest {
    private static final Path MODELS =
            Path.of(System.getProperty("lion.root", ".."), "torch/src/test/resources/golden/models");

    @TempDir
    Path dir;

    private static CausalLm open(String name) {
        return CausalLm.load(MODELS.resolve(name), new LoadOptions(Dtype.F32, Device.CPU, true, false));
    }

    private static List<PromptTree> documents(int n) {
        SplittableRandom random = new SplittableRandom(7);
        List<PromptTree> trees = new ArrayList<>();
        for (int i = 0; i < n; i++) {
            int[] ids = random.ints(4 + random.nextInt(9), 3, 79).toArray();
            boolean[] supervised = new boolean[ids.length];
            Arrays.fill(supervised, 2, ids.length, true);
            trees.add(PromptTree.document("d#" + i, ids, supervised));
        }
        return trees;
    }

    private static int[] all(TrainingTask task) {
        return java.util.stream.IntStream.range(0, task.examples()).toArray();
    }

    @Test
    void paddingGivesTheSameLossForMoreWorkAndJoiningLetsDocumentsSeeEachOther() {
        List<PromptTree> documents = documents(5);
        try (CausalLm model = open("llama")) {
            SftTask isolated = new SftTask(documents, SftTask.Layout.ISOLATED);
            SftTask padded = new SftTask(documents, SftTask.Layout.PADDED);
            SftTask joined = new SftTask(documents, SftTask.Layout.JOINED);
            PackedBatch packed = isolated.batch(all(isolated));
            PackedBatch filled = padded.batch(all(padded));
            float[] expected = model.logps(packed);
            assertThat(filled.length()).isGreaterThan(packed.length());
            assertThat(model.logps(filled)).containsExactly(expected, within(1e-5f));
            float[] seen = model.logps(joined.batch(all(joined)));
            int first = packed.slices().get(0).to();
            assertThat(Arrays.copyOf(seen, first)).containsExactly(Arrays.copyOf(expected, first), within(1e-5f));
            assertThat(Math.abs(seen[first] - expected[first])).isGreaterThan(1e-4f);
            assertThat(List.of(isolated.digest(), padded.digest(), joined.digest()))
                    .doesNotHaveDuplicates();
        }
    }

    @Test
    void windowsKeepTheirFragmentsApartUnlessToldOtherwise() {
        List<PromptTree> documents = documents(6);
        int[] lengths = documents.stream().mapToInt(PromptTree::length).toArray();
        List<WrapPacking.Window> windows = WrapPacking.windows(lengths, 9, false);
        try (CausalLm model = open("llama")) {
            WindowTask apart = new WindowTask(documents, windows, true);
            WindowTask together = new WindowTask(documents, windows, false);
            for (int w = 0; w < windows.size(); w++) {
                PackedBatch batch = apart.batch(new int[] {w});
                assertThat(batch.length())
                        .isEqualTo(apart.length(w))
                        .isEqualTo(windows.get(w).length());
                float[] alone = model.logps(PackedBatch.of(List.of(batch.trees().get(0))));
                assertThat(Arrays.copyOf(model.logps(batch), alone.length)).containsExactly(alone, within(1e-5f));
                assertThat(together.batch(new int[] {w}).trees()).hasSize(1);
            }
            assertThat(apart.digest()).isNotEqualTo(together.digest());
        }
    }

    /** LION.md 2.6, D8: rows with segment ends [3,5] and [2,5] are the segments 0,3,5,7,10 of one pass. */
    @Test
    void cumulativeLengthsOfAMicroBatch() {
        List<PromptTree> documents = new ArrayList<>();
        for (int length : new int[] {3, 4, 6, 2}) {
            int[] ids = new int[length];
            Arrays.fill(ids, 3 + documents.size());
            boolean[] supervised = new boolean[length];
            Arrays.fill(supervised, true);
            documents.add(PromptTree.document("d" + documents.size(), ids, supervised));
        }
        WindowTask task = new WindowTask(documents, WrapPacking.windows(new int[] {3, 4, 6, 2}, 5, true), true);
        PackedBatch batch = task.batch(new int[] {0, 1});
        assertThat(batch.plan().nodes().stream().map(node -> node.end()).toList())
                .containsExactly(3, 5, 7, 10);
        assertThat(batch.ids()).containsExactly(3, 3, 3, 4, 4, 4, 4, 5, 5, 5);
        assertThat(batch.plan().nodes())
                .allSatisfy(node -> assertThat(node.ancestors()).isEmpty());
    }

    /** LION.md M3: with rotary embeddings and isolated documents only relative positions matter; ours begin anew with each document. */
    @Test
    void positionsThatRunOnGiveTheSameLogProbabilities() {
        for (String name : List.of("llama", "gemma")) {
            try (CausalLm model = open(name)) {
                PackedBatch reset = PackedBatch.of(documents(4));
                int[] running =
                        java.util.stream.IntStream.range(0, reset.length()).toArray();
                PackedBatch on = new PackedBatch(
                        reset.trees(),
                        reset.ids(),
                        running,
                        reset.plan(),
                        reset.predictors(),
                        reset.targets(),
                        reset.slices());
                assertThat(reset.positions()).isNotEqualTo(running);
                assertThat(model.logps(on)).containsExactly(model.logps(reset), within(1e-4f));
            }
        }
    }

    @Test
    void paddedPassesKeepWithinTheBudget() {
        int[] lengths = {5, 9, 3, 3, 30, 2};
        StepPlanner planner = new StepPlanner(6, i -> lengths[i], new StepPlanner.Batch(6, 0, 20, true), 1, "x", false);
        List<int[]> passes = planner.step(1).microBatches();
        assertThat(passes).containsExactly(new int[] {0, 1}, new int[] {2, 3}, new int[] {4}, new int[] {5});
    }

    private static Trainer.Settings settings(double lr, long steps) {
        return new Trainer.Settings(
                new StepPlanner.Batch(4, 0, 60),
                20,
                steps,
                LrSchedule.Kind.CONSTANT,
                lr,
                0,
                new AdamW.Settings(0.9, 0.999, 1e-8, 0.1),
                1.0,
                0,
                42,
                true,
                2,
                1);
    }

    /** LION M7: with weight decay too, masked rows do not change by a bit, in a tied matrix and in both untied ones. */
    @Test
    void rowsThatAreNotTrainedStayBitForBit() {
        boolean[] kinds = new boolean[2];
        for (String name : List.of("llama", "gemma")) {
            try (CausalLm model = open(name)) {
                boolean tied = model.head() == model.embedding();
                kinds[tied ? 1 : 0] = true;
                List<Weight> matrices = tied ? List.of(model.head()) : List.of(model.embedding(), model.head());
                matrices.forEach(matrix -> matrix.trainRows(10, 30));
                List<float[]> before =
                        matrices.stream().map(m -> m.master().toFloats()).toList();
                new Trainer(model, new SftTask(documents(12)), settings(0.01, 4), dir.resolve(name))
                        .train((s, t, m) -> {}, () -> false);
                for (int m = 0; m < matrices.size(); m++) {
                    float[] after = matrices.get(m).master().toFloats();
                    int width = (int) matrices.get(m).master().shape()[1];
                    int changed = 0;
                    for (int i = 0; i < after.length; i++) {
                        if (i / width < 10 || i / width >= 30) {
                            assertThat(after[i]).isEqualTo(before.get(m)[i]);
                        } else if (after[i] != before.get(m)[i]) {
                            changed++;
                        }
                    }
                    assertThat(changed).isGreaterThan(15 * width);
                }
                assertThatThrownBy(() -> model.head().trainRows(5, 5000)).isInstanceOf(BadInput.class);
            }
        }
        assertThat(kinds).containsOnly(true);
    }

    /** A look may find any loss; here it is scripted, so that the best step is known. */
    private static Supplier<Evaluations.Seen> losses(double... scripted) {
        int[] at = {0};
        return () -> new Evaluations.Seen(
                Json.object().put("loss", scripted[at[0]++]),
                List.of(Json.object().put("prompt", "p").put("n", at[0])));
    }

    @Test
    void theBestWeightsAreExportedAndAResumedRunLooksOnlyWhereItHasNotLooked() {
        float[] atStepFour;
        try (CausalLm model = open("llama")) {
            new Trainer(model, new SftTask(documents(12)), settings(0.01, 4), dir.resolve("four"))
                    .train((s, t, m) -> {}, () -> false);
            atStepFour = model.embedding().master().toFloats();
        }
        Path run = dir.resolve("best");
        Supplier<Evaluations.Seen> script = losses(9, 5, 3, 4);
        for (int attempt = 0; attempt < 2; attempt++) {
            long[] stopAfter = {attempt == 0 ? 3 : Long.MAX_VALUE};
            try (CausalLm model = open("llama")) {
                long[] seen = {0};
                boolean finished = new Trainer(
                                model,
                                new SftTask(documents(12)),
                                settings(0.01, 6),
                                new Evaluations(2, false, true, script::get),
                                run)
                        .train((s, t, m) -> seen[0] = s, () -> seen[0] >= stopAfter[0]);
                assertThat(finished).isEqualTo(attempt == 1);
                if (finished) {
                    assertThat(model.embedding().master().toFloats()).isEqualTo(atStepFour);
                }
            }
        }
        List<JsonNode> evals = new RunLog(run.resolve("eval.jsonl")).lines();
        assertThat(evals.stream().map(e -> e.get("step").asInt()).toList()).containsExactly(0, 2, 4, 6);
        assertThat(new RunLog(run.resolve("samples.jsonl")).lines()).hasSize(4);
        List<JsonNode> rows = new RunLog(run.resolve("rows.jsonl")).lines();
        assertThat(rows).hasSize(6);
        assertThat(rows.get(0).get("losses").size()).isEqualTo(4);
    }

    /** The same as an option of windows, which is how the original counts (LION.md 2.8). */
    @Test
    void aWindowsPositionsMayRunOn() {
        List<PromptTree> documents = documents(6);
        int[] lengths = documents.stream().mapToInt(PromptTree::length).toArray();
        List<WrapPacking.Window> windows = WrapPacking.windows(lengths, 9, false);
        WindowTask reset = new WindowTask(documents, windows, true);
        WindowTask running = new WindowTask(documents, windows, true, true);
        int[] two = {0, 1};
        assertThat(running.batch(two).positions())
                .containsExactly(0, 1, 2, 3, 4, 5, 6, 7, 8, 0, 1, 2, 3, 4, 5, 6, 7, 8);
        assertThat(reset.batch(two).positions()).isNotEqualTo(running.batch(two).positions());
        assertThat(running.digest()).isNotEqualTo(reset.digest());
        try (CausalLm model = open("gemma")) {
            assertThat(model.logps(running.batch(two))).containsExactly(model.logps(reset.batch(two)), within(1e-4f));
        }
    }

    @Test
    void itIsEvaluatedAfterEachEpoch() {
        Supplier<Evaluations.Seen> script = losses(9, 8, 7, 6);
        try (CausalLm model = open("llama")) {
            new Trainer(
                            model,
                            new SftTask(documents(12)), // three steps an epoch
                            settings(0.01, 8),
                            new Evaluations(0, true, false, script::get),
                            dir.resolve("epochs"))
                    .train((s, t, m) -> {}, () -> false);
        }
        List<JsonNode> evals = new RunLog(dir.resolve("epochs/eval.jsonl")).lines();
        assertThat(evals.stream().map(e -> e.get("step").asInt()).toList()).containsExactly(0, 3, 6, 8);
    }

    private static float[] seen(CausalLm model, PackedBatch batch, double alpha, long seed) {
        float[] seen = new float[batch.supervised()];
        model.embeddingNoise(alpha, seed);
        model.forwardBackward(batch, logps -> {
            System.arraycopy(logps, 0, seen, 0, seen.length);
            return new float[logps.length];
        });
        model.embeddingNoise(0, 0);
        return seen;
    }

    private static double distance(float[] a, float[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += Math.abs(a[i] - b[i]);
        }
        return sum / a.length;
    }

    /** NEFTune: noise in training alone, by seed, in proportion to its alpha. */
    @Test
    void embeddingNoiseIsSeededAndInProportion() {
        PackedBatch batch = PackedBatch.of(documents(6));
        try (CausalLm model = open("llama")) {
            float[] plain = model.logps(batch);
            assertThat(seen(model, batch, 0, 1)).containsExactly(plain, within(1e-6f));
            float[] noisy = seen(model, batch, 0.02, 1);
            assertThat(seen(model, batch, 0.02, 1)).isEqualTo(noisy);
            assertThat(distance(seen(model, batch, 0.02, 2), noisy)).isGreaterThan(1e-5);
            double once = distance(noisy, plain);
            assertThat(distance(seen(model, batch, 0.04, 1), plain) / once).isBetween(1.8, 2.2);
            assertThat(model.logps(batch)).isEqualTo(plain);
        }
    }
}
