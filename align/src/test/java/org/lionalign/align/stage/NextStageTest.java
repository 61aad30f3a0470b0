package org.lionalign.align.stage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lionalign.align.text.ModelDigest;
import org.lionalign.align.text.TextModel;
import org.lionalign.align.train.PairObjective;
import org.lionalign.align.train.PairTask;
import org.lionalign.align.train.RunLog;
import org.lionalign.align.train.StepObjective;
import org.lionalign.align.train.TrainingTask;
import org.lionalign.core.chat.Conversation;
import org.lionalign.core.chat.Message;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.json.Json;
import org.lionalign.core.pack.PackedBatch;
import org.lionalign.core.recipe.RecipeReader;
import org.lionalign.core.recipe.StageRecipe;
import org.lionalign.torch.model.CausalLm;
import org.lionalign.torch.model.LoadOptions;
import org.lionalign.torch.tensor.Dtype;

/** What a stage hands to the next one: text side, adapters, the reference that is named (PITFALLS 7, 10, 11; LION.md P6). */
class NextStageTest {
    private static final String TEMPLATE =
            "{% for m in messages %}<|im_start|>{{ m.role }} says\n{{ m.content }}<|im_end|>\n{% endfor %}"
                    + "{% if add_generation_prompt %}<|im_start|>assistant says\n{% endif %}";

    @TempDir
    Path dir;

    private Path model;

    /** A model with a template of its own, as a file beside the weights. */
    @BeforeEach
    void folder() throws IOException {
        model = TinyModel.write(dir.resolve("model"), 1);
        Files.writeString(model.resolve("chat_template.jinja"), TEMPLATE);
    }

    private Path rows(boolean pairs) throws IOException {
        List<String> rows = new ArrayList<>();
        for (int i = 0; i < 24; i++) {
            ObjectNode row = Json.object().put("prompt", "Number " + i + "?");
            rows.add(Json.write(
                    pairs
                            ? row.put("chosen", "Rain " + i % 7 + ".").put("rejected", "Sun " + i % 5 + " and sun.")
                            : row.put("completion", "It is " + i + ".")));
        }
        return Files.write(dir.resolve(pairs ? "pairs.jsonl" : "rows.jsonl"), rows);
    }

    private StageRecipe recipe(Path start, boolean pairs, String... sets) throws IOException {
        Path rows = rows(pairs);
        Path file = Files.writeString(
                dir.resolve("r.yaml"),
                "model: {path: '" + start + "', compute: f32}\ndata: {train: ['" + rows + "'], eval: ['" + rows
                        + "']}\ntrain: {max_steps: 3, examples_per_step: 8, micro_batch_tokens: 256, learning_rate: 0.02}\n"
                        + "eval: {probe_prompts: 0}\n");
        return RecipeReader.read(file, List.of(sets), StageRecipe.class);
    }

    private ObjectNode run(Stage stage) {
        return stage.run((s, t, m) -> {}, () -> false);
    }

    /** PITFALLS 7, invariant 11: from the exported files alone. */
    @Test
    void whatIsExportedRendersTokenisesAndStopsAsWhatWasTrained() throws IOException {
        run(Stage.sft(recipe(model, false, "train.max_steps=1"), dir.resolve("sft")));
        TextModel before = TextModel.open(model, null);
        TextModel after = TextModel.open(dir.resolve("sft/model"), null);
        Conversation chat = Conversation.of(
                new Message("user", "Hi <|im_end|>"), new Message("assistant", "Hello."), new Message("user", "And?"));
        assertThat(after.template().render(chat.toContext(true)).text())
                .isEqualTo(before.template().render(chat.toContext(true)).text())
                .contains("assistant says\n");
        assertThat(after.promptIds(chat)).isEqualTo(before.promptIds(chat));
        assertThat(after.stops()).isEqualTo(before.stops()).isNotEmpty();
        assertThat(after.bos()).isEqualTo(before.bos());
        assertThat(Json.read(dir.resolve("sft/model/generation_config.json")))
                .isEqualTo(Json.read(model.resolve("generation_config.json")));
    }

    /** PITFALLS 11: adapters of SFT, then adapters of DPO on top; the reference is the SFT model, and is named by its weights. */
    @Test
    void adaptersAreInTheModelThatTheNextStageComparesWith() throws IOException {
        String lora = "model.lora={rank: 4, alpha: 16}";
        ObjectNode first = run(Stage.sft(recipe(model, false, lora), dir.resolve("sft")));
        Path sft = dir.resolve("sft/model");
        double trained = first.at("/held_out_after/loss").asDouble();
        assertThat(first.at("/held_out_before/loss").asDouble() - trained).isGreaterThan(0.01);
        // Merged, saved, loaded: the model that was evaluated.
        ObjectNode again = run(Stage.sft(recipe(sft, false, "train.max_steps=1"), dir.resolve("again")));
        assertThat(again.at("/held_out_before/loss").asDouble()).isCloseTo(trained, within(1e-5));

        run(Stage.dpo(recipe(sft, true, lora, "loss.beta=0.5"), dir.resolve("dpo")));
        List<JsonNode> metrics = new RunLog(dir.resolve("dpo/metrics.jsonl")).lines();
        assertThat(metrics.get(0).get("loss").asDouble()).isCloseTo(Math.log(2), within(1e-6));
        assertThat(Math.abs(metrics.get(2).get("loss").asDouble() - Math.log(2)))
                .isGreaterThan(1e-4);
        JsonNode manifest = Json.read(dir.resolve("dpo/reference/train/manifest.json"));
        assertThat(manifest.get("model").asText())
                .isEqualTo(ModelDigest.weights(sft))
                .isNotEqualTo(ModelDigest.weights(model));
    }

