package org.lionalign.align.stage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lionalign.align.text.TextModel;
import org.lionalign.core.chat.Conversation;
import org.lionalign.core.chat.Message;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.json.Json;
import org.lionalign.core.recipe.RecipeReader;
import org.lionalign.core.recipe.StageRecipe;
import org.lionalign.core.testing.SharedData;

/** Both stages on a real model and real rows, as a user runs them. */
class StageTest {
    @TempDir
    Path dir;

    private String stories(String file, int most, int from) throws IOException {
        List<String> rows = new ArrayList<>();
        String[] lines = SharedData.text(file).split("\n");
        for (int i = from; i < from + most; i++) {
            JsonNode row = Json.parse(lines[i], file);
            ObjectNode out = Json.object();
            out.put("prompt", row.get("prompt").asText());
            out.put("completion", row.get("completion").asText());
            rows.add(Json.write(out));
        }
        rows.add("{\"nothing\": 1}");
        rows.add("{ broken");
        return Files.writeString(dir.resolve("rows" + from + most + ".jsonl"), String.join("\n", rows))
                .toString();
    }

    /** A real story's own ending against the ending of another. */
    private String pairs(int most, int from) throws IOException {
        List<String> rows = new ArrayList<>();
        String[] lines = SharedData.text("sft/tinystories/train.jsonl").split("\n");
        for (int i = from; i < from + most; i++) {
            ObjectNode out = Json.object();
            out.put("prompt", Json.parse(lines[i], "row").get("prompt").asText());
            out.put("chosen", cut(Json.parse(lines[i], "row").get("completion").asText()));
            out.put(
                    "rejected",
                    cut(Json.parse(lines[i + 400], "row").get("completion").asText()));
            rows.add(Json.write(out));
        }
        return Files.writeString(dir.resolve("pairs" + from + ".jsonl"), String.join("\n", rows))
                .toString();
    }

    private static String cut(String text) {
        return text.substring(0, Math.min(160, text.length()));
    }

    private StageRecipe recipe(String model, String train, String eval, String... sets) throws IOException {
        String yaml = "model: {path: '" + model + "', template: plain, compute: f32}\ndata: {train: ['" + train
                + "'], eval: ['" + eval + "'], overlong: set_aside}\ntrain: {epochs: 1}\n";
        return RecipeReader.read(Files.writeString(dir.resolve("r.yaml"), yaml), List.of(sets), StageRecipe.class);
    }

    @Test
    void sftThenDpoOnRealRows() throws IOException {
        String base = SharedData.require("models/stories260k").toString();
        Path sft = dir.resolve("sft");
        ObjectNode summary = Stage.sft(
                        recipe(
                                base,
                                stories("sft/tinystories/train.jsonl", 120, 0),
                                stories("sft/tinystories/test.jsonl", 30, 0),
                                "train.learning_rate=5e-4",
                                "train.tokens_per_step=4096"),
                        sft)
                .run((s, t, m) -> {}, () -> false);
        assertThat(summary.path("held_out_after").path("loss").asDouble())
                .isLessThan(summary.path("held_out_before").path("loss").asDouble());
        JsonNode ledger = Json.read(sft.resolve("ledger.json"));
        JsonNode source = ledger.properties().iterator().next().getValue();
        assertThat(source.path("set_aside").path("unknown columns").asInt()).isEqualTo(1);
        assertThat(source.path("set_aside").path("not JSON").asInt()).isEqualTo(1);
        assertThat(source.path("in").asInt()).isGreaterThanOrEqualTo(32);
        assertThat(Files.readString(sft.resolve("recipe.resolved.yaml"))).contains("weight_decay: 0.0");
        // What was trained renders, tokenises and stops as before (invariant 11).
        TextModel before = TextModel.open(Path.of(base), "plain");
        TextModel after = TextModel.open(sft.resolve("model"), "plain");
        assertThat(after.stops()).isEqualTo(before.stops());
        Conversation chat = Conversation.of(new Message("user", "Once upon a time"));
        assertThat(after.promptIds(chat)).isEqualTo(before.promptIds(chat));

        ObjectNode dpo = Stage.dpo(
                        recipe(
                                sft.resolve("model").toString(),
                                pairs(160, 0),
                                pairs(60, 200),
                                "train.learning_rate=2e-4",
                                "train.examples_per_step=16",
                                "loss.beta=0.1"),
                        dir.resolve("dpo"))
                .run((s, t, m) -> {}, () -> false);
        double accuracy = dpo.path("held_out_after").path("rewards/accuracies").asDouble();
        double n = dpo.path("held_out_after").path("examples").asDouble();
        assertThat(dpo.path("held_out_before").path("rewards/accuracies").asDouble())
                .isZero(); // policy = reference: all ties
        assertThat(accuracy - 1.96 * Math.sqrt(accuracy * (1 - accuracy) / n))
                .as("accuracy " + accuracy)
                .isGreaterThan(0.5);
    }

