package org.lionalign.align.eval.completion;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lionalign.align.eval.EvalContext;
import org.lionalign.align.eval.ResultStore;
import org.lionalign.align.eval.ScoreOptions;
import org.lionalign.align.eval.Suite;
import org.lionalign.align.eval.SuiteResult;
import org.lionalign.align.eval.harness.generative.GenerativeSuites;
import org.lionalign.align.eval.ifeval.IfevalFileScorer;
import org.lionalign.align.eval.ifeval.IfevalSuite;
import org.lionalign.align.text.TextModel;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.json.Json;
import org.lionalign.core.testing.SharedData;
import org.lionalign.torch.model.CausalLm;
import org.lionalign.torch.model.LoadOptions;
import org.lionalign.torch.tensor.Dtype;

/** The suites whose answers are written, from files to numbers, on a real small model. */
class GenerativeRunTest {
    private static EvalContext context(
            Path model, CausalLm loaded, Path data, Path store, int limit, Runnable progress) {
        TextModel text = TextModel.open(model, null);
        return new EvalContext(loaded, text, "stories260k", "stories260k", data, store, limit, null, "", 0, progress);
    }

    private static void copy(String from, Path folder) throws IOException {
        Path file = SharedData.require(from);
        Files.createDirectories(folder);
        Files.copy(file, folder.resolve(file.getFileName()));
    }

    @Test
    void suitesRunAndGoOnFromTheStore(@TempDir Path folder) throws IOException {
        Path model = SharedData.require("models/stories260k");
        Path data = folder.resolve("data");
        copy("eval-inputs/ifeval/input_data.jsonl", data.resolve("ifeval"));
        copy("eval-inputs/gsm8k/test.jsonl", data.resolve("gsm8k"));
        copy("sft/gsm8k/train.jsonl", data.resolve("gsm8k"));
        copy("eval-inputs/bbh/date_understanding.json", data.resolve("bbh"));
        copy("eval-inputs/bbh/cot-prompts/date_understanding.txt", data.resolve("bbh/cot-prompts"));
        List<Suite> suites = new ArrayList<>(List.of(new IfevalSuite()));
        GenerativeSuites.all().stream()
                .filter(suite -> !suite.name().contains("math"))
                .forEach(suites::add);
        try (CausalLm loaded = CausalLm.load(model, LoadOptions.inference(Dtype.F32))) {
            for (Suite suite : suites) {
                AtomicInteger heard = new AtomicInteger();
                SuiteResult first = suite.run(context(model, loaded, data, folder, 1, heard::incrementAndGet));
                Path store = folder.resolve(suite.name()).resolve("completions.jsonl");
                byte[] kept = Files.readAllBytes(store);
                assertThat(heard.get()).isEqualTo(first.items().size());
                assertThat(first.items()).allMatch(item -> item.score() == 0 || item.score() == 1);
                assertThat(first.metrics().get(0).count())
                        .isEqualTo(first.items().size());
                assertThat(first.withheld()).isFalse();
                if (suite.name().equals("gsm8k")) { // five worked examples are longer than this model's context
                    assertThat(first.failures()).containsEntry("truncated prompts", 1L);
                }

                SuiteResult again = suite.run(context(model, loaded, data, folder, 1, heard::incrementAndGet));
                assertThat(again).isEqualTo(first);
                assertThat(Files.readAllBytes(store))
                        .as("nothing was computed again")
                        .isEqualTo(kept);
            }
        }
    }

    @Test
    void anAnswerEndsBeforeTheFirstStopAndAtItsLimit(@TempDir Path folder) {
        Path model = SharedData.require("models/stories260k");
        try (CausalLm loaded = CausalLm.load(model, LoadOptions.inference(Dtype.F32))) {
            ResultStore store = ResultStore.open(folder.resolve("c.jsonl"));
            Completions completions = new Completions(context(model, loaded, folder, folder, 0, () -> {}), store);
            String prompt = "Once upon a time";
            List<Completions.Given> given = completions.to(List.of(
                    new Completions.Ask(prompt, false, List.of(), 40),
                    new Completions.Ask(prompt, false, List.of("zzz", "."), 40),
                    new Completions.Ask(prompt, false, List.of(), 3),
                    new Completions.Ask("One day a cat sat. ".repeat(200), false, List.of(), 8)));
            String whole = given.get(0).text();
            assertThat(given.get(0).truncated()).isTrue();
            assertThat(whole).contains(".");
            assertThat(given.get(1).text()).isEqualTo(whole.substring(0, whole.indexOf('.')));
            assertThat(given.get(1).truncated()).isFalse();
            assertThat(whole).startsWith(given.get(2).text());
            assertThat(given.get(2).text().length()).isLessThan(whole.length());
            assertThat(given.get(3).promptLost()).isPositive();
            assertThat(given.get(0).promptLost()).isZero();
        }
    }

