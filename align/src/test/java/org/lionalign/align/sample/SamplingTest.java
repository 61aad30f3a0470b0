package org.lionalign.align.sample;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lionalign.align.text.TextModel;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.json.Json;
import org.lionalign.core.pack.PackedBatch;
import org.lionalign.core.pack.PromptTree;
import org.lionalign.core.recipe.SampleRecipe;
import org.lionalign.core.recipe.StageRecipe;
import org.lionalign.core.testing.Seeds;
import org.lionalign.core.testing.SharedData;
import org.lionalign.torch.model.CausalLm;
import org.lionalign.torch.model.LoadOptions;
import org.lionalign.torch.tensor.Dtype;

/** In process, on a real model and real prompts. */
class SamplingTest {
    private static final int PROMPTS = 11;
    private static final int ANSWERS = 3;

    @TempDir
    Path dir;

    private CausalLm model;
    private TextModel text;
    private List<Prompt> prompts;

    @BeforeEach
    void open() throws IOException {
        Path folder = SharedData.require("models/stories260k");
        text = TextModel.open(folder, "plain");
        model = CausalLm.load(folder, LoadOptions.inference(Dtype.F32));
        prompts = read(SharedData.text("prompts/tinystories/prompts.jsonl")
                .lines()
                .limit(PROMPTS)
                .toList());
    }

    @AfterEach
    void close() {
        if (model != null) {
            model.close();
        }
    }

    private List<Prompt> read(List<String> lines) throws IOException {
        Path file = Files.write(dir.resolve("prompts.jsonl"), lines);
        return PromptRows.read(List.of(new StageRecipe.Source(file.toString(), null, null, null)), null, 1)
                .prompts();
    }

    private LocalSampler sampler(int batch) {
        return new LocalSampler(
                model, text, new SampleRecipe(ANSWERS, 1.0, 0.95, 0, 14, List.of(), batch, null, null), 7, "f32");
    }

    private String finished(Sampler sampler, Path store) throws IOException {
        Sampling sampling = new Sampling(sampler, new AnswerStore(store));
        assertThat(sampling.run(prompts, done -> {}, () -> false)).isTrue();
        sampling.write(prompts, dir.resolve("rows.jsonl"));
        return Files.readString(dir.resolve("rows.jsonl"));
    }

    @Test
    void killsLoseAndRepeatNothing() throws IOException {
        String whole = finished(sampler(6), dir.resolve("whole.jsonl"));
        Seeds.forAll(2, random -> {
            Path file = dir.resolve("killed" + random.nextLong() + ".jsonl");
            for (int kill = 0; kill < 2; kill++) {
                int most = 1 + random.nextInt(4);
                int[] asked = {0};
                new Sampling(sampler(6), new AnswerStore(file)).run(prompts, done -> {}, () -> asked[0]++ > most);
                String lines = Files.readString(file);
                int lastLine = lines.lastIndexOf('\n', lines.length() - 2) + 1;
                if (kill % 2 == 0) {
                    // The kill tore the last line.
                    Files.writeString(file, lines.substring(0, lastLine + random.nextInt(lines.length() - lastLine)));
                }
            }
            assertThat(finished(sampler(6), file)).isEqualTo(whole);
            Set<String> keys = new HashSet<>();
            for (String line : Files.readAllLines(file)) {
                JsonNode node = Json.parse(line, "store");
                if (node.path("type").asText().equals("answer")) {
                    assertThat(keys.add(node.path("prompt").asText() + node.path("index")))
                            .isTrue();
                }
            }
            assertThat(keys).hasSize(PROMPTS * ANSWERS);
        });
    }

    @Test
    void nothingIsDrawnWhenAllIsThereAndOtherSettingsAreOtherAnswers() throws IOException {
        Path file = dir.resolve("store.jsonl");
        finished(sampler(6), file);
        long size = Files.size(file);
        finished(sampler(6), file);
        assertThat(Files.size(file)).isEqualTo(size);
        finished(sampler(3), file); // other batches round otherwise
        assertThat(Files.size(file)).isGreaterThan(size);
        AnswerStore store = new AnswerStore(file);
        assertThat(store.size()).isEqualTo(2 * PROMPTS * ANSWERS);
        Files.writeString(file, "{\"type\":\n", StandardOpenOption.APPEND); // a whole line, but broken
        assertThatThrownBy(() -> new AnswerStore(file))
                .isInstanceOf(BadInput.class)
                .hasMessageContaining("store.jsonl:");
    }

    @Test
    void anyAnswerComesBackBitForBit() throws IOException {
        for (int batch : new int[] {6, ANSWERS}) {
            Path file = dir.resolve("replay" + batch + ".jsonl");
            finished(sampler(batch), file);
            AnswerStore store = new AnswerStore(file);
            Sampling sampling = new Sampling(sampler(batch), store);
            for (int p = 0; p < PROMPTS; p += PROMPTS - 1) {
                for (int i = 0; i < ANSWERS; i++) {
                    assertThat(Replay.same(store, sampling.key(prompts.get(p), i), sampler(batch)))
                            .isTrue();
                }
            }
            assertThatThrownBy(() -> Replay.same(store, sampling.key(prompts.get(0), 0), sampler(12)))
                    .isInstanceOf(BadInput.class)
                    .hasMessageContaining("these settings");
        }
    }