    /** Rows {@code [from, to)} of rasbt's instructions with a polite and an impolite answer, without the answer for SFT. */
    private String politeness(String name, int from, int to, boolean pairs) throws IOException {
        JsonNode all = Json.parse(SharedData.text("preference/rasbt/instruction-data-with-preference.json"), "rasbt");
        List<String> rows = new ArrayList<>();
        for (int i = from; i < to; i++) {
            ObjectNode row = (ObjectNode) all.get(i).deepCopy();
            rows.add(Json.write(pairs ? row.without("output") : row.without(List.of("chosen", "rejected"))));
        }
        return Files.write(dir.resolve(name), rows).toString();
    }

    /** Issue 4's real run: stories260k after SFT, DPO on real pairs, accuracy on held-out pairs above chance. */
    @Test
    void dpoOnRealPairsRisesAboveChance() throws IOException {
        String base = SharedData.require("models/stories260k").toString();
        Path sft = dir.resolve("sft");
        Stage.sft(
                        recipe(
                                base,
                                politeness("sft.jsonl", 0, 200, false),
                                politeness("sft-held.jsonl", 900, 930, false),
                                "train.learning_rate=1e-3",
                                "train.tokens_per_step=4096",
                                "eval.probe_prompts=0"),
                        sft)
                .run((s, t, m) -> {}, () -> false);
        ObjectNode summary = Stage.dpo(
                        recipe(
                                sft.resolve("model").toString(),
                                politeness("pairs.jsonl", 0, 448, true),
                                politeness("pairs-held.jsonl", 700, 900, true),
                                "train.learning_rate=5e-4",
                                "train.examples_per_step=32",
                                "loss.beta=0.1",
                                "eval.probe_prompts=0"),
                        dir.resolve("dpo"))
                .run((s, t, m) -> {}, () -> false);
        JsonNode accuracy = summary.path("held_out_accuracy");
        assertThat(accuracy.path("pairs").asInt()).isEqualTo(200);
        assertThat(accuracy.path("low").asDouble()).as(accuracy.toString()).isGreaterThan(0.5);
    }

    @Test
    void optionsThatDoNotApplyAreRefused() throws IOException {
        String base = SharedData.require("models/stories260k").toString();
        String rows = stories("sft/tinystories/train.jsonl", 3, 0);
        assertThatThrownBy(() -> Stage.sft(recipe(base, rows, rows, "loss.type=ipo"), dir.resolve("x")))
                .isInstanceOf(BadInput.class)
                .hasMessageContaining("loss");
        assertThatThrownBy(() -> Stage.dpo(recipe(base, rows, rows, "data.overlong=cut_end"), dir.resolve("x"))
                        .run((s, t, m) -> {}, () -> false))
                .isInstanceOf(BadInput.class)
                .hasMessageContaining("cut_end");
        assertThatThrownBy(() -> Stage.sft(
                                recipe(base, rows, rows, "data.overlong=error", "data.max_length_tokens=8"),
                                dir.resolve("x"))
                        .run((s, t, m) -> {}, () -> false))
                .isInstanceOf(BadInput.class)
                .hasMessageContaining(":1: expected at most 8 tokens");
    }
}
