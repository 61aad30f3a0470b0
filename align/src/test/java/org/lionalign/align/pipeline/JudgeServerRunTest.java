package org.lionalign.align.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
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
import org.lionalign.core.testing.ChildJvm;

/** A run whose judge is a server that misbehaves in every way: it finishes, every failure is counted, nothing is paid for twice. */
class JudgeServerRunTest {
    private static final int PROMPTS = 10;

    @TempDir
    Path dir;

    private Path recipe(String url) throws IOException {
        List<String> prompts = new ArrayList<>();
        List<String> held = new ArrayList<>();
        for (int i = 0; i < PROMPTS; i++) {
            prompts.add("{\"prompt\": \"Say " + i + ".\"}");
            held.add("{\"prompt\": \"Tell " + i + ".\"}");
        }
        String judge = "{type: llm, mode: score, server: {url: '" + url
                + "', model: judge, key_variable: LION_TEST_NO_SUCH_KEY, timeout_seconds: 1, retries: 1, concurrency: 8}}";
        return Files.writeString(dir.resolve("recipe.yaml"), """
                model: {path: 'MODEL', template: chatml, compute: f32}
                online:
                  prompts: ['PROMPTS']
                  sample: {answers: 3, temperature: 1.0, max_new_tokens: 6, batch: 6}
                  judges: [JUDGE]
                  pairs: {unfinished: allow}
                  max_length_tokens: 64
                  train: {max_steps: 2, examples_per_step: 4, micro_batch_tokens: 128}
                  stop: {length_ratio: 100}
                compare:
                  prompts: ['HELD']
                  sample: {answers: 1, temperature: 1.0, max_new_tokens: 6}
                  judges: [JUDGE]
                """.replace(
                        "MODEL", TinyModel.write(dir.resolve("model"), 4).toString())
                .replace(
                        "PROMPTS",
                        Files.write(dir.resolve("prompts.jsonl"), prompts).toString())
                .replace("HELD", Files.write(dir.resolve("held.jsonl"), held).toString())
                .replace("JUDGE", judge));
    }

    /** What a request's content makes the server do: three kinds of lasting failure, five passing ones, and answers. */
    private static Reaction misbehave(JsonNode body, int earlier) {
        String asked = body.path("messages").toString();
        int kind = Math.floorMod(asked.hashCode(), 9);
        int rating = 1 + Math.floorMod(asked.hashCode() / 9, 10);
        return switch (kind) {
            case 0 -> Reaction.status(400);
            case 1 -> Reaction.status(500);
            case 2 -> Reaction.answer("I would rather not say.");
            case 3 -> earlier == 0 ? Reaction.tooMany("0") : rated(rating);
            case 4 -> earlier == 0 ? Reaction.status(500) : rated(rating);
            case 5 -> earlier == 0 ? Reaction.garbage() : rated(rating);
            case 6 -> earlier == 0 ? Reaction.half() : rated(rating);
            case 7 -> earlier == 0 ? Reaction.silence() : rated(rating);
            default -> rated(rating);
        };
    }

    private static Reaction rated(int rating) {
        return Reaction.answer("Fine. [[" + rating + "]]");
    }

    private static List<JsonNode> rows(Path file) {
        List<JsonNode> rows = new ArrayList<>();
        try (JsonLines lines = JsonLines.open(file)) {
            lines.forEach(row -> rows.add(row.value()));
        }
        return rows;
    }

    private static Pipeline pipeline(Path recipe, Path out) {
        return Pipeline.of(RecipeReader.read(recipe, List.of(), RunRecipe.class), out);
    }

    @Test
    void theRunFinishesEveryFailureIsCountedAndNothingIsPaidForTwice() throws Exception {
        AtomicInteger answered = new AtomicInteger();
        int limit = 12;
        CountDownLatch killed = new CountDownLatch(1);
        try (FakeServer server = new FakeServer((body, earlier) -> {
            Reaction reaction = misbehave(body, earlier);
            if (reaction.kind().equals("answer") && killed.getCount() > 0 && answered.incrementAndGet() > limit) {
                hold(killed); // until the client is dead: nobody was served with this
                return Reaction.status(503);
            }
            return reaction;
        })) {
            Path recipe = recipe(server.url());
            Path out = dir.resolve("out");
            ChildJvm child = new ChildJvm(
                    PipelineMain.class.getName(), List.of(recipe.toString(), out.toString()), dir.resolve("log"));
            Process first = child.start();
            Path replies = out.resolve("replies.jsonl");
            assertThat(ChildJvm.awaitWhile(first, () -> Files.exists(replies) && lines(replies) == limit))
                    .isTrue();
            first.destroyForcibly().waitFor();
            killed.countDown();
            int paidBefore = server.answersByContent().size();
            assertThat(paidBefore).isEqualTo(limit);

            ChildJvm.Ended end = child.run();
            assertThat(end.code()).as(end.text()).isZero();
            assertThat(server.answersByContent().values()).containsOnly(1);
            assertThat(server.answersByContent().size()).isGreaterThan(paidBefore);
            assertThat(lines(replies)).isEqualTo(server.answersByContent().size());

            Pipeline pipeline = pipeline(recipe, out);
            Map<String, Integer> online = countedOnline(pipeline, server);
            countedInComparison(pipeline);
            // The pair ledger, which the report shows, counts the same.
            JsonNode ledger = Json.read(artifact(pipeline, "online-1/pairs").resolve("pair-ledger.json"));
            assertThat(counts(ledger.path("judge").path("failures"))).isEqualTo(online);
            assertThat(online).containsOnlyKeys("refused", "unavailable", "unparsed");
            String report = Files.readString(out.resolve("report.html"));
            StringBuilder reasons = new StringBuilder("answers without a score: ");
            online.forEach((why, n) -> reasons.append(reasons.length() > 25 ? ", " : "")
                    .append(why)
                    .append(" ")
                    .append(n));
            assertThat(report).contains(reasons);
            int failed = online.values().stream().mapToInt(Integer::intValue).sum();
            assertThat(report).contains(PROMPTS + " prompts judged, " + failed + " answers without a score");
            JsonNode comparison = Json.read(artifact(pipeline, "compare").resolve("comparison.json"));
            assertThat(report)
                    .contains("\"failures\":"
                            + comparison.at("/judges/0/failures").toString());

            // Everything is there: another start asks nothing.
            int requests = server.requests();
            assertThat(pipeline.run(PipelineMain.SILENT, () -> false)).isNotNull();
            assertThat(server.requests()).isEqualTo(requests);
        }
    }

