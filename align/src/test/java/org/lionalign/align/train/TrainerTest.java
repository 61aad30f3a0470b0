package org.lionalign.align.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lionalign.align.objective.PreferenceLoss;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.json.Json;
import org.lionalign.core.json.JsonLines;
import org.lionalign.core.pack.PackedBatch;
import org.lionalign.core.pack.PromptTree;
import org.lionalign.core.testing.Seeds;
import org.lionalign.core.testing.SharedData;
import org.lionalign.core.tokenizer.HuggingFaceTokenizer;
import org.lionalign.core.tokenizer.Tokenizer;
import org.lionalign.torch.model.CausalLm;
import org.lionalign.torch.model.LoadOptions;
import org.lionalign.torch.model.LoraAdapters;
import org.lionalign.torch.model.ModelWriter;
import org.lionalign.torch.optim.AdamW;
import org.lionalign.torch.optim.LrSchedule;
import org.lionalign.torch.tensor.Device;
import org.lionalign.torch.tensor.Dtype;

class TrainerTest {
    private static final Path LLAMA =
            Path.of(System.getProperty("lion.root", ".."), "torch/src/test/resources/golden/models/llama");

    @TempDir
    Path dir;

    private static Trainer.Settings settings(double epochs, StepPlanner.Batch batch, double lr, double neftune) {
        return new Trainer.Settings(
                batch,
                epochs,
                0,
                LrSchedule.Kind.COSINE,
                lr,
                0.1,
                new AdamW.Settings(0.9, 0.999, 1e-8, 0.01),
                1.0,
                neftune,
                42,
                true,
                3,
                2);
    }

    private static List<PromptTree> documents(int n) {
        SplittableRandom random = new SplittableRandom(5);
        List<PromptTree> trees = new ArrayList<>();
        for (int i = 0; i < n; i++) {
            int[] ids = random.ints(3 + random.nextInt(12), 3, 79).toArray();
            boolean[] supervised = new boolean[ids.length];
            for (int t = 1 + random.nextInt(ids.length - 1); t < ids.length; t++) {
                supervised[t] = true;
            }
            trees.add(PromptTree.document("d#" + i, ids, supervised));
        }
        return trees;
    }

    private static List<PromptTree> pairs(int n) {
        SplittableRandom random = new SplittableRandom(6);
        List<PromptTree> trees = new ArrayList<>();
        for (int i = 0; i < n; i++) {
            trees.add(PromptTree.answers(
                    "p#" + i,
                    random.ints(2 + random.nextInt(8), 3, 79).toArray(),
                    List.of(
                            random.ints(1 + random.nextInt(6), 3, 79).toArray(),
                            random.ints(7, 3, 79).toArray())));
        }
        return trees;
    }

    private static TrainingTask task(boolean preference) {
        if (!preference) {
            return new SftTask(documents(30));
        }
        List<PromptTree> trees = pairs(20);
        try (CausalLm reference = CausalLm.load(LLAMA, LoadOptions.inference(Dtype.F32))) {
            return new PairTask(
                    trees, PairTask.references(reference, trees, 60), new PreferenceLoss.Sigmoid(0.1, 0), 0.1);
        }
    }

