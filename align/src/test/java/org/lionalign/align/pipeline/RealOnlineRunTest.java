package org.lionalign.align.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lionalign.align.remote.FakeServer;
import org.lionalign.align.remote.FakeServer.Reaction;
import org.lionalign.core.json.Json;
import org.lionalign.core.json.JsonLines;
import org.lionalign.core.recipe.RecipeReader;
import org.lionalign.core.recipe.RunRecipe;
import org.lionalign.core.testing.SharedData;

/** The online stage on a real model and real prompts: judged by a rule, and by real judgements of real answers. */
class RealOnlineRunTest {
    private static final int ANSWERS = 3;
    private static final int PROMPTS = 8;

    @TempDir
    Path dir;

    private Pipeline run(String online) throws IOException {
        String yaml = "model: {path: '" + SharedData.require("models/stories260k")
                + "', template: plain, compute: f32}\nonline:\n"
                + "  train: {max_steps: 3, examples_per_step: 4, micro_batch_tokens: 1024, learning_rate: 1e-4}\n"
                + "  stop: {length_ratio: 100}\n" + online.indent(2);
        Pipeline pipeline = Pipeline.of(
                RecipeReader.read(Files.writeString(dir.resolve("recipe.yaml"), yaml), List.of(), RunRecipe.class),
                dir.resolve("out"));
        assertThat(pipeline.run(PipelineMain.SILENT, () -> false)).isNotNull();
        return pipeline;
    }

    private static Path artifact(Pipeline pipeline, String node) {
        return Objects.requireNonNull(pipeline.artifact(node));
    }

    private static List<JsonNode> rows(Path file) {
        List<JsonNode> rows = new ArrayList<>();
        try (JsonLines lines = JsonLines.open(file)) {
            lines.forEach(row -> rows.add(row.value()));
        }
        return rows;
    }

    private static void balanced(Pipeline pipeline, int prompts, int pairs) {
        JsonNode ledger = Json.read(artifact(pipeline, "online-1/pairs").resolve("pair-ledger.json"));
        assertThat(ledger.path("prompts").asInt()).isEqualTo(prompts);
        int unpaired = 0;
        for (JsonNode count : ledger.path("unpaired")) {
            unpaired += count.asInt();
        }
        assertThat(ledger.path("paired").asInt() + unpaired).isEqualTo(prompts);
        assertThat(ledger.path("pairs").asInt()).isEqualTo(pairs);
        List<JsonNode> steps = rows(artifact(pipeline, "online-1").resolve("metrics.jsonl"));
        assertThat(steps.get(0).path("loss").asDouble())
                .isCloseTo(Math.log(2), org.assertj.core.data.Offset.offset(1e-5));
        assertThat(steps).allMatch(step -> Double.isFinite(step.path("loss").asDouble()));
        assertThat(artifact(pipeline, "online-1").resolve("model/model.safetensors"))
                .exists();
    }

    @Test
    void storiesAreSampledJudgedByARuleAndTrainedOn() throws IOException {
        int limit = PROMPTS;
        Pipeline pipeline = run("""
                prompts: ['PROMPTS']
                prompt_limit: LIMIT
                sample: {answers: 3, temperature: 1.0, max_new_tokens: 24, batch: 24}
                judges: [{type: rule, rule: {prefer: longer}}]
                pairs: {unfinished: allow}
                """.replace(
                        "PROMPTS",
                        SharedData.require("prompts/tinystories/prompts.jsonl").toString())
                .replace("LIMIT", String.valueOf(limit)));
        List<JsonNode> pairs = rows(artifact(pipeline, "online-1/pairs").resolve("pairs.jsonl"));
        balanced(pipeline, limit, pairs.size());
        assertThat(pairs).hasSizeGreaterThan(limit / 2);
        for (JsonNode pair : pairs) {
            // The rule is all that counts: the longer text is the chosen one, and its tokens are those that were drawn.
            assertThat(answer(pair, "chosen").length())
                    .isGreaterThan(answer(pair, "rejected").length());
            assertThat(pair.path("chosen_ids")).hasSizeBetween(1, 24);
        }
        JsonNode gate = Json.read(artifact(pipeline, "online-1/gate").resolve("gate.json"));
        assertThat(gate.path("keep").asText()).isEqualTo("online-1");
        assertThat(gate.path("kl_low_variance").asDouble()).isBetween(0.0, 0.5);
    }

    private static String answer(JsonNode pair, String which) {
        JsonNode turns = pair.path(which);
        return turns.path(turns.size() - 1).path("content").asText();
    }

