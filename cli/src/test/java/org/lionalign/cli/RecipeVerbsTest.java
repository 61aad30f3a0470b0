package org.lionalign.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lionalign.core.format.Safetensors;
import org.lionalign.core.format.TensorEntry;
import org.lionalign.core.json.Json;

/** data, plan, verify, why as a user gives them, on a tiny model with the bundled tokenizer. */
class RecipeVerbsTest {
    @TempDir
    Path dir;

    private record Said(int code, String out) {}

    private static Said lion(String... args) {
        PrintStream before = System.out;
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        System.setOut(new PrintStream(bytes, true, StandardCharsets.UTF_8));
        try {
            int code = Lion.run(args);
            return new Said(code, bytes.toString(StandardCharsets.UTF_8));
        } finally {
            System.setOut(before);
        }
    }

    private String recipe(boolean pairs) throws IOException {
        List<String> rows = new ArrayList<>();
        for (int i = 0; i < 24; i++) {
            rows.add(
                    pairs
                            ? "{\"prompt\": \"Say " + i + ".\", \"chosen\": \"It is " + i
                                    + ".\", \"rejected\": \"No.\"}"
                            : "{\"prompt\": \"Say " + i + ".\", \"completion\": \"It is " + i + ".\"}");
        }
        rows.add("{\"nothing\": 1}");
        Path data = Files.write(dir.resolve(pairs ? "pairs.jsonl" : "rows.jsonl"), rows);
        String yaml = "model: {path: '" + TinyModel.write(dir.resolve("model"))
                + "', template: chatml, compute: f32}\ndata: {train: ['" + data
                + "'], max_length_tokens: 64}\ntrain: {"
                + (pairs ? "examples_per_step: 8" : "tokens_per_step: 256") + ", micro_batch_tokens: 128}\n"
                + (pairs ? "loss: {type: ipo}\n" : "");
        return Files.writeString(dir.resolve(pairs ? "dpo.yaml" : "sft.yaml"), yaml)
                .toString();
    }

    @Test
    void dataShowsWhatWouldBeTrained() throws IOException {
        for (boolean pairs : new boolean[] {false, true}) {
            String recipe = recipe(pairs);
            Said table = lion("data", recipe, "--show", "1");
            assertThat(table.code()).isZero();
            assertThat(table.out()).contains("unknown columns 1", "24 rows", "It is 0.", "<|im_end|>");
            Said json = lion("data", recipe, "--json");
            int rows = 0;
            for (String line : json.out().strip().split("\n")) {
                JsonNode pass = Json.parse(line, "pass");
                rows += pass.get("rows").size();
                assertThat(pass.get("ids").size())
                        .isEqualTo(pass.get("supervised").size())
                        .isEqualTo(pass.get("positions").size())
                        .isEqualTo(pass.get("tree_ends")
                                .get(pass.get("tree_ends").size() - 1)
                                .asInt());
            }
            assertThat(rows).isEqualTo(24);
        }
    }

    @Test
    void verifyPassesAndPlanIsComparedAndWhyTellsTheVisits() throws IOException {
        for (boolean pairs : new boolean[] {false, true}) {
            String recipe = recipe(pairs);
            Said verified = lion("verify", recipe);
            assertThat(verified.out()).doesNotContain("FAILS");
            assertThat(verified.code()).isZero();
            Path run = dir.resolve("run" + pairs);
            assertThat(lion("plan", recipe, "--out", run.toString()).code()).isZero();
            JsonNode plan = Json.read(run.resolve("plan.json"));
            assertThat(lion(pairs ? "dpo" : "sft", recipe, "--out", run.toString(), "--set", "train.epochs=2")
                            .code())
                    .isZero();
            assertThat(plan.get("tokens").asLong()).isPositive();
            assertThat(Json.read(run.resolve("summary.json")).path("plan").has("off"))
                    .isTrue();
            String row = dir.resolve(pairs ? "pairs.jsonl" : "rows.jsonl") + ":3";
            JsonNode story = Json.parse(lion("why", run.toString(), row).out(), "story");
            assertThat(story.path("visits")).hasSize(2);
            for (JsonNode visit : story.path("visits")) {
                assertThat(visit.path("loss").isNumber()).isTrue();
                assertThat(visit.path("pass").asInt()).isPositive();
                assertThat(visit.path("beside").size())
                        .isEqualTo(Math.min(8, visit.path("rows_in_pass").asInt() - 1));
                assertThat(visit.path("beside").toString()).doesNotContain(row + "\"");
            }
            assertThat(story.path("rendered").toString()).contains("<|im_start|>user", "It is 2.<|im_end|>");
            int tokens = 0;
            for (JsonNode piece : story.path("tokens")) {
                tokens += piece.path("ids").size();
            }
            assertThat(tokens).isEqualTo(story.path("length").asInt());
            assertThat(story.path("raw").path("prompt").asText()).isEqualTo("Say 2.");
            assertThat(story.path("tokens").toString()).contains("It is 2.");
            if (pairs) {
                assertThat(story.path("reference_logps").path("chosen"))
                        .hasSameSizeAs(story.path("policy_logps").path("chosen"))
                        .isNotEmpty();
            }
            assertThat(lion("why", run.toString(), row.replace(":3", ":25")).out())
                    .contains("unknown columns");
            assertThat(lion("why", run.toString(), row.replace(":3", ":99")).code())
                    .isEqualTo(Lion.BAD_INPUT);
        }
    }