    private static final class Killed extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }

    private static byte[] finalBytes(Path run, boolean preference, boolean lora, SplittableRandom kills)
            throws IOException {
        Trainer.Settings settings = settings(2, new StepPlanner.Batch(6, 0, 40), 0.01, preference ? 0 : 5);
        while (true) {
            try (CausalLm model = CausalLm.load(LLAMA, new LoadOptions(Dtype.F32, Device.CPU, !lora, false))) {
                if (lora) {
                    LoraAdapters.attach(model, new LoraAdapters.Config(2, 4, 0.2, List.of("q_proj", "down_proj")), 9);
                    model.linears().forEach(l -> l.adapters().forEach(a -> {
                        a.a().train();
                        a.b().train();
                    }));
                }
                int[] left = {kills == null ? Integer.MAX_VALUE : 1 + kills.nextInt(6)};
                boolean finished = new Trainer(model, task(preference), settings, run)
                        .train(
                                (step, total, metrics) -> {
                                    if (--left[0] == 0) {
                                        throw new Killed();
                                    }
                                },
                                () -> false);
                assertThat(finished).isTrue();
                if (lora) {
                    LoraAdapters.merge(model);
                }
                ModelWriter.save(model, run.resolve("model"), Dtype.F32, ModelWriter.SHARD_BYTES);
                return Files.readAllBytes(run.resolve("model/model.safetensors"));
            } catch (Killed again) {
                // The process is gone; the same command is given again.
            }
        }
    }

    @Test
    void killedAndResumedEndsInTheSameBits() throws IOException {
        for (boolean preference : new boolean[] {false, true}) {
            for (boolean lora : new boolean[] {false, true}) {
                byte[] straight = finalBytes(dir.resolve("s" + preference + lora), preference, lora, null);
                Seeds.forAll(2, random -> {
                    Path run = Files.createTempDirectory(dir, "k");
                    assertThat(finalBytes(run, preference, lora, random)).isEqualTo(straight);
                    List<Long> steps = new ArrayList<>();
                    try (JsonLines lines = JsonLines.open(run.resolve("metrics.jsonl"))) {
                        lines.forEach(row -> steps.add(row.value().get("step").asLong()));
                    }
                    assertThat(steps).doesNotHaveDuplicates().isSorted();
                });
            }
        }
    }

    @Test
    void anInterruptIsSavedAndContinued() {
        Path run = dir.resolve("run");
        Trainer.Settings settings = settings(1, new StepPlanner.Batch(6, 0, 40), 0.01, 0);
        long[] seen = {0};
        try (CausalLm model = CausalLm.load(LLAMA, LoadOptions.training(Dtype.F32))) {
            boolean finished = new Trainer(model, task(false), settings, run)
                    .train((step, total, m) -> seen[0] = step, () -> seen[0] == 2);
            assertThat(finished).isFalse();
        }
        assertThat(new Checkpoints(run).latest(w -> {}).step()).isEqualTo(2);
        try (CausalLm model = CausalLm.load(LLAMA, LoadOptions.training(Dtype.F32))) {
            List<Long> steps = new ArrayList<>();
            assertThat(new Trainer(model, task(false), settings, run)
                            .train((step, total, m) -> steps.add(step), () -> false))
                    .isTrue();
            assertThat(steps).containsExactly(3L, 4L, 5L);
        }
    }

    @Test
    void otherDataOrSettingsAreRefused() {
        Path run = dir.resolve("run");
        StepPlanner.Batch batch = new StepPlanner.Batch(6, 0, 40);
        try (CausalLm model = CausalLm.load(LLAMA, LoadOptions.training(Dtype.F32))) {
            new Trainer(model, task(false), settings(1, batch, 0.01, 0), run).train((s, t, m) -> {}, () -> false);
            assertThatThrownBy(() -> new Trainer(model, task(false), settings(1, batch, 0.02, 0), run)
                            .train((s, t, m) -> {}, () -> false))
                    .isInstanceOf(BadInput.class)
                    .hasMessageContaining("identity");
            assertThatThrownBy(() -> new Trainer(model, task(true), settings(1, batch, 0.01, 0), run)
                            .train((s, t, m) -> {}, () -> false))
                    .isInstanceOf(BadInput.class);
        }
    }

    @Test
    void atStepZeroThePolicyIsTheReference() {
        List<Double> losses = new ArrayList<>();
        try (CausalLm model = CausalLm.load(LLAMA, LoadOptions.training(Dtype.F32))) {
            new Trainer(model, task(true), settings(3, new StepPlanner.Batch(10, 0, 60), 0.005, 0), dir)
                    .train((step, total, m) -> losses.add(m.get("loss").asDouble()), () -> false);
        }
        assertThat(losses.get(0)).isCloseTo(Math.log(2), within(1e-6));
        assertThat(losses.get(losses.size() - 1)).isLessThan(losses.get(0) - 0.05);
    }

    @Test
    void theLayoutOfAStepChangesNothing() {
        List<double[]> trajectories = new ArrayList<>();
        for (int tokens : new int[] {15, 40, 1000}) {
            List<Double> losses = new ArrayList<>();
            try (CausalLm model = CausalLm.load(LLAMA, LoadOptions.training(Dtype.F32))) {
                new Trainer(
                                model,
                                task(false),
                                settings(2, new StepPlanner.Batch(6, 0, tokens), 0.01, 0),
                                dir.resolve("t" + tokens))
                        .train((step, total, m) -> losses.add(m.get("loss").asDouble()), () -> false);
            }
            trajectories.add(losses.stream().mapToDouble(Double::doubleValue).toArray());
        }
        for (int i = 1; i < trajectories.size(); i++) {
            assertThat(trajectories.get(i)).containsExactly(trajectories.get(0), within(2e-5));
        }
    }

    /** stories260k on real stories: the held-out loss falls. */
    @Test
    void aRealModelLearnsFromRealRows() {
        Path directory = SharedData.require("models/stories260k");
        Tokenizer tokenizer = HuggingFaceTokenizer.load(directory);
        List<PromptTree> train = stories(tokenizer, "sft/tinystories/train.jsonl", 320);
        List<PromptTree> held = stories(tokenizer, "sft/tinystories/test.jsonl", 40);
        try (CausalLm model = CausalLm.load(directory, LoadOptions.training(Dtype.F32))) {
            double before = heldOut(model, held);
            new Trainer(
                            model,
                            new SftTask(train),
                            settings(1, new StepPlanner.Batch(0, 4096, 4096), 5e-4, 0),
                            dir.resolve("real"))
                    .train((s, t, m) -> {}, () -> false);
            assertThat(heldOut(model, held)).isLessThan(before - 0.005);
        }
    }

    private static List<PromptTree> stories(Tokenizer tokenizer, String file, int most) {
        List<PromptTree> trees = new ArrayList<>();
        for (String line : SharedData.text(file).split("\n")) {
            JsonNode row = Json.parse(line, file);
            String prompt = row.get("prompt").asText();
            int[] before = tokenizer.encode(prompt);
            int[] all = tokenizer.encode(prompt + row.get("completion").asText());
            int[] ids = new int[Math.min(400, all.length + 2)];
            boolean[] supervised = new boolean[ids.length];
            ids[0] = 1;
            for (int t = 1; t < ids.length; t++) {
                ids[t] = t - 1 < all.length ? all[t - 1] : 2;
                supervised[t] = t > before.length;
            }
            trees.add(PromptTree.document(file + "#" + trees.size(), ids, supervised));
            if (trees.size() == most) {
                break;
            }
        }
        return trees;
    }

    private static double heldOut(CausalLm model, List<PromptTree> trees) {
        double sum = 0;
        long count = 0;
        for (PromptTree tree : trees) {
            for (float logp : model.logps(PackedBatch.of(List.of(tree)))) {
                sum -= logp;
                count++;
            }
        }
        return sum / count;
    }
}