    /** What GPT-4 said of short answers that four models gave to a prompt. */
    private record Judged(List<String> answers, List<Double> preferences) {}

    private static Map<String, Judged> judged() {
        Set<String> prompts = new TreeSet<>();
        rows(SharedData.require("prompts/self_instruct/prompts.jsonl"))
                .forEach(row -> prompts.add(row.path("prompt").asText()));
        Map<Integer, String> instructions = new HashMap<>();
        for (JsonNode row : rows(SharedData.require("judged/alpaca_eval/reference_outputs.jsonl"))) {
            instructions.put(row.path("i").asInt(), row.path("instruction").asText());
        }
        Map<String, Judged> all = new LinkedHashMap<>();
        for (String model : List.of("falcon-7b-instruct", "alpaca-farm-ppo-human", "phi-2", "vicuna-7b-v1.5")) {
            for (JsonNode row : rows(SharedData.require("judged/alpaca_eval/models/" + model + ".jsonl"))) {
                String prompt = instructions.get(row.path("i").asInt());
                String answer = row.path("output").asText();
                if (prompts.contains(prompt) && prompt.length() < 200 && !answer.isBlank() && answer.length() < 100) {
                    Judged of = all.computeIfAbsent(prompt, p -> new Judged(new ArrayList<>(), new ArrayList<>()));
                    if (of.answers().size() < ANSWERS && !of.answers().contains(answer)) {
                        double preference = row.path("preference").asDouble();
                        of.answers().add(answer);
                        of.preferences().add(preference == 0 ? 1.5 : preference);
                    }
                }
            }
        }
        all.values().removeIf(one -> one.answers().size() < ANSWERS);
        all.keySet().retainAll(all.keySet().stream().limit(PROMPTS).toList());
        return all;
    }

    @Test
    void recordedAnswersAreServedAndJudgedAsTheyWere() throws IOException {
        Map<String, Judged> judged = judged();
        assertThat(judged).hasSize(PROMPTS);
        List<String> prompts = new ArrayList<>();
        List<String> scores = new ArrayList<>();
        int expected = 0;
        for (Map.Entry<String, Judged> one : judged.entrySet()) {
            prompts.add(Json.write(Json.object().put("prompt", one.getKey())));
            for (int a = 0; a < ANSWERS; a++) {
                ObjectNode row = Json.object().put("instruction", one.getKey());
                row.put("output", one.getValue().answers().get(a));
                scores.add(Json.write(
                        row.put("preference", one.getValue().preferences().get(a))));
            }
            expected += new TreeSet<>(one.getValue().preferences()).size() > 1 ? 1 : 0;
        }
        try (FakeServer server = new FakeServer((body, earlier) -> Reaction.answers(Objects.requireNonNull(
                        judged.get(body.path("messages").path(0).path("content").asText()))
                .answers()))) {
            Pipeline pipeline = run("""
                    prompts: ['PROMPTS']
                    sample: {answers: 3, max_new_tokens: 24, server: {url: 'URL', model: recorded, key_variable: LION_TEST_NO_SUCH_KEY}}
                    judges: [{type: replay, path: 'SCORES'}]
                    max_length_tokens: 512
                    """.replace(
                            "PROMPTS",
                            Files.write(dir.resolve("prompts.jsonl"), prompts).toString())
                    .replace("URL", server.url())
                    .replace(
                            "SCORES",
                            Files.write(dir.resolve("scores.jsonl"), scores).toString()));
            assertThat(server.requests()).isEqualTo(judged.size());
            balanced(pipeline, judged.size(), expected);
            for (JsonNode pair : rows(artifact(pipeline, "online-1/pairs").resolve("pairs.jsonl"))) {
                Judged of =
                        Objects.requireNonNull(judged.get(pair.path("prompt").asText()));
                double best =
                        of.preferences().stream().mapToDouble(p -> p).max().orElseThrow();
                double worst =
                        of.preferences().stream().mapToDouble(p -> p).min().orElseThrow();
                assertThat(preference(of, answer(pair, "chosen")))
                        .isEqualTo(best)
                        .isGreaterThan(worst);
                assertThat(preference(of, answer(pair, "rejected"))).isEqualTo(worst);
            }
            // What the trainer set aside for its length is counted.
            JsonNode ledger = Json.read(artifact(pipeline, "online-1").resolve("ledger.json"));
            assertThat(ledger.elements().next().path("in").asInt()).isEqualTo(expected);
        }
    }

    private static double preference(Judged of, String answer) {
        int at = of.answers().indexOf(answer);
        assertThat(at).as(answer).isNotNegative();
        return of.preferences().get(at);
    }
}
