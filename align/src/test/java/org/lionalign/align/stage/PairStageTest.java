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
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lionalign.align.train.RunLog;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.error.CheckFailed;
import org.lionalign.core.json.Json;
import org.lionalign.core.recipe.RecipeReader;
import org.lionalign.core.recipe.StageRecipe;
import org.lionalign.core.testing.ChildJvm;

/** The preference stage as a user runs it, on a model of a few thousand weights. */
class PairStageTest {
    @TempDir
    Path dir;

    private Path model;
    private Path template;

    @BeforeEach
    void folders() throws IOException {
        model = TinyModel.write(dir.resolve("model"), 1);
        template = Files.writeString(
                dir.resolve("t.jinja"),
                "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
                        + "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}");
    }

    /** Chosen answers speak of rain, rejected ones of sun. */
    private Path pairs(String name, int from, int to) throws IOException {
        List<String> rows = new ArrayList<>();
        for (int i = from; i < to; i++) {
            rows.add(Json.write(Json.object()
                    .put("prompt", "Number " + i + "?")
                    .put("chosen", "Rain " + i % 7 + " rain.")
                    .put("rejected", "Sun " + i % 5 + " and sun.")));
        }
        return Files.write(dir.resolve(name), rows);
    }

    private Path yaml(Path train, Path held) throws IOException {
        return Files.writeString(
                dir.resolve("r.yaml"),
                "model: {path: '" + model + "', template: '" + template + "', compute: f32}\ndata: {train: ['" + train
                        + "'], eval: ['" + held
                        + "']}\ntrain: {epochs: 2, examples_per_step: 8, micro_batch_tokens: 256,"
                        + " learning_rate: 3.0e-3, schedule: constant, checkpoint_every_steps: 3}\neval: {probe_prompts: 0}\n");
    }

    private StageRecipe recipe(String... sets) throws IOException {
        return RecipeReader.read(
                yaml(pairs("train.jsonl", 0, 40), pairs("held.jsonl", 100, 130)), List.of(sets), StageRecipe.class);
    }

    private ObjectNode run(StageRecipe recipe, String name) {
        return Stage.dpo(recipe, dir.resolve(name)).run((s, t, m) -> {}, () -> false);
    }

    private List<JsonNode> metrics(String name) {
        return new RunLog(dir.resolve(name).resolve("metrics.jsonl")).lines();
    }

    @Test
    void theHeldOutAccuracyHasItsIntervalAndARowItsStory() throws IOException {
        StageRecipe recipe = recipe();
        ObjectNode summary = run(recipe, "run");
        JsonNode accuracy = summary.get("held_out_accuracy");
        assertThat(accuracy.get("pairs").asInt()).isEqualTo(30);
        assertThat(accuracy.get("low").asDouble())
                .isLessThan(accuracy.get("accuracy").asDouble())
                .isGreaterThan(0.5);
        assertThat(accuracy.get("high").asDouble())
                .isBetween(accuracy.get("accuracy").asDouble() - 1e-9, 1.0);
        assertThat(accuracy.get("above_chance").asBoolean()).isTrue();
        assertThat(Json.read(dir.resolve("run/summary.json"))
                        .get("held_out_accuracy")
                        .get("low")
                        .asDouble())
                .isEqualTo(accuracy.get("low").asDouble());
        JsonNode after = summary.get("held_out_after");
        for (String name : List.of("rewards/chosen", "kl/chosen", "kl/rejected", "length/chosen", "would_be/orpo")) {
            assertThat(after.has(name)).as(name).isTrue();
        }

        ObjectNode story = RowStory.of(dir.resolve("run"), dir.resolve("train.jsonl") + ":3");
        for (String who : List.of("reference_logps", "policy_logps")) {
            for (String answer : List.of("chosen", "rejected")) {
                JsonNode logps = story.get(who).get(answer);
                double sum = 0;
                for (JsonNode value : logps) {
                    assertThat(value.asDouble()).isNegative();
                    sum += value.asDouble();
                }
                assertThat(logps.size()).isGreaterThan(3);
                assertThat(story.get(who).get(answer + "_sum").asDouble()).isCloseTo(sum, within(1e-4));
            }
        }
        assertThat(story.get("rewards").get("margin").asDouble()).isPositive();
        assertThat(story.get("visits")).hasSize(2);
    }

