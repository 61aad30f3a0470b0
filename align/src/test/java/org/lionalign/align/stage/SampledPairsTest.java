package org.lionalign.align.stage;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lionalign.align.judge.Judgement;
import org.lionalign.align.online.JudgedPrompt;
import org.lionalign.align.online.PairLedger;
import org.lionalign.align.online.Pairing;
import org.lionalign.align.sample.AnswerStore;
import org.lionalign.align.sample.LocalSampler;
import org.lionalign.align.sample.Prompt;
import org.lionalign.align.sample.PromptRows;
import org.lionalign.align.sample.Sampling;
import org.lionalign.align.text.TextModel;
import org.lionalign.core.data.ChatRows;
import org.lionalign.core.json.Json;
import org.lionalign.core.pack.PromptTree;
import org.lionalign.core.recipe.PairsRecipe;
import org.lionalign.core.recipe.RecipeReader;
import org.lionalign.core.recipe.SampleRecipe;
import org.lionalign.core.recipe.StageRecipe;
import org.lionalign.core.testing.SharedData;
import org.lionalign.torch.model.CausalLm;
import org.lionalign.torch.model.LoadOptions;
import org.lionalign.torch.tensor.Dtype;

/** The online stage by hand: sample, judge, pair, train. */
class SampledPairsTest {
    @TempDir
    Path dir;

    private StageRecipe recipe(String base, String train) throws IOException {
        String yaml = "model: {path: '" + base + "', template: plain, compute: f32}\ndata: {train: " + train
                + ", overlong: set_aside}\ntrain: {epochs: 1, examples_per_step: 8}\n";
        return RecipeReader.read(Files.writeString(dir.resolve("r.yaml"), yaml), List.of(), StageRecipe.class);
    }

    @Test
    void theTokensThatWereDrawnAreTheTokensThatAreTrained() throws IOException, ChatRows.Unusable {
        Path base = SharedData.require("models/stories260k");
        TextModel text = TextModel.open(base, "plain");
        StageRecipe recipe = recipe(base.toString(), "[x]");
        RowEncoder encoder = new RowEncoder(text, recipe.data(), 1, 512);
        ObjectNode row = Json.object().put("prompt", "Once upon a time");
        int[] prompt = text.promptIds(org.lionalign.core.chat.Conversation.of(
                new org.lionalign.core.chat.Message("user", "Once upon a time")));
        // Spelled letter by letter, as a policy may: the tokenizer would write one token.
        int[] plain = text.split("", "dog").answer();
        int[] letters = letters(text, "dog");
        assertThat(letters).isNotEqualTo(plain);
        String spelled = text.tokenizer().decode(letters, true);
        row.put("chosen", spelled).put("rejected", "cat");
        row.set("prompt_ids", Json.MAPPER.valueToTree(prompt));
        row.set("chosen_ids", Json.MAPPER.valueToTree(letters));
        PromptTree tree = encoder.pair(row, "r", null).tree();
        assertThat(tree.nodes().get(0).ids()).isEqualTo(prompt);
        assertThat(tree.nodes().get(1).ids()).isEqualTo(letters);
        assertThat(tree.nodes().get(2).ids())
                .isEqualTo(text.split(
                                org.lionalign.core.chat.Conversation.of(
                                        new org.lionalign.core.chat.Message("user", "Once upon a time")),
                                "cat")
                        .answer());
        // Another prompt before them, or another text than theirs: the text is what counts.
        ObjectNode other = row.deepCopy();
        other.set("prompt_ids", Json.MAPPER.valueToTree(Arrays.copyOf(prompt, prompt.length - 1)));
        assertThat(encoder.pair(other, "r", null).tree().nodes().get(1).ids()).isNotEqualTo(letters);
        ObjectNode changed = row.deepCopy().put("chosen", "dogs");
        assertThat(encoder.pair(changed, "r", null).tree().nodes().get(1).ids()).isNotEqualTo(letters);
    }

    private static int[] letters(TextModel text, String word) {
        List<Integer> ids = new ArrayList<>();
        for (char letter : word.toCharArray()) {
            ids.add(text.tokenizer().idOf(String.valueOf(letter)).orElseThrow());
        }
        return ids.stream().mapToInt(Integer::intValue).toArray();
    }

    @Test
    void sampledJudgedPairedMixedAndTrained() throws IOException {
        Path base = SharedData.require("models/stories260k");
        TextModel text = TextModel.open(base, "plain");
        Path source = Files.write(
                dir.resolve("prompts.jsonl"),
                SharedData.text("prompts/tinystories/prompts.jsonl")
                        .lines()
                        .limit(24)
                        .toList());
        List<Prompt> prompts = PromptRows.read(
                        List.of(new StageRecipe.Source(source.toString(), null, null, null)), null, 1)
                .prompts();
        Path sampled = dir.resolve("sampled.jsonl");
        try (CausalLm model = CausalLm.load(base, LoadOptions.inference(Dtype.F32))) {
            SampleRecipe how = new SampleRecipe(3, 1.0, 1.0, 0, 12, List.of(), 36, null, null);
            Sampling sampling =
                    new Sampling(new LocalSampler(model, text, how, 5, "f32"), new AnswerStore(dir.resolve("s.jsonl")));
            sampling.run(prompts, done -> {}, () -> false);
            sampling.write(prompts, sampled);
        }
        List<String> judged = new ArrayList<>();
        for (String line : Files.readAllLines(sampled)) {
            ObjectNode row = (ObjectNode) Json.parse(line, "row");
            double[] scores = new double[3];
            for (int i = 0; i < 3; i++) {
                scores[i] = row.path("answers").get(i).path("text").asText().length();
            }
            row.set("judgement", JudgedPrompt.toJson(Judgement.of(scores), "the longest"));
            judged.add(Json.write(row));
        }
        Path pairs = dir.resolve("pairs.jsonl");
        PairLedger ledger = new Pairing(new PairsRecipe(null, null, "allow", 0.0, 0.0, null), 1)
                .write(Files.write(dir.resolve("judged.jsonl"), judged), pairs);
        assertThat(ledger.prompts()).isEqualTo(24);
        assertThat(ledger.pairs()).isGreaterThan(12);
        Path offline = Files.writeString(
                dir.resolve("offline.jsonl"),
                "{\"prompt\":\"One day\",\"chosen\":\"a dog ran.\",\"rejected\":\"cat.\"}\n"
                        + "{\"prompt\":\"One night\",\"chosen\":\"a bird sang.\",\"rejected\":\"no.\"}\n");
        ObjectNode summary = Stage.dpo(
                        recipe(base.toString(), "['" + pairs + "', {path: '" + offline + "', fraction: 0.5}]"),
                        dir.resolve("run"))
                .run((s, t, m) -> {}, () -> false);
        assertThat(summary).isNotNull();
        JsonNode counts = Json.read(dir.resolve("run/ledger.json"));
        assertThat(counts.path(pairs.toString()).path("kept").asInt()).isEqualTo(ledger.pairs());
        assertThat(counts.path(offline.toString()).path("kept").asInt()).isEqualTo(1);
    }
}
