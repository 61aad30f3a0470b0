package org.lionalign.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.lionalign.align.pipeline.Pipeline;
import org.lionalign.align.study.Study;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.json.Json;
import org.lionalign.core.recipe.JudgeRecipe;
import org.lionalign.core.recipe.LossRecipe;
import org.lionalign.core.recipe.RecipeReader;
import org.lionalign.core.recipe.RecipeSchema;
import org.lionalign.core.recipe.RunRecipe;
import org.lionalign.core.recipe.ServerRecipe;
import org.lionalign.core.recipe.StageRecipe;
import org.lionalign.core.recipe.StudyRecipe;
import org.lionalign.cub.CubFiles;

/** Every recipe in the repository: valid by its schema, with a graph; the paper's are planned and dry-run on small fixtures. */
class ShippedRecipesTest {
    private static final Path ROOT = Path.of(System.getProperty("lion.root", ".."));
    private static final Path RECIPES = ROOT.resolve("recipes");

    @TempDir
    Path dir;

    static List<String> recipes() throws IOException {
        try (Stream<Path> files = Files.walk(RECIPES)) {
            return files.filter(file -> file.toString().endsWith(".yaml"))
                    .map(file -> RECIPES.relativize(file).toString())
                    .sorted()
                    .toList();
        }
    }

    static List<String> studies() throws IOException {
        return recipes().stream().filter(name -> name.startsWith("studies/")).toList();
    }

    private static String kind(String name, JsonNode tree) {
        return name.startsWith("studies/")
                ? "study"
                : name.startsWith("judges/") ? "judge-prompt" : tree.has("data") ? "stage" : "run";
    }

    @ParameterizedTest
    @MethodSource("recipes")
    void isValidByItsSchema(String name) throws IOException {
        JsonNode tree = new YAMLMapper().readTree(RECIPES.resolve(name).toFile());
        String kind = kind(name, tree);
        assertThat(SchemaCheck.errors(SchemaVerb.schema(kind), tree)).isEmpty();
        if (!kind.equals("judge-prompt")) {
            assertThat(SchemaCheck.errors(SchemaVerb.schema("any"), tree)).isEmpty();
        }
        ObjectNode wrong = tree.deepCopy();
        assertThat(SchemaCheck.errors(SchemaVerb.schema(kind), wrong.put("no_such_key", 1)))
                .hasSize(1);
        List<String> missing = new ArrayList<>();
        tree.fieldNames().forEachRemaining(key -> {
            ObjectNode less = tree.deepCopy();
            less.remove(key);
            missing.addAll(SchemaCheck.errors(SchemaVerb.schema(kind), less));
        });
        assertThat(missing.isEmpty()).isEqualTo(kind.equals("judge-prompt"));
    }

    /** What the schema refuses, the reader refuses; and the other way round where a schema can say it. */
    @Test
    void theSchemaAndTheReaderAgree() throws IOException {
        Map<String, Boolean> cases = new HashMap<>();
        cases.put("model: {path: x}\nsft: {data: {train: [x]}}", true);
        cases.put("model: {path: x}\nsft: {data: {train: [{path: x, fraction: 0.5}]}}", true);
        cases.put("model: {path: x}\nsft: {data: {train: [{fraction: 0.5}]}}", false);
        cases.put("model: {path: x}\nsft: {data: {train: x}}", false);
        cases.put("model: {path: x}\nsft: {}", false);
        cases.put("sft: {data: {train: [x]}}", false);
        cases.put("model: {path: x}\nsft: {data: {train: [x]}, train: {epochs: many}}", false);
        cases.put("model: {path: x}\nsft: {data: {train: [x]}, train: {schedule: wavy}}", false);
        cases.put("model: {path: x}\nsft: {data: {train: [x], packing: 3}}", false);
        cases.put("model: {path: x}\ndpo: {data: {train: [x]}, loss: {mix: [{weight: 2}]}}", false);
        cases.put("model: {path: x}\ndpo: {data: {train: [x]}, loss: {mix: [{type: ipo, weight: 2}]}}", true);
        String online = "model: {path: x}\nonline: {prompts: [x], judges: [JUDGE]}";
        cases.put(online.replace("JUDGE", "{type: class, class_name: a.B, options: {score: share}}"), true);
        cases.put(online.replace("JUDGE", "{type: class, class_name: a.B, options: {score: [1]}}"), false);
        cases.put(online.replace("JUDGE", "{type: oracle}"), false);
        cases.put(online.replace("JUDGE", "{path: x}"), false);
        cases.put(online.replace("JUDGE", "{type: llm, server: {url: 'http://x', model: m}, mode: score}"), true);
        cases.put(online.replace("JUDGE", "{type: llm, server: {url: 'http://x'}}"), false);
        cases.put("model: {path: x}\nonline: {prompts: [x]}", false);
        for (Map.Entry<String, Boolean> one : cases.entrySet()) {
            JsonNode tree = new YAMLMapper().readTree(one.getKey());
            boolean valid =
                    SchemaCheck.errors(RecipeSchema.of(RunRecipe.class), tree).isEmpty();
            assertThat(valid).as(one.getKey()).isEqualTo(one.getValue());
            assertThat(reads(one.getKey())).as(one.getKey()).isEqualTo(one.getValue());
        }
    }

