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
import org.lionalign.core.machine.Processor;

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
        // What depends on the machine is written out, so that the resolved recipe means the same on every one.
        assertThat(recipe.model().compute()).isEqualTo(Processor.here().preferredCompute("cpu"));
        assertThat(read(GOOD, "model.device=cuda:0", "model.compute=auto")
                        .model()
                        .compute())
                .isEqualTo("bf16");
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

    /** In every section of a whole run, with file and line, before anything is spent. */
    @Test
    void lookingAtNothingIsRefusedInEveryStageOfARun() throws IOException {
        String sources = "data: {train: [a], eval: [h]}";
        for (String stage : List.of("sft", "reward", "dpo", "online")) {
            boolean online = stage.equals("online");
            String held = stage + (online ? ".held_out" : ".data.eval");
            String section = "model: {path: m}\n" + stage + ":\n  "
                    + (online
                            ? "{prompts: [a], judges: [{type: rule, rule: {json: true}}], held_out: [h]"
                            : "{" + sources)
                    + ", eval: {EVAL}}\n";
            for (String look : List.of("every_steps: 5", "every_epoch: true", "every_epoch: true, export: best")) {
                Path file = Files.writeString(dir.resolve("run.yaml"), section.replace("EVAL", look));
                assertThat(RecipeReader.read(file, List.of(), RunRecipe.class)).isNotNull();
                Files.writeString(
                        file,
                        section.replace("EVAL", look)
                                .replace(", held_out: [h]", "")
                                .replace(", eval: [h]", ""));
                assertThatThrownBy(() -> RecipeReader.read(file, List.of(), RunRecipe.class))
                        .isInstanceOf(BadInput.class)
                        .hasMessageContaining(file + ": line 2: " + stage)
                        .hasMessageContaining(stage + ".eval." + look.substring(0, look.indexOf(':')))
                        .hasMessageContaining("expected " + held);
            }
        }
    }

    /** A loss alone and one of a mixture take the same options, and what they refuse they refuse alike. */
    @Test
    void aLossOfAMixtureIsCheckedAsALossAlone() throws IOException {
        for (String[] wrong : new String[][] {
            {"type: sigmoyd", "loss.type: expected one of [sigmoid, "},
            {"type: hinge, label_smoothing: 0.1", "loss.label_smoothing: expected absent, for hinge does not read it"},
            {"type: robust, label_smoothing: 0.5", "loss.label_smoothing: expected 0 to 0.5, found 0.5"},
            {"type: ipo, gamma: 1", "loss.gamma: expected absent, for ipo does not read it, found 1.0"},
            {"type: ipo, beta: 0", "loss.beta: expected above 0, found 0.0"},
        }) {
            refused(GOOD + "loss: {" + wrong[0] + "}\n", List.of(), "line 6: loss: " + wrong[1]);
            refused(GOOD + "loss: {mix: [{" + wrong[0] + "}]}\n", List.of(), "line 6: loss.mix.[0]: " + wrong[1]);
        }
        for (String type : List.of("robust", "exo_pair", "sigmoid", "simpo")) {
            LossRecipe alone = read(GOOD, "loss.type=" + type).loss();
            assertThat(alone.parts())
                    .isEqualTo(
                            read(GOOD, "loss.mix=[{type: " + type + "}]").loss().parts());
            assertThat(alone.labelSmoothing()).isEqualTo(alone.parts().get(0).labelSmoothing());
        }
    }

    /** Issue 3: an option that nothing would read is an error, as an unknown one is (PITFALLS 16). */
    @Test
    void whatWouldHaveNoEffectIsRefused() throws IOException {
        for (String overlong : List.of("set_aside", "cut_end", "cut_middle_turns")) {
            refused(GOOD, List.of("data.packing=wrap", "data.overlong=" + overlong), "data.overlong", "packing wrap");
        }
        assertThat(read(GOOD, "data.packing=wrap").data().overlong()).isEqualTo("error");
        refused(GOOD, List.of("eval.export=best"), "eval.export", "every_steps or every_epoch");
        assertThat(read(GOOD, "eval={export: best, every_epoch: true}", "data.eval=[h.jsonl]")
                        .eval()
                        .everyEpoch())
                .isTrue();
        refused(
                GOOD + "eval:\n  export: last\n  every_steps: 5\n",
                List.of(),
                "line " + (GOOD.lines().count() + 3) + ": eval.every_steps");
        refused(GOOD, List.of("eval.every_steps=5"), "eval.every_steps", "data.eval or eval.prompts", "neither");
        refused(
                GOOD,
                List.of("eval={every_epoch: true, export: best, prompts: p}"),
                "eval.export",
                "data.eval with best");
        refused(GOOD, List.of("eval.on_alarm=stop"), "eval.on_alarm", "every_steps or every_epoch");
        refused(GOOD, List.of("data.positions=running"), "data.positions", "packing wrap");
        refused(
                GOOD,
                List.of("data.packing=wrap", "data.isolation=false", "data.positions=running"),
                "data.positions",
                "isolation");
        refused(
                GOOD,
                List.of("data.packing=wrap", "data.faithful=true", "train.epochs=1.5"),
                "train.epochs",
                "a whole number");
        refused(GOOD, List.of("reward.margin_scale=-1"), "reward.margin_scale", "0 or above");
        // The file's own line, though two keys are wrong only together.
        refused(
                GOOD.replace("train: [a.jsonl]", "train: [a.jsonl]\n  packing: wrap\n  overlong: cut_end"),
                List.of(),
                "line 2");
    }
}