    private static void hold(CountDownLatch latch) {
        try {
            latch.await(1, TimeUnit.MINUTES);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static long lines(Path file) {
        try {
            return Files.readString(file).chars().filter(c -> c == '\n').count();
        } catch (IOException e) {
            return -1;
        }
    }

    private static Path artifact(Pipeline pipeline, String node) {
        return java.util.Objects.requireNonNull(pipeline.artifact(node));
    }

    private static Map<String, Integer> counts(JsonNode object) {
        Map<String, Integer> counts = new TreeMap<>();
        object.properties()
                .forEach(entry -> counts.put(entry.getKey(), entry.getValue().asInt()));
        return counts;
    }

    /** Answers without a score are those that the server never gave a verdict on, each with what happened. */
    private Map<String, Integer> countedOnline(Pipeline pipeline, FakeServer server) {
        Map<String, Integer> failures = new TreeMap<>();
        Path folder = artifact(pipeline, "online-1/judge");
        int scored = 0;
        int whole = 0;
        for (JsonNode row : rows(folder.resolve("judged.jsonl"))) {
            JsonNode judgement = row.path("judgement");
            whole += judgement.has("failures") ? 0 : 1;
            for (int a = 0; a < row.path("answers").size(); a++) {
                String failure = judgement.path("failures").path(a).textValue();
                if (failure == null) {
                    scored++;
                    assertThat(judgement.path("scores").path(a).isNumber()).isTrue();
                } else {
                    failures.merge(failure, 1, Integer::sum);
                    assertThat(judgement.path("scores").path(a).isNull()).isTrue();
                }
            }
        }
        int failed = failures.values().stream().mapToInt(Integer::intValue).sum();
        assertThat(scored + failed).isEqualTo(3 * PROMPTS);
        // Failures are counted and not kept: what is in the file is never asked again.
        List<JsonNode> kept = rows(folder.resolve("judgements.jsonl"));
        assertThat(kept).hasSize(whole).noneMatch(judgement -> judgement.has("failures"));
        JsonNode summary = Json.read(folder.resolve("artifact.json")).path("summary");
        assertThat(summary.path("failed_answers").asInt()).isEqualTo(failed);
        // Requests that never got an answer: those of lasting failures, and no others.
        Set<String> open = new HashSet<>(server.requestsByContent().keySet());
        open.removeAll(server.answersByContent().keySet());
        for (String content : open) {
            assertThat(Math.floorMod(
                            Json.parse(content, "request")
                                    .path("messages")
                                    .toString()
                                    .hashCode(),
                            9))
                    .isLessThan(2);
        }
        return failures;
    }

    private void countedInComparison(Pipeline pipeline) {
        JsonNode judge = Json.read(artifact(pipeline, "compare").resolve("comparison.json"))
                .path("judges")
                .path(0);
        int scored = 0;
        for (JsonNode mean : judge.path("means")) {
            scored += mean.path("prompts").asInt();
        }
        int failed = counts(judge.path("failures")).values().stream()
                .mapToInt(Integer::intValue)
                .sum();
        assertThat(scored + failed).isEqualTo(2 * PROMPTS);
        assertThat(failed).isPositive();
    }

    @Test
    void aJudgeThatSaysNothingStopsTheRunAndIsAskedAgain() throws IOException {
        AtomicInteger up = new AtomicInteger();
        try (FakeServer server = new FakeServer((body, earlier) -> up.get() == 0
                ? Reaction.status(401)
                : rated(1 + Math.floorMod(body.path("messages").toString().hashCode(), 10)))) {
            Path recipe = recipe(server.url());
            Path out = dir.resolve("out");
            assertThatThrownBy(() -> pipeline(recipe, out).run(PipelineMain.SILENT, () -> false))
                    .isInstanceOf(CheckFailed.class)
                    .hasMessageContaining("no score for any answer")
                    .hasMessageContaining("\"refused\":");
            up.set(1);
            Path judged = artifact(pipeline(recipe, out), "online-1/judge").resolve("artifact.json");
            pipeline(recipe, out).run(PipelineMain.SILENT, () -> Files.exists(judged)); // no further than that
            assertThat(Json.read(judged).at("/summary/failed_answers").asInt()).isZero();
        }
    }
}