    /** Google's pair of files, rows that carry their instructions, and what is refused. */
    @Test
    void ifevalFromFiles(@TempDir Path folder) throws IOException {
        String questions = """
                {"key": 1, "prompt": "No commas.", "instruction_id_list": ["punctuation:no_comma"], "kwargs": [{}]}
                {"key": 2, "prompt": "Title and two words.", "instruction_id_list": ["detectable_format:title", "length_constraints:number_words"], "kwargs": [{}, {"num_words": 3, "relation": "at least"}]}
                """;
        Files.writeString(folder.resolve("input_data.jsonl"), questions);
        Path responses = folder.resolve("responses.jsonl");
        Files.writeString(responses, """
                {"prompt": "No commas.", "response": "Here:\\nnone at all"}
                {"prompt": "Title and two words.", "response": "<<A>> bee, sea"}
                """);
        IfevalFileScorer scorer = new IfevalFileScorer();
        SuiteResult result = scorer.score(responses, ScoreOptions.NONE);
        assertThat(result.metrics().get(0).value()).isEqualTo(1);
        assertThat(result.metrics().get(1).count()).isEqualTo(3);
        assertThat(scorer.score(folder, ScoreOptions.NONE)).isEqualTo(result);

        Path whole = folder.resolve("whole/rows.jsonl");
        Files.createDirectories(whole.getParent());
        StringBuilder rows = new StringBuilder();
        for (String line : questions.strip().split("\n")) {
            rows.append(line, 0, line.length() - 1).append(", \"response\": \"a, b c\"}\n");
        }
        Files.writeString(whole, rows);
        SuiteResult strict = scorer.score(whole, ScoreOptions.NONE);
        assertThat(strict.metrics().get(0).value()).isEqualTo(0);
        assertThat(strict.metrics().get(1).value()).isEqualTo(1.0 / 3);

        // One answer of two is missing: counted, and too many to say a number.
        Files.writeString(responses, "{\"prompt\": \"No commas.\", \"response\": \"none\"}\n");
        SuiteResult half = scorer.score(responses, ScoreOptions.NONE);
        assertThat(half.failures()).containsEntry("questions without an answer", 1L);
        assertThat(half.withheld()).isTrue();

        Files.writeString(responses, "{\"prompt\": \"Another\", \"response\": \"none\"}\n");
        assertThatThrownBy(() -> scorer.score(responses, ScoreOptions.NONE))
                .isInstanceOf(BadInput.class)
                .hasMessageContaining("Another");
        Files.writeString(responses, "{\"prompt\": \"No commas.\"}\n");
        assertThatThrownBy(() -> scorer.score(responses, ScoreOptions.NONE))
                .isInstanceOf(BadInput.class)
                .hasMessageContaining("responses.jsonl:1: response");
    }

    @Test
    void argumentsThatGoogleWouldDrawAreErrors(@TempDir Path folder) throws IOException {
        for (String kwargs : List.of(
                "{\"num_words\": 3}",
                "{\"num_words\": 0, \"relation\": \"at least\"}",
                "{\"num_words\": 3, \"relation\": \"at least\", \"x\": 1}")) {
            Path file = folder.resolve("rows.jsonl");
            Files.writeString(
                    file,
                    "{\"prompt\":\"p\",\"response\":\"r\",\"instruction_id_list\":[\"length_constraints:number_words\"],\"kwargs\":["
                            + kwargs + "]}\n");
            assertThatThrownBy(() -> new IfevalFileScorer().score(file, ScoreOptions.NONE))
                    .as(Json.write(kwargs))
                    .isInstanceOf(BadInput.class)
                    .hasMessageContaining("rows.jsonl:1: length_constraints:number_words: ");
        }
    }
}
