package org.lionalign.core.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lionalign.core.error.BadInput;

class RecipeReaderTest {
    private static final String GOOD = "model: {path: m}\ndata:\n  train: [a.jsonl]\ntrain:\n  learning_rate: 5e-7\n";

    @TempDir
    Path dir;

    private StageRecipe read(String text, String... sets) throws IOException {
        return RecipeReader.read(Files.writeString(dir.resolve("r.yaml"), text), List.of(sets), StageRecipe.class);
    }

    private void refused(String text, List<String> sets, String... parts) throws IOException {
        var error = assertThatThrownBy(() -> read(text, sets.toArray(String[]::new)))
                .isInstanceOf(BadInput.class);
        for (String part : parts) {
            error.hasMessageContaining(part);
        }
    }

    @Test
    void defaultsAreFilledInAndTheResolvedRecipeReadsBack() throws IOException {
        StageRecipe recipe = read(GOOD);
        assertThat(recipe.train().learningRate()).isEqualTo(5e-7);
        assertThat(recipe.train().tokensPerStep()).isEqualTo(16_384);
        assertThat(recipe.model().compute()).isEqualTo("bf16");
        assertThat(read(RecipeReader.write(recipe))).isEqualTo(recipe);
    }

    @Test
    void overridesAreTypedByTheirTarget() throws IOException {
        StageRecipe recipe =
                read(GOOD, "train.epochs=2.5", "data.eval=[x=y.jsonl]", "loss.type=ipo", "model.lora.rank=4");
        assertThat(recipe.train().epochs()).isEqualTo(2.5);
        assertThat(recipe.data().eval()).extracting(StageRecipe.Source::path).containsExactly("x=y.jsonl");
        assertThat(recipe.loss().type()).isEqualTo("ipo");
        assertThat(recipe.model().lora().rank()).isEqualTo(4);
    }

    @Test
    void overridesMayNeedEachOther() throws IOException {
        StageRecipe recipe = read(GOOD, "loss.beta_end=0.01", "loss.beta_schedule=linear");
        assertThat(recipe.loss().betaEnd()).isEqualTo(0.01);
        refused(GOOD, List.of("seed=3", "loss.beta_end=0.01"), "--set loss.beta_end=0.01", "beta_schedule");
    }

    @Test
    void mistakesAreNamed() throws IOException {
        refused(
                GOOD + "  warmup_ration: 0.1\n",
                List.of(),
                "r.yaml",
                "line 6",
                "warmup_ration",
                "did you mean warmup_ratio?");
        refused(GOOD, List.of("train.lerning_rate=1"), "--set train.lerning_rate=1", "did you mean learning_rate?");
        refused(GOOD, List.of("train.epochs=two"), "epochs");
        refused(GOOD, List.of("epochs"), "key=value");
        refused(GOOD + "model: {path: n}\n", List.of(), "uplicate");
        refused("data: {train: [a]}\n", List.of(), "model");
        refused(GOOD, List.of("model.path=no"), "path");
        refused(GOOD, List.of("train.schedule=constant", "train.warmup_ratio=0.1"), "train.warmup_ratio", "constant");
        refused(
                GOOD,
                List.of("loss.type=hinge", "loss.label_smoothing=0.1"),
                "loss.label_smoothing",
                "hinge does not read it");
        refused(GOOD, List.of("train.examples_per_step=3", "train.tokens_per_step=9"), "not both");
    }
}
