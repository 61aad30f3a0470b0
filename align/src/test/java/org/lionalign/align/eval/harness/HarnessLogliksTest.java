package org.lionalign.align.eval.harness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.lionalign.align.eval.EvalContext;
import org.lionalign.align.eval.Item;
import org.lionalign.align.eval.Metric;
import org.lionalign.align.eval.Suite;
import org.lionalign.align.eval.SuiteResult;
import org.lionalign.align.eval.harness.Request.Sequence;
import org.lionalign.align.text.TextModel;
import org.lionalign.core.json.Json;
import org.lionalign.torch.model.CausalLm;
import org.lionalign.torch.model.LoadOptions;
import org.lionalign.torch.tensor.Dtype;

/** Log-likelihoods, metrics and standard errors against lm-evaluation-harness on 50 questions a task (tools/oracle/lm_eval_logliks.py). */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class HarnessLogliksTest {
    private static final Path MODEL = HarnessData.ROOT.resolve("loglik_model");

    private Path data = MODEL;

    private final JsonNode golden = golden();

    private static JsonNode golden() {
        Path file = HarnessData.ROOT.resolve("lm_eval_logliks.json.gz");
        try (InputStream in = new GZIPInputStream(Files.newInputStream(file))) {
            return Json.parse(new String(in.readAllBytes(), StandardCharsets.UTF_8), file.toString());
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @BeforeAll
    void writeData(@TempDir Path folder) throws IOException {
        data = folder;
        for (Map.Entry<String, JsonNode> set : golden.get("data").properties()) {
            HarnessData.write(data, set.getKey(), set.getValue());
        }
    }

    private EvalContext context(CausalLm model, TextModel text, Path store, int limit, AtomicInteger progress) {
        return new EvalContext(
                model, text, "model", "checkpoint", data, store, limit, null, "", 0, progress::incrementAndGet);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "arc_challenge",
                "hellaswag",
                "truthfulqa_mc1",
                "truthfulqa_mc2",
                "winogrande",
                "mmlu_abstract_algebra",
                "mmlu_us_foreign_policy",
                "leaderboard_mmlu_pro",
                "leaderboard_bbh_date_understanding",
                "leaderboard_bbh_boolean_expressions",
                "leaderboard_musr_murder_mysteries",
                "leaderboard_gpqa_diamond"
            })
    void equalsTheHarness(String name, @TempDir Path store) {
        JsonNode expected = golden.get("tasks").get(name);
        AtomicInteger progress = new AtomicInteger();
        try (CausalLm model = CausalLm.load(MODEL, LoadOptions.inference(Dtype.F32))) {
            TaskSuite suite = HarnessData.task(name);
            SuiteResult result = suite.run(context(model, TextModel.open(MODEL, null), store, 50, progress));

            assertThat(progress).hasValue(50);
            assertThat(result.items()).hasSize(50);
            for (int q = 0; q < 50; q++) {
                JsonNode question = expected.get("questions").get(q);
                JsonNode logliks = result.items().get(q).detail().get("logliks");
                assertThat(logliks).hasSize(question.get("logliks").size());
                for (int i = 0; i < logliks.size(); i++) {
                    assertThat(logliks.get(i).asDouble())
                            .as("question %d, choice %d", q, i)
                            .isCloseTo(question.get("logliks").get(i).asDouble(), within(1e-4));
                }
                assertThat(result.items().get(q).score())
                        .isCloseTo(
                                question.get("metrics")
                                        .get(suite.task().headline().label())
                                        .asDouble(),
                                within(1e-5));
            }
            assertThat(result.metrics()).hasSize(suite.task().metrics().size());
            for (Metric metric : result.metrics()) {
                JsonNode numbers = expected.get("results");
                assertThat(metric.value())
                        .isCloseTo(numbers.get(metric.name() + ",none").asDouble(), within(1e-5));
                assertThat(metric.standardError())
                        .isCloseTo(numbers.get(metric.name() + "_stderr,none").asDouble(), within(1e-5));
            }
        }
    }

    /** 25 examples are more than the model reads: the item says so, and the numbers above are the harness's all the same. */
    @Test
    void marksWhatWasCut(@TempDir Path store) {
        try (CausalLm model = CausalLm.load(MODEL, LoadOptions.inference(Dtype.F32))) {
            SuiteResult result = HarnessData.task("arc_challenge")
                    .run(context(model, TextModel.open(MODEL, null), store, 10, new AtomicInteger()));
            long cut = result.items().stream()
                    .filter(item -> item.detail().path("tokens_cut_on_the_left").asInt() > 0)
                    .count();
            assertThat(cut).isPositive();
            assertThat(result.failures()).containsEntry("cut on the left to the model's context", cut);
            assertThat(result.withheld()).isFalse();
        }
    }

    /** The same question alone, with all others in one pass, without any sharing: the same numbers. */
    @ParameterizedTest
    @ValueSource(strings = {"mmlu_abstract_algebra", "hellaswag", "winogrande", "leaderboard_mmlu_pro"})
    void doesNotDependOnCompany(String name) {
        TextModel text = TextModel.open(MODEL, null);
        List<List<Sequence>> questions = new ArrayList<>();
        for (TaskSuite.Asked asked :
                HarnessData.task(name).questions(text, new TaskFiles(data), 12).asked()) {
            questions.add(new ArrayList<>(asked.request().encode(text, 512)));
        }
        try (CausalLm model = CausalLm.load(MODEL, LoadOptions.inference(Dtype.F32))) {
            double[][] together = score(model, questions, 100_000);
            double[][] alone = score(model, questions, 1);
            for (int q = 0; q < questions.size(); q++) {
                assertThat(alone[q]).containsExactly(together[q], within(2e-5));
                TokenForest bare = TokenForest.of(questions.get(q), Integer.MAX_VALUE);
                float[] logps = model.logps(bare.batch());
                for (int s = 0; s < alone[q].length; s++) {
                    double sum = 0;
                    for (int t : bare.asked()[s]) {
                        sum += logps[t];
                    }
                    assertThat(sum).isCloseTo(alone[q][s], within(2e-5));
                }
            }
        }
    }

    private static double[][] score(CausalLm model, List<List<Sequence>> questions, int tokens) {
        double[][] found = new double[questions.size()][];
        LikelihoodScorer scorer = new LikelihoodScorer(model, tokens, (index, numbers) -> found[index] = numbers);
        for (int q = 0; q < questions.size(); q++) {
            scorer.add(q, questions.get(q));
        }
        scorer.finish();
        return found;
    }

    /** Fewer than a third of the tokens that the harness would read: the examples once for all questions, choices of one token not at all. */
    @Test
    void sharesWhatQuestionsHaveInCommon() {
        TextModel text = TextModel.open(MODEL, null);
        List<Sequence> sequences = new ArrayList<>();
        for (TaskSuite.Asked asked : HarnessData.task("mmlu_abstract_algebra")
                .questions(text, new TaskFiles(data), 20)
                .asked()) {
            sequences.addAll(asked.request().encode(text, 4096));
        }
        int separate = sequences.stream().mapToInt(s -> s.ids().length - 1).sum();
        TokenForest forest = TokenForest.of(sequences);
        assertThat(forest.batch().length()).isLessThan(separate / 12);
        assertThat(forest.batch().trees()).hasSize(1);
        for (int s = 0; s < sequences.size(); s++) {
            Sequence sequence = sequences.get(s);
            int[] targets = Arrays.stream(forest.asked()[s])
                    .map(t -> forest.batch().targets()[t])
                    .toArray();
            assertThat(targets).isEqualTo(Arrays.copyOfRange(sequence.ids(), sequence.from(), sequence.ids().length));
        }
        // The four choices begin with the same token, which is asked once; the letter differs.
        assertThat(forest.batch().supervised()).isEqualTo(20 * 5);
    }

    /** What a run has scored is not scored again, neither after a torn line nor with more questions. */
    @Test
    void goesOnWhereItStopped(@TempDir Path store) throws IOException {
        TextModel text = TextModel.open(MODEL, null);
        TaskSuite suite = HarnessData.task("hellaswag");
        List<Item> first;
        try (CausalLm model = CausalLm.load(MODEL, LoadOptions.inference(Dtype.F32))) {
            first = suite.run(context(model, text, store, 5, new AtomicInteger()))
                    .items();
        }
        Path file = store.resolve("hellaswag/logliks.jsonl");
        List<String> lines = Files.readAllLines(file);
        assertThat(lines).hasSize(5);
        String changed = lines.get(1).replaceFirst("\\[-?[0-9.]+", "[-1234.5");
        Files.writeString(
                file,
                String.join(
                        "\n", lines.get(0), changed, lines.get(2), lines.get(3).substring(0, 60)));
        AtomicInteger progress = new AtomicInteger();
        try (CausalLm model = CausalLm.load(MODEL, LoadOptions.inference(Dtype.F32))) {
            SuiteResult result = suite.run(context(model, text, store, 7, progress));
            assertThat(progress).hasValue(7);
            assertThat(result.items().get(1).detail().get("logliks").get(0).asDouble())
                    .as("taken from the store")
                    .isEqualTo(-1234.5);
            assertThat(result.items().get(0).detail()).isEqualTo(first.get(0).detail());
            assertThat(result.items().get(3).score()).isEqualTo(first.get(3).score());
        }
        assertThat(Files.readAllLines(file)).hasSize(7); // three whole, four new
        EvalContext other = new EvalContext(
                CausalLm.load(MODEL, LoadOptions.inference(Dtype.F32)),
                text,
                "model",
                "another checkpoint",
                data,
                store,
                1,
                null,
                "",
                0,
                () -> {});
        try (CausalLm model = other.model()) {
            suite.run(other);
        }
        assertThat(Files.readAllLines(file)).hasSize(8);
    }

    /** Where the folder has no training split, examples come from the evaluated one, never the question itself, and the result says so. */
    @Test
    void borrowsExamplesVisibly(@TempDir Path few, @TempDir Path store) throws IOException {
        JsonNode sets = golden.get("data");
        var splits = (com.fasterxml.jackson.databind.node.ObjectNode)
                sets.get("allenai/winogrande").deepCopy();
        splits.remove("train");
        HarnessData.write(few, "allenai/winogrande", splits);
        TextModel text = TextModel.open(MODEL, null);
        Suite suite = HarnessData.task("winogrande");
        try (CausalLm model = CausalLm.load(MODEL, LoadOptions.inference(Dtype.F32))) {
            SuiteResult result =
                    suite.run(new EvalContext(model, text, "model", "c", few, store, 6, null, "", 0, () -> {}));
            assertThat(result.failures())
                    .containsEntry(
                            "few-shot examples from the evaluated split, for the data folder has no training split",
                            6L);
        }
        for (TaskSuite.Asked asked : HarnessData.task("winogrande")
                .questions(text, new TaskFiles(few), 0)
                .asked()) {
            String own = asked.question().inputs().get(0);
            String context = asked.request().contexts().get(0);
            assertThat(context.indexOf(own)).isEqualTo(context.length() - own.length());
        }
    }
}
