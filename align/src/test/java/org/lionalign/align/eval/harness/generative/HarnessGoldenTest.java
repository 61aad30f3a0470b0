package org.lionalign.align.eval.harness.generative;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lionalign.align.eval.Metric;
import org.lionalign.align.eval.ScoreOptions;
import org.lionalign.align.eval.SuiteResult;
import org.lionalign.align.eval.completion.Completions.Given;
import org.lionalign.align.eval.harness.generative.GenerativeTask.Mark;
import org.lionalign.align.eval.harness.generative.GenerativeTask.Question;
import org.lionalign.core.json.Json;
import org.lionalign.core.testing.SharedData;

/** lm-evaluation-harness's prompts, stops, extractions and scores (tools/oracle/lm_eval_prompts.py). */
class HarnessGoldenTest {
    private static JsonNode golden(String name) throws IOException {
        try (InputStream in = HarnessGoldenTest.class.getResourceAsStream("/golden/eval/lm_eval_" + name + ".json")) {
            return Json.parse(new String(in.readAllBytes(), StandardCharsets.UTF_8), name);
        }
    }

    private static List<TaskRows.Row> rows(JsonNode list) {
        List<TaskRows.Row> rows = new ArrayList<>();
        list.forEach(row -> rows.add(new TaskRows.Row(row, "golden")));
        return rows;
    }

    /** Prompts and generation settings, each answer's marks, and the averages. */
    private static void check(GenerativeTask task, JsonNode golden) {
        assertThat(task.questions()).hasSameSizeAs(golden.get("questions"));
        List<Given> answers = new ArrayList<>();
        for (int i = 0; i < task.questions().size(); i++) {
            JsonNode expected = golden.get("questions").get(i);
            Question question = task.questions().get(i);
            assertThat(question.context()).isEqualTo(expected.get("context").asText());
            List<String> until = new ArrayList<>();
            expected.at("/generation/until").forEach(stop -> until.add(stop.asText()));
            assertThat(task.until()).containsExactlyInAnyOrderElementsOf(until);
            assertThat(task.maxNewTokens())
                    .isEqualTo(expected.at("/generation/max_gen_toks").asInt(256));
            answers.add(new Given(expected.get("answer").asText(), false, 0));
            for (Mark mark :
                    task.scoring().marks(question, expected.get("answer").asText())) {
                String[] name = mark.metric().split(",");
                JsonNode filter = expected.get("filters").get(name.length > 1 ? name[1] : "none");
                assertThat(mark.score())
                        .as("%s", expected)
                        .isEqualTo(filter.get("metrics").get(name[0]).asDouble());
                if (name.length > 1) {
                    assertThat(mark.extracted())
                            .isEqualTo(filter.get("extracted").get(0).asText());
                }
            }
        }
        for (Metric metric : TaskRun.score(task, answers).metrics()) {
            String name = metric.name().contains(",") ? metric.name() : metric.name() + ",none";
            assertThat(metric.value())
                    .as(name)
                    .isCloseTo(golden.get("results").get(name).asDouble(), within(1e-12));
        }
    }

    @Test
    void gsm8k() throws IOException {
        JsonNode golden = golden("gsm8k");
        check(Gsm8k.task(rows(golden.at("/data/test")), rows(golden.at("/data/train"))), golden);
    }

    @Test
    void bbhWithChainsOfThought() throws IOException {
        JsonNode golden = golden("bbh_cot_fewshot_date_understanding");
        String context = golden.at("/questions/0/context").asText();
        String examples = BbhCot.examples(
                "canary\n-----\n" + context.substring(0, context.lastIndexOf("\n\nQ: ")) + "\n", "golden");
        check(BbhCot.task("date_understanding", rows(golden.at("/data/test")), examples), golden);
    }

    @Test
    void theExamplesOfBbhsOwnFileAreTheHarnesss() throws IOException {
        String file = SharedData.text("eval-inputs/bbh/cot-prompts/date_understanding.txt");
        String context = golden("bbh_cot_fewshot_date_understanding")
                .at("/questions/0/context")
                .asText();
        assertThat(context).startsWith(BbhCot.examples(file, "cot-prompts") + "\n\nQ: ");
    }

    @Test
    void mathOfLevelFive() throws IOException {
        JsonNode golden = golden("leaderboard_math_prealgebra_hard");
        List<TaskRows.Row> hard = rows(golden.at("/data/test")).stream()
                .filter(row -> row.text("level").equals("Level 5"))
                .toList();
        check(MathHard.task("prealgebra", hard, MathHard.examples()), golden);
        for (int i = 0; i < hard.size(); i++) {
            assertThat(MinervaAnswer.boxed(hard.get(i).text("solution")))
                    .isEqualTo(golden.get("questions").get(i).get("target").asText());
        }
    }

    @Test
    void mathIsReadFromTheOriginalsFoldersAndFromTables(@TempDir Path folder) throws IOException {
        JsonNode golden = golden("leaderboard_math_prealgebra_hard");
        int n = 0;
        StringBuilder table = new StringBuilder();
        for (JsonNode row : golden.at("/data/test")) {
            Path file = folder.resolve("a/MATH/test/prealgebra/" + 7 * n++ + ".json");
            Files.createDirectories(file.getParent());
            Files.writeString(file, Json.write(row));
            table.append(Json.write(row)).append('\n');
        }
        Files.createDirectories(folder.resolve("b/math"));
        Files.writeString(folder.resolve("b/math/test.jsonl"), table);
        for (String data : List.of("a", "b")) {
            List<GenerativeTask> tasks = MathHard.read(folder.resolve(data), 0);
            assertThat(tasks).hasSize(1);
            check(tasks.get(0), golden);
        }
    }

    /** Answers in files: rows with a response, and the harness's own log, give the same numbers. */
    @Test
    void gsm8kFromFiles(@TempDir Path folder) throws IOException {
        JsonNode golden = golden("gsm8k");
        StringBuilder rows = new StringBuilder();
        StringBuilder samples = new StringBuilder();
        int n = 0;
        for (JsonNode question : golden.get("questions")) {
            Map<String, Object> row =
                    Map.of("question", "q", "answer", question.get("target").asText());
            String answer = question.get("answer").asText();
            rows.append(Json.write(Map.of("question", "q", "answer", row.get("answer"), "response", answer)))
                    .append('\n');
            for (String filter : List.of("strict-match", "flexible-extract")) {
                samples.append(Json.write(
                                Map.of("doc_id", n, "doc", row, "resps", List.of(List.of(answer)), "filter", filter)))
                        .append('\n');
            }
            n++;
        }
        Files.writeString(folder.resolve("responses.jsonl"), rows);
        Files.writeString(folder.resolve("samples_gsm8k.jsonl"), samples);
        for (String file : List.of("responses.jsonl", "samples_gsm8k.jsonl")) {
            SuiteResult result = GenerativeSuites.scorers().get(0).score(folder.resolve(file), ScoreOptions.NONE);
            Metric strict = result.metrics().get(0);
            assertThat(strict.count()).isEqualTo(n);
            assertThat(strict.value()).isEqualTo(0.4);
            assertThat(strict.standardError()).isCloseTo(Math.sqrt(0.4 * 0.6 / (n - 1)), within(1e-12));
            assertThat(result.failures().get("no answer found")).isPositive();
        }
    }
}