    /** A check that fails is in the table, and the exit code is 4: here a network whose numbers fp32 cannot hold. */
    @Test
    void verifyFailsWhereTheFastPathIsNotThePlainOne() throws IOException {
        String recipe = recipe(false);
        Path weights = dir.resolve("model/model.safetensors");
        TensorEntry norm = Safetensors.open(weights).tensors().get("model.norm.weight");
        byte[] bytes = Files.readAllBytes(weights);
        ByteBuffer values = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        for (long at = norm.offset(); at < norm.offset() + norm.bytes(); at += 4) {
            values.putFloat((int) at, 3e5f);
        }
        Files.write(weights, bytes);
        Said verified = lion("verify", recipe);
        assertThat(verified.code()).isEqualTo(Lion.CHECK_FAILED);
        assertThat(verified.out().lines().filter(line -> line.startsWith("log-probs: fast path = plain fp64 path")))
                .singleElement()
                .asString()
                .endsWith("FAILS");
        assertThat(verified.out().lines().filter(line -> line.startsWith("weights: resumed = uninterrupted")))
                .singleElement()
                .asString()
                .endsWith("ok");
    }

    /** Issue 3: the line of a key that this stage does not read. */
    @Test
    void anOptionOfAnotherStageIsNamedWithItsLine() throws IOException {
        String recipe = recipe(true);
        for (String verb : List.of("sft", "reward")) {
            assertThat(complaint(verb, recipe, "--out", dir.resolve("x").toString()))
                    .contains("dpo.yaml:4: loss: expected nothing for " + verb);
        }
        Files.writeString(Path.of(recipe), Files.readString(Path.of(recipe)).replace("64}", "64,\n  loss_on: all}"));
        for (String[] command : new String[][] {{"data", recipe}, {"plan", recipe}, {"verify", recipe}}) {
            assertThat(complaint(command))
                    .contains("dpo.yaml:3: data.loss_on: expected assistant or nothing for pairs");
        }
        assertThat(complaint("data", recipe, "--set", "data.packing=none"))
                .contains("--set: data.packing: expected nothing for pairs");
    }

    private static String complaint(String... args) {
        PrintStream before = System.err;
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        System.setErr(new PrintStream(bytes, true, StandardCharsets.UTF_8));
        try {
            assertThat(lion(args).code()).isEqualTo(Lion.BAD_INPUT);
        } finally {
            System.setErr(before);
        }
        return bytes.toString(StandardCharsets.UTF_8);
    }

    /** Invariant 5 as a user meets it: exit code 4, no stack trace, and a report of what there is. */
    @Test
    void aRunThatLeavesTheNumbersStops() throws IOException {
        Path run = dir.resolve("wild");
        PrintStream before = System.err;
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        System.setErr(new PrintStream(bytes, true, StandardCharsets.UTF_8));
        try {
            Said said = lion(
                    "sft",
                    recipe(false),
                    "--out",
                    run.toString(),
                    "--set",
                    "train.learning_rate=1e30",
                    "--set",
                    "train.warmup_ratio=0");
            assertThat(said.code()).isEqualTo(Lion.CHECK_FAILED);
        } finally {
            System.setErr(before);
        }
        assertThat(bytes.toString(StandardCharsets.UTF_8))
                .contains("lion: step 2: ", "rows.jsonl:", "nothing was updated")
                .doesNotContain("\tat ");
        assertThat(run.resolve("report.html")).exists();
    }

    @Test
    void aRewardModelLearnsWhichAnswerIsBetterAndIsAClassifierForTransformers() throws IOException {
        String recipe = recipe(true);
        Files.writeString(
                Path.of(recipe),
                Files.readString(Path.of(recipe)).replace("loss: {type: ipo}", "reward: {centring: 0.01}"));
        assertThat(lion("verify", recipe).code()).isZero();
        Path run = dir.resolve("reward");
        Said said = lion(
                "reward",
                recipe,
                "--out",
                run.toString(),
                "--set",
                "train.epochs=8",
                "--set",
                "train.learning_rate=0.003",
                "--set",
                "data.eval=['" + dir.resolve("pairs.jsonl") + "']");
        assertThat(said.code()).isZero();
        JsonNode summary = Json.read(run.resolve("summary.json"));
        assertThat(summary.at("/held_out_after/rewards~1accuracies").asDouble()).isGreaterThan(0.9);
        JsonNode config = Json.read(run.resolve("model/config.json"));
        assertThat(config.at("/architectures/0").asText()).isEqualTo("LlamaForSequenceClassification");
        assertThat(config.get("id2label").size()).isEqualTo(1);
        assertThat(config.get("pad_token_id").isInt()).isTrue();
        // Its rows have their story, its plan and its data too.
        JsonNode story = Json.parse(
                lion("why", run.toString(), dir.resolve("pairs.jsonl") + ":3").out(), "story");
        assertThat(story.path("rewards").path("margin").asDouble()).isPositive();
        assertThat(story.path("visits")).hasSize(8);
        assertThat(story.has("reference_logps")).isFalse();
        assertThat(lion("data", recipe).out()).contains("24 rows");
        JsonNode plan = Json.parse(lion("plan", recipe, "--json").out(), "plan");
        assertThat(plan.path("steps").asLong()).isEqualTo(3);
        assertThat(plan.path("seconds").path("reference").asDouble()).isZero();
        assertThat(lion("reward", recipe, "--out", run.toString(), "--set", "loss.type=ipo")
                        .code())
                .isEqualTo(Lion.BAD_INPUT);
    }
}