    @Test
    void aPromptThatIsDecodedAloneKnowsNoOthers() throws IOException {
        Path all = dir.resolve("all.jsonl");
        finished(sampler(ANSWERS), all);
        AnswerStore store = new AnswerStore(all);
        List<Prompt> other = List.of(prompts.get(7), prompts.get(2));
        AnswerStore apart = new AnswerStore(dir.resolve("apart.jsonl"));
        new Sampling(sampler(ANSWERS), apart).run(other, done -> {}, () -> false);
        for (Prompt prompt : other) {
            AnswerStore.Key key = new Sampling(sampler(ANSWERS), store).key(prompt, 1);
            Drawn a = store.answer(key);
            Drawn b = apart.answer(key);
            assertThat(a).isNotNull();
            assertThat(b).isNotNull();
            assertThat(b.ids()).isEqualTo(a.ids());
            assertThat(b.logprobs()).isEqualTo(a.logprobs());
        }
    }

    /** PITFALLS 18: the sampler's log-probabilities are those that the trainer computes for the same ids. */
    @Test
    void theTrainersLogProbabilitiesAreTheSamplers() throws IOException {
        Path file = dir.resolve("store.jsonl");
        finished(sampler(6), file);
        Sampling sampling = new Sampling(sampler(6), new AnswerStore(file));
        List<PromptTree> trees = new ArrayList<>();
        List<Float> sampled = new ArrayList<>();
        for (Prompt prompt : prompts) {
            Sampling.AnsweredPrompt answered = sampling.answered(prompt);
            List<int[]> ids = new ArrayList<>();
            for (Drawn answer : answered.answers()) {
                ids.add(answer.ids());
                for (float logprob : answer.logprobs()) {
                    sampled.add(logprob);
                }
            }
            trees.add(PromptTree.answers(prompt.id(), answered.promptIds(), ids));
        }
        float[] trained = model.logps(PackedBatch.of(trees));
        assertThat(trained).hasSize(sampled.size());
        double sum = 0;
        double largest = 0;
        for (int t = 0; t < trained.length; t++) {
            double delta = trained[t] - sampled.get(t);
            sum += Math.abs(delta);
            largest = Math.max(largest, Math.abs(delta) / Math.max(1, Math.abs(sampled.get(t))));
        }
        assertThat(largest).as("relative to the log-probability").isLessThan(1e-5);
        assertThat(Math.exp(sum / trained.length)).isCloseTo(1, within(1e-5));
    }

    @Test
    void tooLongPromptsAreNamedAndUnfinishedAnswersMarked() throws IOException {
        String endless = "word ".repeat(600);
        prompts = read(List.of(
                "{\"prompt\":\"Once upon a time\"}",
                Json.write(Json.object().put("prompt", endless)),
                "{\"prompt\":\"One day\"}"));
        Sampling sampling = new Sampling(sampler(6), new AnswerStore(dir.resolve("s.jsonl")));
        assertThat(sampling.run(prompts, done -> {}, () -> false)).isTrue();
        JsonNode ledger = sampling.write(prompts, dir.resolve("rows.jsonl")).toJson();
        assertThat(ledger.path("refused").asInt()).isEqualTo(1);
        assertThat(ledger.path("refused_prompts").get(0).path("id").asText()).endsWith("prompts.jsonl:2");
        assertThat(ledger.path("refused_prompts").get(0).path("reason").asText())
                .startsWith("too long");
        assertThat(ledger.path("finish").path("length").asInt()).isEqualTo(6); // fourteen tokens end no story
        List<String> rows = Files.readAllLines(dir.resolve("rows.jsonl"));
        assertThat(rows).hasSize(3);
        assertThat(Json.parse(rows.get(1), "row").path("refusal").asText()).startsWith("too long");
        assertThat(Json.parse(rows.get(0), "row")
                        .path("answers")
                        .get(0)
                        .path("finish")
                        .asText())
                .isEqualTo("length");
    }

    /** What a trainer that reads the text would get other tokens for is counted; a policy that spells oddly shows it. */
    @Test
    void answersWhoseTextEncodesOtherwiseAreFound() throws IOException {
        Path file = dir.resolve("store.jsonl");
        SampleRecipe hot = new SampleRecipe(ANSWERS, 3.0, 1.0, 0, 14, List.of(), 6, null, null);
        LocalSampler wild = new LocalSampler(model, text, hot, 7, "f32");
        Sampling sampling = new Sampling(wild, new AnswerStore(file));
        sampling.run(prompts, done -> {}, () -> false);
        SampleLedger ledger = sampling.write(prompts, dir.resolve("rows.jsonl"));
        int counted = 0;
        for (Prompt prompt : prompts) {
            for (Drawn answer : sampling.answered(prompt).answers()) {
                int[] again = text.split(prompt.conversation(), answer.text()).answer();
                int[] own = Arrays.copyOf(again, answer.unfinished() ? again.length - 1 : again.length);
                boolean same = answer.text().isBlank() || Arrays.equals(own, answer.ids());
                assertThat(answer.reencodes()).isEqualTo(same);
                counted += same ? 0 : 1;
            }
        }
        assertThat(counted).isPositive();
        assertThat(ledger.toJson().path("text_encodes_to_other_tokens").asInt()).isEqualTo(counted);
    }
}
