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
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lionalign.align.text.TextModel;
import org.lionalign.align.train.RunLog;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.format.Checkpoint;
import org.lionalign.core.json.Json;
import org.lionalign.core.pack.PromptTree;
import org.lionalign.core.recipe.RecipeReader;
import org.lionalign.core.recipe.StageRecipe;

/** Next-token training on plain text: from nothing, on, and again after a stop. */
class PretrainTest {
    private static final Path CUB = Path.of(System.getProperty("lion.root", ".."), "models/cub");

    @TempDir
    Path dir;

    private Path base;
    private Path rows;

    /** The bundled tokenizer and a tiny shape, without weights. */
    @BeforeEach
    void files() throws IOException {
        base = Files.createDirectories(dir.resolve("base"));
        for (String file : List.of("tokenizer.json", "tokenizer_config.json", "generation_config.json")) {
            Files.copy(CUB.resolve(file), base.resolve(file));
        }
        Files.writeString(
                base.resolve("config.json"),
                Files.readString(CUB.resolve("config.json"))
                        .replace("\"hidden_size\" : 256", "\"hidden_size\" : 32")
                        .replace("\"intermediate_size\" : 704", "\"intermediate_size\" : 48")
                        .replace("\"head_dim\" : 64", "\"head_dim\" : 8")
                        .replace("\"num_hidden_layers\" : 6", "\"num_hidden_layers\" : 2"));
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < 60; i++) {
            lines.add("{\"text\": \"The cat has " + i + " apples and the dog has " + (i + 1) + " apples.\"}");
        }
        lines.add("{\"text\": 7}");
        lines.add("{\"text\": \" \"}");
        rows = Files.write(dir.resolve("rows.jsonl"), lines);
    }

    private StageRecipe recipe(String... sets) throws IOException {
        String yaml = "model: {path: '" + base + "', compute: f32}\ndata: {train: ['" + rows + "'], eval: ['" + rows
                + "'], text: {end: '<|endoftext|>'}, max_length_tokens: 64, packing: wrap, isolation: false}\n"
                + "train: {epochs: 4, tokens_per_step: 256, micro_batch_tokens: 128, learning_rate: 1e-2,"
                + " checkpoint_every_steps: 3}\n";
        return RecipeReader.read(Files.writeString(dir.resolve("r.yaml"), yaml), List.of(sets), StageRecipe.class);
    }

    private ObjectNode train(StageRecipe recipe, String run) {
        return Objects.requireNonNull(Stage.pretrain(recipe, dir.resolve(run)).run((s, t, m) -> {}, () -> false));
    }

    private byte[] weights(String run) throws IOException {
        return Files.readAllBytes(dir.resolve(run).resolve("model/model.safetensors"));
    }

    @Test
    void startsFromNothingLearnsAndGoesOnFromItsOwnModel() throws IOException {
        ObjectNode summary = train(recipe(), "a");
        double before = summary.path("held_out_before").path("loss").asDouble();
        double after = summary.path("held_out_after").path("loss").asDouble();
        assertThat(before).as("uniform over 2,224 tokens").isBetween(7.5, 7.9);
        assertThat(after).isLessThan(4.5);
        JsonNode ledger = Json.read(dir.resolve("a/ledger.json")).path(rows.toString());
        assertThat(ledger.path("set_aside").path("no text in column text").asInt())
                .isPositive();
        assertThat(ledger.path("set_aside").path("blank text").asInt()).isPositive();
        // As the config of the folder says, whatever training computes in.
        assertThat(Checkpoint.open(dir.resolve("a/model"))
                        .tensors()
                        .get("model.norm.weight")
                        .dtype())
                .isEqualTo("BF16");
        assertThat(Files.exists(base.resolve("model.safetensors")))
                .as("the start folder is left alone")
                .isFalse();
        ObjectNode on = train(recipe("model.path=" + dir.resolve("a/model")), "b");
        assertThat(on.path("held_out_before").path("loss").asDouble()).isBetween(after - 0.1, after + 0.1);
        assertThat(on.path("held_out_after").path("loss").asDouble()).isLessThan(after);
    }

    @Test
    void resumedIsUninterruptedAndTheSeedDrawsTheStart() throws IOException {
        train(recipe(), "whole");
        int[] steps = {0};
        Stage.pretrain(recipe(), dir.resolve("parts")).run((s, t, m) -> steps[0]++, () -> steps[0] == 4);
        assertThat(Files.exists(dir.resolve("parts/model"))).isFalse();
        train(recipe(), "parts");
        assertThat(weights("parts")).isEqualTo(weights("whole"));
        train(recipe("seed=7"), "other");
        assertThat(weights("other")).isNotEqualTo(weights("whole"));
    }

    @Test
    void aDocumentIsItsTokensAndTheEndAllSupervised() throws IOException {
        StageRecipe recipe = recipe();
        TextModel text = TextModel.open(base, null);
        RowEncoder encoder = new RowEncoder(text, recipe.data(), 1, 64);
        ObjectNode row = Json.object().put("text", "A fox. <|im_end|>");
        PromptTree.Node node;
        try {
            node = encoder.text(row, "x").tree().nodes().get(0);
        } catch (org.lionalign.core.data.ChatRows.Unusable e) {
            throw new AssertionError(e);
        }
        int[] ids = node.ids();
        assertThat(ids[ids.length - 1]).isZero(); // <|endoftext|>
        assertThat(Arrays.stream(ids).filter(id -> id == 2)).isEmpty(); // spelled out is not the control token
        assertThat(text.tokenizer().decode(Arrays.copyOf(ids, ids.length - 1), false))
                .isEqualTo("A fox. <|im_end|>");
        assertThat(node.supervised()).doesNotContain(false);
        assertThatThrownBy(() -> text.documentIds("A", "<|no|>"))
                .isInstanceOf(BadInput.class)
                .hasMessageContaining("data.text.end");
    }

    @Test
    void isolatedPackingGivesTheLossOfDocumentsAlone() throws IOException {
        // The held-out loss of the random start: a window's later documents must not change it when isolated.
        double whole = train(recipe("data.isolation=true", "data.packing=best_fit", "train.max_steps=1"), "fit")
                .path("held_out_before")
                .path("loss")
                .asDouble();
        double alone = train(recipe("data.isolation=true", "data.packing=none", "train.max_steps=1"), "none")
                .path("held_out_before")
                .path("loss")
                .asDouble();
        double joined = train(recipe("train.max_steps=1"), "joined")
                .path("held_out_before")
                .path("loss")
                .asDouble();
        assertThat(whole).isNotEqualTo(joined);
        assertThat(Math.abs(whole - alone)).isLessThan(1e-4);
    }

    /** tools/oracle/pretrain.py: transformers' causal-LM loss and its gradient on the bundled model. */
    @Test
    void lossAndGradientAreThoseOfTransformers() throws IOException {
        Path golden = Path.of("src/test/resources/golden/pretrain");
        JsonNode expected = Json.read(golden.resolve("cub.json"));
        rows = golden.resolve("rows.jsonl");
        ObjectNode summary = train(
                recipe(
                        "model.path=" + CUB,
                        "data.max_length_tokens=" + expected.get("window"),
                        "train.micro_batch_tokens=" + expected.get("window"),
                        "train.tokens_per_step=4096",
                        "train.epochs=1"),
                "golden");
        JsonNode before = summary.path("held_out_before");
        JsonNode step = new RunLog(dir.resolve("golden/metrics.jsonl")).lines().get(0);
        assertThat(step.get("supervised").asLong())
                .isEqualTo(expected.get("targets").asLong());
        double loss = expected.get("loss").asDouble();
        assertThat(before.path("loss").asDouble()).isCloseTo(loss, within(1e-5));
        assertThat(step.get("loss").asDouble()).isCloseTo(loss, within(1e-5));
        double norm = expected.get("grad_norm").asDouble();
        assertThat(step.get("grad_norm").asDouble()).isCloseTo(norm, within(1e-4 * norm));
    }

    @Test
    void optionsThatDoNotApplyAreRefused() throws IOException {
        StageRecipe plain = recipe();
        assertThatThrownBy(() -> Stage.sft(plain, dir.resolve("x")).run((s, t, m) -> {}, () -> false))
                .isInstanceOf(BadInput.class);
        for (String set : List.of(
                "loss.type=ipo",
                "model.template=chatml",
                "data.loss_on=last_turn",
                "data.overlong=cut_middle_turns",
                "data.faithful=true")) {
            assertThatThrownBy(() -> train(recipe(set), "x"))
                    .as(set)
                    .isInstanceOf(BadInput.class)
                    .hasMessageContaining(set.substring(0, set.indexOf('=')).replace(".type", ""));
        }
        assertThatThrownBy(() -> train(recipe("data.text=null"), "x"))
                .isInstanceOf(BadInput.class)
                .hasMessageContaining("data.text");
    }
}