    private boolean reads(String yaml) throws IOException {
        try {
            RecipeReader.read(Files.writeString(dir.resolve("r.yaml"), yaml), List.of(), RunRecipe.class);
            return true;
        } catch (BadInput e) {
            return false;
        }
    }

    @Test
    void defaultsAreThoseThatTheReaderFillsIn() {
        JsonNode run = RecipeSchema.of(RunRecipe.class);
        assertThat(run.at("/properties/seed/default").asLong()).isEqualTo(42);
        assertThat(run.at("/properties/dpo/properties/loss/properties/beta/default")
                        .asDouble())
                .isEqualTo(LossRecipe.DEFAULT.beta());
        assertThat(run.at("/properties/online/properties/sample/properties/answers/default")
                        .asInt())
                .isEqualTo(5);
        JsonNode judge = RecipeSchema.of(JudgeRecipe.class);
        assertThat(judge.at("/properties/type").has("default")).isFalse();
        assertThat(judge.at("/properties/options/additionalProperties/type").asText())
                .isEqualTo("string");
        assertThat(judge.at("/properties/server/required").toString()).isEqualTo("[\"url\",\"model\"]");
        assertThat(RecipeSchema.of(ServerRecipe.class)
                        .at("/properties/retries/default")
                        .asInt())
                .isEqualTo(5);
        assertThat(RecipeSchema.of(StageRecipe.class)
                        .at("/properties/train/properties/epochs/default")
                        .asDouble())
                .isEqualTo(1);
    }

    /** The quickstart's recipe over a few rows of its world. */
    private Path quickstart() {
        CubFiles.generate(dir.resolve("data-1"), 1, new CubFiles.Sizes(0, 12, 12, 6, 6, 0.35));
        return QuickstartVerb.prepare(ROOT.toAbsolutePath().normalize(), dir, 1);
    }

    @Test
    void theQuickstartHasEveryStage() {
        Pipeline pipeline =
                Pipeline.of(RecipeReader.read(quickstart(), List.of(), RunRecipe.class), dir.resolve("runs"));
        assertThat(pipeline.names())
                .contains("sft", "reward", "dpo", "online-1/sample", "online-1", "compare/online", "compare");
    }

    @ParameterizedTest
    @MethodSource("studies")
    void everyCellOfAStudyIsAGraphOfItsOwn(String name) {
        StudyRecipe read = RecipeReader.read(RECIPES.resolve(name), List.of(), StudyRecipe.class);
        assertThat(read.recipe()).isEqualTo("quickstart");
        StudyRecipe study = StudyVerb.over(read, quickstart(), dir.resolve("data-1"));
        Study cells = new Study(study, dir.resolve("runs"), List.of());
        List<Map<String, String>> all = new ArrayList<>();
        for (Study.Cell cell : cells.cells()) {
            Pipeline pipeline = Pipeline.of(cells.recipe(cell, 1), dir.resolve("runs"));
            assertThat(pipeline.names()).contains("compare");
            assertThat(pipeline.names().stream().filter(node -> node.matches("compare/" + read.measure() + "(-\\d+)?")))
                    .as("measure " + read.measure())
                    .isNotEmpty();
            assertThat(all).as(cell.name()).doesNotContain(pipeline.keys());
            all.add(pipeline.keys());
        }
        assertThat(all).hasSizeGreaterThan(1);
    }

    private static final List<String> SHORT = List.of(
            "--set", "online.sample.max_new_tokens=24",
            "--set", "online.train.micro_batch_tokens=512");

    /** The paper masks rows from 128,000 on; the fixture has the bundled vocabulary. */
    private static List<String> mask(String family, String section, List<String> more) {
        List<String> all = new ArrayList<>(more);
        if (family.startsWith("llama") && section.endsWith("train")) {
            all.addAll(List.of("--set", section + ".mask_embed_grad={from: 0, to: 8}"));
        }
        return all;
    }

