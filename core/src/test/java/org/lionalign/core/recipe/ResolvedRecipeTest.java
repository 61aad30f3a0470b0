package org.lionalign.core.recipe;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lionalign.core.error.BadInput;

class ResolvedRecipeTest {
    @TempDir
    Path dir;

    @Test
    void everyValueSaysWhereItComesFromAndItReadsBack() throws IOException {
        String text =
                "model:\n  path: 'a model' # with a comment\n  lora: {rank: 4}\ndata: {train: [a.jsonl, {path: b, fraction: 0.5}]}\n"
                        + "train:\n  epochs: 2\n  learning_rate: 1.0e-4\n";
        Path file = Files.writeString(dir.resolve("r.yaml"), text);
        List<String> set = List.of("train.epochs=3", "eval={every_steps: 10, prompts: p.jsonl}");
        StageRecipe recipe = RecipeReader.read(file, set, StageRecipe.class);
        String resolved = ResolvedRecipe.write(recipe, "r.yaml", text, set);
        assertThat(resolved.lines())
                .contains(
                        "  path: \"a model\"  # r.yaml:2",
                        "    rank: 4  # r.yaml:3",
                        "    alpha: 32.0  # default",
                        "  epochs: 3.0  # --set",
                        "  learning_rate: 1.0E-4  # r.yaml:7",
                        "  every_steps: 10  # --set",
                        "  weight_decay: 0.0  # default",
                        "seed: 42  # default");
        Path again = Files.writeString(dir.resolve("again.yaml"), resolved);
        assertThat(RecipeReader.read(again, List.of(), StageRecipe.class)).isEqualTo(recipe);
    }

    @Test
    void theSchemaKnowsEveryKeyItsValuesAndDefaults() {
        JsonNode schema = RecipeSchema.of(StageRecipe.class);
        JsonNode train = schema.at("/properties/train");
        assertThat(train.get("additionalProperties").asBoolean()).isFalse();
        assertThat(train.at("/properties/schedule/enum").toString()).isEqualTo("[\"cosine\",\"linear\",\"constant\"]");
        assertThat(train.at("/properties/schedule/default").asText()).isEqualTo("cosine");
        assertThat(train.at("/properties/tokens_per_step/type").asText()).isEqualTo("integer");
        assertThat(schema.at("/properties/data/properties/train/items/anyOf").size())
                .isEqualTo(2);
        assertThat(schema.at("/properties/model/properties/lora/properties/rank/type")
                        .asText())
                .isEqualTo("integer");
        assertThat(schema.at("/properties/loss/properties/type/enum").size()).isEqualTo(LossRecipe.TYPES.size());
        assertThat(schema.at("/properties/loss/properties/mix/items/properties/type/enum"))
                .isEqualTo(schema.at("/properties/loss/properties/type/enum"));
    }

    @Test
    void whatAStageFindsIsPlacedToo() throws IOException {
        Path file = Files.writeString(
                dir.resolve("r.yaml"),
                "model: {path: m}\ndata:\n  train: [a.jsonl]\n  packing: wrap\nloss: {type: ipo}\n");
        String r = file.toString();
        for (String[] found : new String[][] {
            {"data.packing: expected nothing for pairs, found wrap", r + ":4: data.packing: expected"},
            {"loss: expected nothing for sft, found a section", r + ":5: loss: expected"},
            {"loss.beta: expected x, found y", "--set: loss.beta: expected"},
            {"reward: expected nothing for sft, found a section", "--set: reward: expected"},
            {"data.loss_on: expected assistant, found all", "data.loss_on: expected"}, // a default: nowhere written
            {"rows.jsonl:3: expected at most 8 tokens", "rows.jsonl:3: expected at most 8 tokens"},
        }) {
            assertThat(ResolvedRecipe.placed(
                                    new BadInput(found[0]), file, List.of("loss.beta=2", "reward.centring=0.1"))
                            .getMessage())
                    .startsWith(found[1]);
        }
    }
}
