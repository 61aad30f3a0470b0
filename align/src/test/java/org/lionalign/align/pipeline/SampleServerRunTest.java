package org.lionalign.align.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lionalign.align.remote.FakeServer;
import org.lionalign.align.remote.FakeServer.Reaction;
import org.lionalign.align.stage.TinyModel;
import org.lionalign.core.error.CheckFailed;
import org.lionalign.core.json.Json;
import org.lionalign.core.json.JsonLines;
import org.lionalign.core.recipe.RecipeReader;
import org.lionalign.core.recipe.RunRecipe;

/** A run whose answers come from a server that fails: what is missing is asked for again, what came is not, and no gap is taken for final. */
class SampleServerRunTest {
    private static final int PROMPTS = 10;

    @TempDir
    Path dir;

    private final AtomicBoolean down = new AtomicBoolean(true);

    /** While it is down, four prompts in ten fail, each in another way. */
    private Reaction react(JsonNode body) {
        String asked = body.path("messages").path(0).path("content").asText();
        int number = Integer.parseInt(asked.replaceAll("\\D", ""));
        if (down.get()) {
            switch (number) {
                case 1 -> {
                    return Reaction.status(500);
                }
                case 3 -> {
                    return Reaction.tooMany("0");
                }
                case 5 -> {
                    return Reaction.garbage();
                }
                case 7 -> {
                    return Reaction.silence();
                }
                default -> {}
            }
        }
        return Reaction.answers(List.of("First " + number, "Second " + number, "Third " + number));
    }

    private Pipeline pipeline(FakeServer server, List<String> set) throws IOException {
        List<String> prompts = new ArrayList<>();
        for (int i = 0; i < PROMPTS; i++) {
            prompts.add("{\"prompt\": \"Say " + i + ".\"}");
        }
        Path model = dir.resolve("model");
        Path recipe = Files.writeString(dir.resolve("recipe.yaml"), """
                model: {path: 'MODEL', template: chatml, compute: f32}
                online:
                  prompts: ['PROMPTS']
                  sample:
                    answers: 3
                    max_new_tokens: 6
                    server: {url: 'URL', model: policy, key_variable: LION_TEST_NO_SUCH_KEY, timeout_seconds: 1, retries: 1}
                  judges: [{type: rule, rule: {prefer: longer}}]
                  max_length_tokens: 64
                  train: {max_steps: 2, examples_per_step: 4, micro_batch_tokens: 128}
                  stop: {length_ratio: 100}
                """.replace(
                        "MODEL", (Files.exists(model) ? model : TinyModel.write(model, 4)).toString())
                .replace(
                        "PROMPTS",
                        Files.write(dir.resolve("prompts.jsonl"), prompts).toString())
                .replace("URL", server.url()));
        return Pipeline.of(RecipeReader.read(recipe, set, RunRecipe.class), dir.resolve("out"));
    }

    private static Path sampled(Pipeline pipeline) {
        return Objects.requireNonNull(pipeline.artifact("online-1/sample"));
    }

    @Test
    void aGapAboveTheLimitStopsTheRunAndTheSameCommandAsksForTheRest() throws IOException {
        try (FakeServer server = new FakeServer((body, earlier) -> react(body))) {
            Pipeline run = pipeline(server, List.of());
            assertThatThrownBy(() -> run.run(PipelineMain.SILENT, () -> false))
                    .isInstanceOf(CheckFailed.class)
                    .hasMessageContaining("12 of 30 answers failed {garbled=3, timeout=3, unavailable=6}")
                    .hasMessageContaining("sample.failed_share")
                    .hasMessageContaining("asks again for these alone");
            assertThat(sampled(run).resolve("artifact.json")).doesNotExist();
            assertThat(Json.read(sampled(run).resolve("sample-ledger.json"))
                            .path("lacking_answers")
                            .asInt())
                    .isEqualTo(4);
            assertThat(server.answersByContent()).hasSize(6);
            assertThat(run.explain().get(0).state()).isEqualTo(Pipeline.State.RESUMABLE);

            down.set(false);
            Path done = sampled(run).resolve("artifact.json");
            pipeline(server, List.of()).run(PipelineMain.SILENT, () -> Files.exists(done)); // no further than that
            assertThat(server.answersByContent()).hasSize(PROMPTS);
            assertThat(server.answersByContent().values()).containsOnly(1);
            assertThat(Json.read(done).at("/summary/answers").asInt()).isEqualTo(3 * PROMPTS);
            assertThat(Json.read(done).at("/summary/say").asText()).isEqualTo("30 answers to 10 prompts");
            // It took what both starts took.
            assertThat(Json.read(done).path("starts").asInt()).isEqualTo(2);
            double[] seconds = new double[3];
            try (JsonLines lines = JsonLines.open(sampled(run).resolve("seconds.jsonl"))) {
                lines.forEach(line -> seconds[line.value().path("start").asInt()] +=
                        line.value().path("seconds").asDouble());
            }
            assertThat(seconds[1]).isPositive();
            assertThat(Json.read(done).path("seconds").asDouble()).isCloseTo(seconds[1] + seconds[2], within(1e-9));
        }
    }

    @Test
    void aGapWithinTheLimitIsCountedAndShownAndIsNoAnswer() throws IOException {
        try (FakeServer server = new FakeServer((body, earlier) -> react(body))) {
            Pipeline strict = pipeline(server, List.of());
            assertThatThrownBy(() -> strict.run(PipelineMain.SILENT, () -> false))
                    .isInstanceOf(CheckFailed.class);
            // Another limit is the same artifact: what was paid for is still there.
            Pipeline run = pipeline(server, List.of("online.sample.failed_share=0.4"));
            assertThat(sampled(run)).isEqualTo(sampled(strict));
            assertThat(run.run(PipelineMain.SILENT, () -> false)).isNotNull();
            assertThat(server.answersByContent()).hasSize(6);
            assertThat(server.answersByContent().values()).containsOnly(1);
            String said = "18 answers to 10 prompts, 12 failed {garbled=3, timeout=3, unavailable=6}";
            JsonNode summary = Json.read(sampled(run).resolve("artifact.json")).path("summary");
            assertThat(summary.path("say").asText()).isEqualTo(said);
            String report = Files.readString(dir.resolve("out/report.html"));
            assertThat(report).contains(said);
            assertThat(report).containsPattern("\"name\":\"online-1/sample\",\"seconds\":[0-9.E-]+,\"starts\":2,");
            try (JsonLines rows = JsonLines.open(sampled(run).resolve("answers.jsonl"))) {
                int row = 0;
                for (JsonLines.Row line : rows) {
                    boolean failed = List.of(1, 3, 5, 7)
                            .contains(Integer.parseInt(line.value()
                                    .at("/prompt/0/content")
                                    .asText()
                                    .replaceAll("\\D", "")));
                    assertThat(line.value().path("answers")).hasSize(failed ? 0 : 3);
                    assertThat(line.value().path("failures")).hasSize(failed ? 3 : 0);
                    row++;
                }
                assertThat(row).isEqualTo(PROMPTS);
            }
        }
    }
}