    private static JsonNode plan(Path recipe, List<String> more) {
        List<String> arguments = new ArrayList<>(List.of("plan", recipe.toString(), "--json"));
        arguments.addAll(more);
        Ran ran = Ran.lion(arguments.toArray(String[]::new));
        assertThat(ran.code()).as(ran.err()).isZero();
        return Json.parse(ran.out(), "plan");
    }

    @ParameterizedTest
    @ValueSource(strings = {"gemma-2b", "llama-3-8b"})
    void thePapersRecipesLoadAndPlan(String family) throws IOException {
        PaperFixtures.write(dir);
        for (String stage : List.of("sft", "dpo")) {
            JsonNode plan = plan(
                    PaperFixtures.recipe(dir, family + "-" + stage + ".yaml"),
                    mask(family, stage.equals("sft") ? "train" : "", List.of()));
            assertThat(plan.path("steps").asLong()).isPositive();
            assertThat(plan.path("seconds").path("total").asDouble()).isPositive();
            assertThat(plan.path("reference_flops").asDouble() > 0).isEqualTo(stage.equals("dpo"));
        }
        Path odpo = PaperFixtures.recipe(dir, family + "-odpo.yaml");
        JsonNode online = plan(odpo, SHORT);
        assertThat(names(online)).containsExactly("online-1/sample", "online-1/judge", "online-1", "online-1/gate");
        JsonNode sample = online.path("stages").get(0);
        assertThat(sample.path("answers").asLong())
                .isEqualTo(5 * sample.path("prompts").asLong());
        assertThat(sample.path("tokens").asLong())
                .isEqualTo(24 * sample.path("answers").asLong());
        assertThat(online.path("without_a_time").toString()).isEqualTo("[\"online-1/judge\"]");
        assertThat(online.path("stages").get(1).path("comparisons").asLong()).isEqualTo(10 * 5 * 4);

        Path whole = PaperFixtures.recipe(dir, "lion-" + family + ".yaml");
        JsonNode plan = plan(whole, mask(family, "sft.train", SHORT));
        assertThat(names(plan))
                .containsExactly("sft", "dpo", "online-1/sample", "online-1/judge", "online-1", "online-1/gate");
        double seconds = 0;
        for (JsonNode node : plan.path("nodes")) {
            seconds += node.asDouble();
        }
        assertThat(plan.path("seconds").asDouble())
                .isPositive()
                .isCloseTo(seconds, org.assertj.core.data.Offset.offset(1e-6));
        Ran explained = Ran.lion(
                "explain", whole.toString(), "--out", dir.resolve("runs").toString());
        assertThat(explained.out().lines().filter(line -> line.contains("will run")))
                .hasSize(9);
    }

    private static List<String> names(JsonNode plan) {
        List<String> names = new ArrayList<>();
        plan.path("stages").forEach(stage -> names.add(stage.path("name").asText()));
        return names;
    }

    /** The whole way of the paper's Gemma, a step for each stage, with the plan beside what came of it. */
    @Test
    void thePapersGemmaRunsOnItsFixtures() throws IOException {
        PaperFixtures.write(dir);
        Path recipe = PaperFixtures.recipe(dir, "lion-gemma-2b.yaml");
        Path out = dir.resolve("out");
        List<String> set = new ArrayList<>(SHORT);
        for (String value : List.of(
                "sft.train.max_steps=1",
                "dpo.train.max_steps=1",
                "online.train.max_steps=1",
                "sft.eval={probe_prompts: 1}",
                "dpo.eval={probe_prompts: 1}",
                "online.sample.max_new_tokens=8",
                "online.pairs.unfinished=allow",
                "online.online_fraction=1.0",
                "online.stop.length_ratio=100")) {
            set.addAll(List.of("--set", value));
        }
        List<String> planned = new ArrayList<>(set);
        planned.addAll(List.of("--out", out.toString()));
        plan(recipe, planned);
        List<String> arguments = new ArrayList<>(List.of("run", recipe.toString(), "--out", out.toString()));
        arguments.addAll(set);
        Ran ran = Ran.lion(arguments.toArray(String[]::new));
        assertThat(ran.code()).as(ran.err()).isZero();
        String report = Files.readString(out.resolve("report.html"));
        for (String node : List.of("sft", "dpo", "dpo/reference", "online-1/sample", "online-1")) {
            assertThat(report).containsPattern("\"name\":\"" + node + "\",\"seconds\":[^}]*\"planned_seconds\":");
        }
        assertThat(ran.err()).contains("pairs from 10 prompts");
        // The exported model needs no template named.
        assertThat(out.resolve("models/online/chat_template.jinja")).exists();
        assertThat(Json.read(out.resolve("models/online/generation_config.json"))
                        .path("eos_token_id")
                        .toString())
                .isEqualTo("[0,2]");
    }
}