    @Test
    void refreshedReferencesMixedLossesAndSchedulesComeFromTheRecipe() throws IOException {
        run(recipe("reference={refresh: steps, refresh_steps: 2}"), "steps");
        run(recipe("reference={refresh: epoch}"), "epoch");
        for (int step = 1; step <= 10; step++) {
            boolean fresh = Math.abs(metrics("steps").get(step - 1).get("loss").asDouble() - Math.log(2)) < 1e-5;
            assertThat(fresh).as("step " + step).isEqualTo(step % 2 == 1);
            fresh = Math.abs(metrics("epoch").get(step - 1).get("loss").asDouble() - Math.log(2)) < 1e-5;
            assertThat(fresh).as("step " + step).isEqualTo(step == 1 || step == 6);
        }
        StageRecipe mixed = recipe(
                "loss={beta: 0.2, beta_schedule: linear, beta_end: 0.05, weighting: wpo, ld_alpha: 0.5,"
                        + " mix: [{type: bco_pair}, {type: orpo, weight: 0.2}, {type: sigmoid, beta: 0.4}]}",
                "train.max_steps=4");
        run(mixed, "mixed");
        assertThat(metrics("mixed")).hasSize(4);
        assertThat(metrics("mixed").get(0).get("weights/on_policy").asDouble()).isBetween(1e-9, 1.0);
        assertThatThrownBy(() -> run(recipe("loss.type=simpo", "reference={refresh: epoch}"), "free"))
                .isInstanceOf(BadInput.class)
                .hasMessageContaining("reference: expected nothing");
        for (String bad : List.of(
                "loss={type: ipo, mix: [{type: sigmoid}]}",
                "loss={beta_end: 0.1}",
                "loss={type: orpo, ld_alpha: 0.5}",
                "loss={type: aot, weighting: wpo}",
                "loss={weight_gamma: 0.01}",
                "reference={refresh: steps}",
                "eval.on_alarm=stop",
                "data.select={min_margin: 3, max_margin: 2}")) {
            assertThatThrownBy(() -> recipe(bad)).as(bad).isInstanceOf(BadInput.class);
        }
        assertThat(RecipeReader.read(
                        Files.writeString(dir.resolve("again.yaml"), RecipeReader.write(mixed)),
                        List.of(),
                        StageRecipe.class))
                .isEqualTo(mixed);
    }

    /** PITFALLS 26. */
    @Test
    void aFarTooLargeLearningRateTripsTheAlarmAndMayStopTheRun() throws IOException {
        List<String> mad = List.of("train.learning_rate=0.3", "train.epochs=6", "loss.beta=0.1", "train.clip_norm=100");
        ObjectNode summary = run(recipe(mad.toArray(String[]::new)), "mad");
        assertThat(summary.path("alarms").toString()).contains("the chosen answers became less likely");
        ObjectNode calm = run(recipe("train.learning_rate=1.0e-5", "train.epochs=6"), "calm");
        assertThat(calm.path("alarms").toString()).doesNotContain("less likely").doesNotContain("far from");

        List<String> stopping = new ArrayList<>(mad);
        stopping.addAll(List.of("eval.every_steps=10", "eval.on_alarm=stop"));
        assertThatThrownBy(() -> run(recipe(stopping.toArray(String[]::new)), "stopped"))
                .isInstanceOf(CheckFailed.class)
                .hasMessageContaining("on_alarm")
                .hasMessageContaining("less likely");
        assertThat(metrics("stopped").size()).isLessThan(metrics("mad").size());
        assertThat(Files.exists(dir.resolve("stopped/model"))).isFalse();
    }