    /** PITFALLS 10, for a loss whose value at the start says nothing. */
    @Test
    void atTheFirstStepThePolicyIsItsReference() throws IOException {
        for (String loss : List.of("sigmoid", "ipo", "apo_zero")) {
            run(Stage.dpo(recipe(model, true, "loss.type=" + loss), dir.resolve(loss)));
            JsonNode step = new RunLog(dir.resolve(loss).resolve("metrics.jsonl"))
                    .lines()
                    .get(0);
            for (String ratio : List.of("kl/chosen", "kl/rejected", "rewards/margins")) {
                assertThat(step.get(ratio).asDouble()).as(loss + " " + ratio).isCloseTo(0, within(1e-6));
            }
        }
    }

    /** LION.md P6: another checkpoint than the start. */
    @Test
    void anotherReferenceIsTheModelThatIsNamed() throws IOException {
        Path other = TinyModel.write(dir.resolve("other"), 9);
        Files.writeString(other.resolve("chat_template.jinja"), TEMPLATE);
        StageRecipe recipe = recipe(model, true, "reference={path: '" + other + "'}");
        try (StageInputs inputs = StageInputs.open(
                        recipe, StageKind.DPO, dir.resolve("x/data"), LoadOptions.inference(Dtype.F32));
                CausalLm named = CausalLm.load(other, LoadOptions.inference(Dtype.F32))) {
            List<PairObjective.Reference> found = inputs.references(inputs.train(), "train");
            List<PairObjective.Reference> expected = PairTask.references(named, inputs.train(), 256);
            List<PairObjective.Reference> start = PairTask.references(inputs.model(), inputs.train(), 256);
            for (int i = 0; i < found.size(); i++) {
                assertThat(found.get(i).chosen())
                        .containsExactly(expected.get(i).chosen(), within(1e-5f));
                assertThat(found.get(i).rejected())
                        .containsExactly(expected.get(i).rejected(), within(1e-5f));
                assertThat(found.get(i).chosen()[0]).isNotEqualTo(start.get(i).chosen()[0]);
            }
        }
        run(Stage.dpo(recipe, dir.resolve("dpo"))); // and is not taken for the policy at the first step
        assertThat(new RunLog(dir.resolve("dpo/metrics.jsonl"))
                        .lines()
                        .get(0)
                        .get("loss")
                        .asDouble())
                .isNotCloseTo(Math.log(2), within(1e-4));
    }

    /** Issue 4: a reward model's margin, by the rows' own scores. */
    @Test
    void aRewardModelsMarginComesFromTheRowsScores() throws IOException {
        double[] gaps = {1, 3, 0.5, 6};
        List<String> rows = new ArrayList<>();
        for (int i = 0; i < gaps.length; i++) {
            rows.add(Json.write(Json.object()
                    .put("prompt", "Number " + i + "?")
                    .put("chosen", "Rain " + i)
                    .put("rejected", "Sun " + i)
                    .put("score_chosen", 2 + gaps[i])
                    .put("score_rejected", 2.0)));
        }
        Path file = Files.write(dir.resolve("scored.jsonl"), rows);
        String train = "data.train=['" + file + "']";
        StageRecipe recipe = recipe(model, true, train, "data.eval=[]", "reward={margin_scale: 0.5}");
        double expected = Arrays.stream(gaps)
                .map(gap -> Math.log1p(Math.exp(0.5 * gap)))
                .average()
                .orElseThrow();
        for (int start = 0; start < 2; start++) { // and from the cache
            try (StageInputs inputs = StageInputs.open(recipe, StageKind.REWARD, dir.resolve("m/data"), null)) {
                TrainingTask task = inputs.task();
                PackedBatch batch =
                        task.batch(IntStream.range(0, task.examples()).toArray());
                StepObjective objective = task.objective(List.of(batch));
                objective.gradient(batch, new float[8]); // all scores equal: what is left is the margin
                assertThat(objective.loss()).isCloseTo(expected, within(1e-9));
            }
        }
        Files.writeString(file, Files.readString(file).replace(",\"score_rejected\":2.0", ""));
        assertThatThrownBy(() -> run(Stage.reward(recipe, dir.resolve("r"))))
                .isInstanceOf(BadInput.class)
                .hasMessageContaining("reward.margin_scale")
                .hasMessageContaining("scored.jsonl:");
    }

    /** transformers reads a score at the last token that is not padding: a model that pads with its stop token gets another one. */
    @Test
    void aRewardModelIsNotPaddedWithWhatEndsItsAnswers() throws IOException {
        for (String file : List.of("config.json", "tokenizer_config.json", "special_tokens_map.json")) {
            ObjectNode tokens = (ObjectNode) Json.read(model.resolve(file));
            if (file.equals("config.json")) {
                tokens.put("pad_token_id", 2); // <|im_end|>
            } else {
                tokens.put("pad_token", "<|im_end|>");
            }
            Files.writeString(model.resolve(file), Json.write(tokens));
        }
        TextModel text = TextModel.open(model, null);
        assertThat(text.stops()).contains(2);
        run(Stage.reward(recipe(model, true, "train.max_steps=1"), dir.resolve("reward")));
        Path reward = dir.resolve("reward/model");
        int pad = Json.read(reward.resolve("config.json")).get("pad_token_id").asInt();
        assertThat(text.stops()).doesNotContain(pad);
        for (String file : List.of("tokenizer_config.json", "special_tokens_map.json")) {
            String token = Json.read(reward.resolve(file)).get("pad_token").asText();
            assertThat(text.tokenizer().idOf(token)).hasValue(pad);
        }
    }
}
