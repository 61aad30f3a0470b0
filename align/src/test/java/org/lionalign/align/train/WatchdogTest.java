package org.lionalign.align.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.error.CheckFailed;
import org.lionalign.core.pack.PackedBatch;
import org.lionalign.core.pack.PromptTree;
import org.lionalign.torch.model.CausalLm;
import org.lionalign.torch.model.LoadOptions;
import org.lionalign.torch.nn.Weight;
import org.lionalign.torch.optim.AdamW;
import org.lionalign.torch.optim.LrSchedule;
import org.lionalign.torch.tensor.Dtype;
import org.lionalign.torch.tensor.NoGrad;

/** What stops a run, and what never reaches it (PITFALLS 3, 20; invariant 5). */
class WatchdogTest {
    private static final Path LLAMA =
            Path.of(System.getProperty("lion.root", ".."), "torch/src/test/resources/golden/models/llama");

    @TempDir
    Path dir;

    private static List<PromptTree> documents(int... lengths) {
        SplittableRandom random = new SplittableRandom(5);
        List<PromptTree> trees = new ArrayList<>();
        for (int length : lengths) {
            boolean[] supervised = new boolean[length];
            Arrays.fill(supervised, 1, length, true);
            trees.add(PromptTree.document(
                    "rows.jsonl:" + (trees.size() + 1),
                    random.ints(length, 3, 79).toArray(),
                    supervised));
        }
        return trees;
    }

    private static Trainer.Settings settings() {
        return new Trainer.Settings(
                new StepPlanner.Batch(2, 0, 30),
                2,
                0,
                LrSchedule.Kind.CONSTANT,
                0.01,
                0,
                AdamW.Settings.DEFAULT,
                1,
                0,
                42,
                true,
                1,
                2);
    }

    private void poison(CausalLm model, String weight, double value) {
        try (NoGrad off = new NoGrad()) {
            for (Weight each : model.weights()) {
                if (each.parts().stream().anyMatch(part -> part.name().equals(weight))) {
                    each.change((rows, from) -> rows.fill_(value));
                }
            }
        }
    }

    @Test
    void aLossThatIsNoNumberNamesStepRowAndLayerAndKeepsTheLastCheckpoint() {
        try (CausalLm model = CausalLm.load(LLAMA, LoadOptions.training(Dtype.F32))) {
            assertThatThrownBy(() -> new Trainer(model, new SftTask(documents(5, 6, 7, 8)), settings(), dir)
                            .train(
                                    (step, total, m) -> {
                                        if (step == 2) {
                                            poison(model, "model.layers.1.mlp.down_proj.weight", Double.NaN);
                                        }
                                    },
                                    () -> false))
                    .isInstanceOf(CheckFailed.class)
                    .hasMessageContaining("step 3")
                    .hasMessageContaining("rows.jsonl:")
                    .hasMessageContaining("model.layers.1");
        }
        assertThat(new Checkpoints(dir).latest(w -> {}).step()).isEqualTo(2);
    }

    /** A loss may be finite and its gradient not: the weight nearest the loss is named, for everything below it is spoilt too. */
    @Test
    void aGradientThatIsNotFiniteNamesTheLayerThatItComesFrom() {
        try (CausalLm model = CausalLm.load(LLAMA, LoadOptions.training(Dtype.F32));
                AdamW optimizer = new AdamW(model.weights(), AdamW.Settings.DEFAULT)) {
            List<PackedBatch> batches = List.of(PackedBatch.of(documents(5, 9)));
            float[] before = model.embedding().master().toFloats();
            StepObjective broken = new StepObjective() {
                @Override
                public float[] gradient(PackedBatch batch, float[] logps) {
                    float[] gradient = new float[logps.length];
                    Arrays.fill(gradient, Float.POSITIVE_INFINITY);
                    return gradient;
                }

                @Override
                public double loss() {
                    return 1;
                }
            };
            assertThatThrownBy(() -> new TrainStep(model, optimizer, 1).run(batches, broken, 0.1, 1, () -> false))
                    .isInstanceOf(CheckFailed.class)
                    .hasMessageContaining(model.head().name())
                    .hasMessageContaining("rows.jsonl:1");
            assertThat(model.embedding().master().toFloats()).isEqualTo(before);
        }
    }

    @Test
    void nothingSupervisedNeverReachesAStep() {
        PromptTree silent = PromptTree.document("rows.jsonl:9", new int[] {4, 5}, new boolean[2]);
        assertThatThrownBy(() -> new SftTask(List.of(silent)))
                .isInstanceOf(BadInput.class)
                .hasMessageContaining("rows.jsonl:9");
        assertThatThrownBy(() -> new CrossEntropy(0)).isInstanceOf(IllegalArgumentException.class);
    }

    /** The biggest pass of the whole epoch runs before the first step (PITFALLS 20), and leaves no trace in it. */
    @Test
    void theLargestPassIsRehearsed() {
        List<PromptTree> documents = documents(4, 5, 29, 6, 7, 4, 5, 4);
        List<Integer> lengths = new ArrayList<>();
        SftTask task = new SftTask(documents);
        TrainingTask recorded = new TrainingTask() {
            @Override
            public int examples() {
                return task.examples();
            }

            @Override
            public int length(int example) {
                return task.length(example);
            }

            @Override
            public List<String> rows(int example) {
                return task.rows(example);
            }

            @Override
            public PackedBatch batch(int[] examples) {
                PackedBatch batch = task.batch(examples);
                lengths.add(batch.length());
                return batch;
            }

            @Override
            public String digest() {
                return task.digest();
            }

            @Override
            public StepObjective objective(List<PackedBatch> batches) {
                return task.objective(batches);
            }
        };
        try (CausalLm model = CausalLm.load(LLAMA, LoadOptions.training(Dtype.F32))) {
            new Trainer(model, recorded, settings(), dir).train((s, t, m) -> {}, () -> false);
        }
        assertThat(lengths.get(0))
                .isEqualTo(lengths.stream().mapToInt(i -> i).max().getAsInt());
        assertThat(lengths.stream().filter(n -> n >= 29).count())
                .isEqualTo(3); // the rehearsal, and an epoch's turn each
    }
}