    @Test
    void aStoredReferenceIsRefusedWhenAnythingThatShapedItChanged() throws IOException {
        String cache = "reference={cache: '" + dir.resolve("cache") + "'}";
        Path train = pairs("train.jsonl", 0, 40);
        Stage.reference(recipe(cache), dir.resolve("first"), 0, 1);
        run(recipe(cache, "train.max_steps=1"), "same");

        byte[] weights = Files.readAllBytes(model.resolve("model.safetensors"));
        TinyModel.write(model, 2); // other weights under the same path
        refused(recipe(cache), "model");
        Files.write(model.resolve("model.safetensors"), weights);

        Path tokenizer = model.resolve("tokenizer.json");
        String before = Files.readString(tokenizer);
        Files.writeString(tokenizer, before + "\n");
        refused(recipe(cache), "tokenizer");
        Files.writeString(tokenizer, before);

        String jinja = Files.readString(template);
        Files.writeString(template, "{# as before #}" + jinja);
        refused(recipe(cache), "template");
        Files.writeString(template, jinja);

        StageRecipe changed = recipe(cache);
        Files.writeString(train, Files.readString(train).replace("Rain 3", "Rain 4"));
        refused(changed, "data");
        pairs("train.jsonl", 0, 40);
        refused(recipe(cache, "model.compute=bf16"), "compute");
        run(recipe(cache, "train.max_steps=1", "loss.type=ipo", "loss.beta=0.5"), "other loss, same cache");
    }

    private void refused(StageRecipe recipe, String key) {
        assertThatThrownBy(() -> run(recipe, "refused" + key))
                .isInstanceOf(BadInput.class)
                .hasMessageContaining("manifest.json")
                .hasMessageContaining(key + ": expected");
    }

    /** Invariant 7 for the reference pass, with real signals. */
    @Test
    void aReferencePassKilledAtRandomPointsEndsInTheSameBytes() throws Exception {
        Path recipe = yaml(pairs("many.jsonl", 0, 1500), pairs("held.jsonl", 5000, 5030));
        Path straight = dir.resolve("straight");
        assertThat(child(recipe, straight).waitFor()).isZero();
        List<Path> expected = shards(straight);
        assertThat(expected).hasSize(6 + 1);
        SplittableRandom random = new SplittableRandom(3);
        Path killed = dir.resolve("killed");
        int kills = 0;
        for (int after = 0; after < 3; after++) {
            Process child = child(recipe, killed);
            int wanted = Math.min(5, shards(killed).size() + random.nextInt(2));
            while (child.isAlive() && shards(killed).size() < wanted) {
                Thread.sleep(2);
            }
            child.waitFor(random.nextInt(120), TimeUnit.MILLISECONDS);
            kills += child.isAlive() ? 1 : 0;
            child.destroyForcibly().waitFor();
        }
        assertThat(kills).isPositive();
        assertThat(child(recipe, killed).waitFor()).isZero();
        List<Path> found = shards(killed);
        assertThat(found).hasSameSizeAs(expected);
        for (int s = 0; s < expected.size(); s++) {
            assertThat(Files.readAllBytes(found.get(s))).isEqualTo(Files.readAllBytes(expected.get(s)));
        }
    }

    private Process child(Path recipe, Path run) {
        return new ChildJvm(
                        ReferencePassMain.class.getName(),
                        List.of(recipe.toString(), run.toString()),
                        dir.resolve("child.log"))
                .start();
    }

    private static List<Path> shards(Path run) throws IOException {
        List<Path> found = new ArrayList<>();
        for (String part : List.of("eval", "train")) {
            Path folder = run.resolve("reference").resolve(part);
            if (Files.isDirectory(folder)) {
                try (Stream<Path> files = Files.list(folder)) {
                    files.filter(f -> f.toString().endsWith(".bin")).sorted().forEach(found::add);
                }
            }
        }
        return found;
    }
}
