package org.lionalign.align.eval.harness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.lionalign.align.eval.Metric;
import org.lionalign.align.eval.SuiteResult;
import org.lionalign.align.text.TextModel;
import org.lionalign.core.data.Digests;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.json.Json;

/** Prompts character by character and metrics against lm-evaluation-harness (tools/oracle/lm_eval_prompts.py). */
class HarnessPromptsTest {
    private static final Path GOLDEN = HarnessData.ROOT;

    @TempDir
    Path data;

    @ParameterizedTest
    @CsvSource({
        "arc_challenge, allenai/ai2_arc",
        "hellaswag, Rowan/hellaswag",
        "truthfulqa_mc1, truthfulqa/truthful_qa",
        "truthfulqa_mc2, truthfulqa/truthful_qa",
        "winogrande, allenai/winogrande",
        "mmlu_abstract_algebra, cais/mmlu",
        "mmlu_us_foreign_policy, cais/mmlu",
        "leaderboard_mmlu_pro, TIGER-Lab/MMLU-Pro",
        "leaderboard_bbh_date_understanding, SaylorTwift/bbh/date_understanding",
        "leaderboard_bbh_boolean_expressions, SaylorTwift/bbh/boolean_expressions",
        "leaderboard_musr_murder_mysteries, TAUR-Lab/MuSR",
        "leaderboard_gpqa_diamond, Idavidrein/gpqa",
    })
    void asksAndScoresAsTheHarness(String name, String set) throws IOException {
        JsonNode golden = Json.read(GOLDEN.resolve("lm_eval_" + name + ".json"));
        HarnessData.write(data, set, golden.get("data"));
        TaskSuite suite = HarnessData.task(name);

        TaskSuite.Questions questions = suite.questions(HarnessData.text(), new TaskFiles(data), 0);

        assertThat(suite.task().shotCount()).isEqualTo(golden.get("shots").asInt());
        assertThat(questions.borrowedShots()).isFalse();
        assertThat(questions.asked()).hasSize(golden.get("questions").size());
        List<double[]> answers = new ArrayList<>();
        for (int q = 0; q < questions.asked().size(); q++) {
            JsonNode expected = golden.get("questions").get(q);
            Request request = questions.asked().get(q).request();
            for (int i = 0; i < request.contexts().size(); i++) {
                assertThat(request.contexts().get(i))
                        .isEqualTo(
                                expected.has("context")
                                        ? expected.get("context").asText()
                                        : expected.get("contexts").get(i).asText());
            }
            List<String> continuations = new ArrayList<>();
            expected.get("continuations").forEach(text -> continuations.add(text.asText()));
            assertThat(request.continuations()).isEqualTo(continuations);
            double[] numbers = new double[continuations.size()];
            Arrays.setAll(numbers, i -> expected.get("answers").get(i).get(0).asDouble());
            answers.add(numbers);
            for (Scores.Kind kind : suite.task().metrics()) {
                assertThat(Scores.of(kind, questions.asked().get(q).question(), numbers))
                        .isCloseTo(expected.get("metrics").get(kind.label()).asDouble(), within(1e-12));
            }
        }
        SuiteResult result = suite.result(questions.asked(), answers, new int[answers.size()], false);
        for (Metric metric : result.metrics()) {
            assertThat(metric.value())
                    .isCloseTo(
                            golden.get("results").get(metric.name() + ",none").asDouble(), within(1e-12));
            assertThat(metric.count()).isEqualTo(answers.size());
        }
        assertThat(result.metrics()).hasSize(suite.task().metrics().size());
        assertThat(result.failures()).isEmpty();
    }

    /** MMLU's groups over 57 subjects of different sizes. */
    @Test
    void averagesMmluAsTheHarness() {
        JsonNode golden = Json.read(GOLDEN.resolve("lm_eval_mmlu_group.json"));
        GroupSuite mmlu = HarnessData.SUITES.mmlu();
        List<SuiteResult> parts = new ArrayList<>();
        for (TaskSuite task : mmlu.tasks()) {
            byte[] digest = Digests.sha256(task.task().subject().getBytes(StandardCharsets.UTF_8));
            int count = 2
                    + new BigInteger(1, Arrays.copyOf(digest, 6))
                            .mod(BigInteger.valueOf(7))
                            .intValue();
            double value = golden.get("results").get(task.name()).get("acc").asDouble();
            parts.add(new SuiteResult(
                    task.name(), List.of(new Metric("acc", value, 0, count)), List.of(), List.of(), new TreeMap<>()));
        }
        SuiteResult result = mmlu.combine(parts);
        assertThat(mmlu.tasks()).hasSize(57);
        assertThat(result.metrics().get(0).value())
                .isCloseTo(golden.get("results").get("mmlu").get("acc").asDouble(), within(1e-12));
        assertThat(mmlu.subgroups()).hasSize(4);
        for (int g = 0; g < 4; g++) {
            Metric group = result.categories().get(g);
            assertThat(group.value())
                    .isCloseTo(
                            golden.get("results").get(group.name()).get("acc").asDouble(), within(1e-12));
        }
    }

    /** The same questions through a chat template: examples in one turn or in many, with a system message or without. */
    @Test
    void asksThroughAChatTemplateAsTheHarness() throws IOException {
        Path template = data.resolve("chat.jinja");
        Files.writeString(
                template,
                "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\\n' + m['content'] + '<|im_end|>\\n' }}{% endfor %}"
                        + "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}");
        TextModel text = TextModel.open(GOLDEN.resolve("loglik_model"), template.toString());
        Map<String, String> sets = Map.of(
                "mmlu_abstract_algebra", "cais/mmlu",
                "winogrande", "allenai/winogrande",
                "leaderboard_bbh_date_understanding", "SaylorTwift/bbh/date_understanding",
                "leaderboard_gpqa_diamond", "Idavidrein/gpqa");
        JsonNode cases = Json.read(GOLDEN.resolve("lm_eval_chat.json")).get("cases");
        assertThat(cases).hasSize(5);
        for (JsonNode one : cases) {
            String task = one.get("task").asText();
            JsonNode golden = Json.read(GOLDEN.resolve("lm_eval_" + task + ".json"));
            HarnessData.write(data, sets.get(task), golden.get("data"));
            Prompting prompting = new Prompting(
                    true,
                    one.get("system").isNull() ? null : one.get("system").asText(),
                    one.get("turns").asBoolean());
            TaskSuite suite = new TaskSuite(HarnessData.task(task).task(), prompting);
            List<TaskSuite.Asked> asked =
                    suite.questions(text, new TaskFiles(data), 2).asked();
            for (int q = 0; q < 2; q++) {
                Request request = asked.get(q).request();
                JsonNode expected = one.get("requests").get(q);
                assertThat(expected).hasSize(request.contexts().size());
                for (int i = 0; i < expected.size(); i++) {
                    assertThat(request.contexts().get(i))
                            .isEqualTo(expected.get(i).get(0).asText());
                    assertThat(request.continuations().get(i))
                            .isEqualTo(expected.get(i).get(1).asText());
                }
            }
        }
    }

    @Test
    void saysWhichFileIsWantedAndWhereItCanBeHad() {
        assertThatThrownBy(
                        () -> HarnessData.task("arc_challenge").questions(HarnessData.text(), new TaskFiles(data), 0))
                .isInstanceOf(BadInput.class)
                .hasMessageContaining("arc_challenge needs")
                .hasMessageContaining("arc/challenge.test.jsonl")
                .hasMessageContaining("huggingface.co/datasets/allenai/ai2_arc");
    }

    /** GPQA as its repository has it: CSV with commas, quotes and line breaks in fields. */
    @Test
    void readsCsv() throws IOException {
        JsonNode golden = Json.read(GOLDEN.resolve("lm_eval_leaderboard_gpqa_diamond.json"));
        List<String> keys =
                List.of("Question", "Correct Answer", "Incorrect Answer 1", "Incorrect Answer 2", "Incorrect Answer 3");
        StringBuilder csv = new StringBuilder("\uFEFF" + String.join(",", keys) + "\r\n");
        for (JsonNode row : golden.get("data").get("train")) {
            List<String> fields = new ArrayList<>();
            keys.forEach(key -> fields.add('"' + row.get(key).asText().replace("\"", "\"\"") + '"'));
            csv.append(String.join(",", fields)).append("\r\n");
        }
        Files.createDirectories(data.resolve("gpqa"));
        Files.writeString(data.resolve("gpqa/gpqa_diamond.csv"), csv);
        TaskSuite.Questions questions =
                HarnessData.task("leaderboard_gpqa_diamond").questions(HarnessData.text(), new TaskFiles(data), 0);
        for (int q = 0; q < questions.asked().size(); q++) {
            assertThat(questions.asked().get(q).request().contexts().get(0))
                    .isEqualTo(golden.get("questions").get(q).get("context").asText());
        }
        Files.writeString(data.resolve("gpqa/gpqa_diamond.csv"), "a,b\n1,\"2\n");
        assertThatThrownBy(() -> HarnessData.task("leaderboard_gpqa_diamond")
                        .questions(HarnessData.text(), new TaskFiles(data), 0))
                .isInstanceOf(BadInput.class)
                .hasMessageContaining("gpqa_diamond.csv:2: expected a closing quotation mark");
    }

    @Test
    void namesARowThatIsNotAsExpected() throws IOException {
        Files.createDirectories(data.resolve("hellaswag"));
        Files.writeString(
                data.resolve("hellaswag/validation.jsonl"),
                "{\"query\":\"q\",\"choices\":[\"a\",\"b\"],\"gold\":1}\n{\"query\":\"q\",\"choices\":[\"a\",\"b\"],\"gold\":2}\n");
        assertThatThrownBy(() -> HarnessData.task("hellaswag").questions(HarnessData.text(), new TaskFiles(data), 0))
                .isInstanceOf(BadInput.class)
                .hasMessageEndingWith("validation.jsonl:2: gold: expected 0 to 1, a choice's index, found 2");
    }
}
