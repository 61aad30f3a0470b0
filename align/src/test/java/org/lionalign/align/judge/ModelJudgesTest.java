package org.lionalign.align.judge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lionalign.align.text.TextModel;
import org.lionalign.core.chat.Conversation;
import org.lionalign.core.chat.Message;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.json.Json;
import org.lionalign.core.pack.PackedBatch;
import org.lionalign.core.pack.PromptTree;
import org.lionalign.core.recipe.JudgeRecipe;
import org.lionalign.torch.encoder.PairMatrix;
import org.lionalign.torch.model.CausalLm;
import org.lionalign.torch.model.LoadOptions;
import org.lionalign.torch.tensor.Dtype;

/** Judges that are models: reward models, the policy's own reward, PairRM. */
class ModelJudgesTest {
    private static final Path PAIRRM =
            Path.of(System.getProperty("lion.root", ".."), "torch/src/test/resources/golden/pairrm");

    @TempDir
    Path dir;

    private static CausalLm load(Path folder) {
        return CausalLm.load(folder, LoadOptions.inference(Dtype.F32));
    }

    private static List<Question> questions(int n) {
        SplittableRandom random = new SplittableRandom(7);
        List<Question> questions = new ArrayList<>();
        for (int q = 0; q < n; q++) {
            String[] answers = new String[2 + random.nextInt(4)];
            for (int a = 0; a < answers.length; a++) {
                answers[a] = TinyModels.words(random, 1 + random.nextInt(12));
            }
            questions.add(TinyModels.question("q" + q, TinyModels.words(random, 1 + random.nextInt(15)), answers));
        }
        return questions;
    }

    /** PITFALLS 27: alone, and in ten different batches. */
    @Test
    void aRewardIsTheSameWhateverItIsAskedBeside() {
        Path folder = TinyModels.folder(dir, "llama-seqcls");
        List<Question> all = questions(12);
        try (CausalLm plain = load(folder);
                RewardJudge judge = new RewardJudge(load(folder), TextModel.open(folder, null), false, 4096)) {
            TextModel text = TextModel.open(folder, null);
            for (Question question : all.subList(0, 3)) {
                double[] alone = judge.judge(List.of(question)).get(0).scores();
                for (int a = 0; a < alone.length; a++) {
                    assertThat(alone[a])
                            .isCloseTo(
                                    alone(
                                            plain,
                                            text,
                                            question.prompt(),
                                            question.answers().get(a)),
                                    within(1e-5));
                }
                Random random = new Random(question.id().hashCode());
                for (int batch = 0; batch < 10; batch++) {
                    List<Question> beside = new ArrayList<>(all);
                    Collections.shuffle(beside, random);
                    beside.remove(question);
                    int at = random.nextInt(4);
                    beside.add(at, question);
                    assertThat(judge.judge(beside.subList(0, 4)).get(at).scores())
                            .isEqualTo(alone); // to the last bit
                }
            }
        }
    }

    /** The score of one document through the model itself. */
    private static double alone(CausalLm model, TextModel text, Conversation prompt, String answer) {
        TextModel.Pair pair = text.split(prompt, answer);
        int[] ids = new int[pair.prompt().length + pair.answer().length];
        System.arraycopy(pair.prompt(), 0, ids, 0, pair.prompt().length);
        System.arraycopy(pair.answer(), 0, ids, pair.prompt().length, pair.answer().length);
        assertThat(ids[ids.length - 1]).isEqualTo(2);
        return model.scores(PackedBatch.of(List.of(PromptTree.document("d", ids, new boolean[ids.length]))))[0];
    }

    @Test
    void equalTextsTieAndWhatDoesNotFitFails() {
        Path folder = TinyModels.folder(dir, "llama-seqcls");
        try (RewardJudge judge = new RewardJudge(load(folder), TextModel.open(folder, null), false, 40)) {
            SplittableRandom random = new SplittableRandom(1);
            String twice = TinyModels.words(random, 9);
            Judgement judgement = judge.judge(List.of(TinyModels.question(
                            "q",
                            "w1 w2 w3",
                            twice,
                            TinyModels.words(random, 30),
                            twice,
                            "",
                            TinyModels.words(random, 90))))
                    .get(0);
            assertThat(judgement.scores()[0]).isEqualTo(judgement.scores()[2]);
            assertThat(judgement.failures()).containsExactly(null, null, null, null, "too_long");
            // The same without neighbours, which take another number of passes at 40 tokens each.
            assertThat(judgement.scores()[1])
                    .isCloseTo(
                            judge.judge(List.of(
                                            TinyModels.question("q", "w1 w2 w3", TinyModels.words(afterNine(), 30))))
                                    .get(0)
                                    .scores()[0],
                            within(1e-5));
            Question system = new Question(
                    "q",
                    Conversation.of(new Message("system", "w1"), new Message("user", "w2")),
                    List.of("w3"),
                    Json.object());
            assertThat(judge.judge(List.of(system)).get(0).failures()).containsExactly("template");
        }
    }

    private static SplittableRandom afterNine() {
        SplittableRandom random = new SplittableRandom(1);
        TinyModels.words(random, 9);
        return random;
    }

    @Test
    void theEndingSaysWhereTheScoreIsRead() {
        Path folder = TinyModels.folder(dir, "llama-seqcls");
        Question question = TinyModels.question("q", "w1 w2", "w5 w6 w7");
        try (CausalLm plain = load(folder);
                RewardJudge stop = new RewardJudge(load(folder), TextModel.open(folder, null), false, 4096);
                RewardJudge whole = new RewardJudge(load(folder), TextModel.open(folder, null), true, 4096)) {
            TextModel text = TextModel.open(folder, null);
            TextModel.Pair pair = text.split(question.prompt(), "w5 w6 w7");
            int lineBreak = text.tokenizer().idOf("\n").orElseThrow();
            int[] ids = java.util.stream.IntStream.concat(
                            java.util.stream.IntStream.concat(
                                    java.util.Arrays.stream(pair.prompt()), java.util.Arrays.stream(pair.answer())),
                            java.util.stream.IntStream.of(lineBreak))
                    .toArray();
            double expected =
                    plain.scores(PackedBatch.of(List.of(PromptTree.document("d", ids, new boolean[ids.length]))))[0];
            assertThat(whole.judge(List.of(question)).get(0).scores()[0]).isCloseTo(expected, within(1e-5));
            assertThat(stop.judge(List.of(question)).get(0).scores()[0])
                    .isCloseTo(alone(plain, text, question.prompt(), "w5 w6 w7"), within(1e-5))
                    .isNotCloseTo(expected, within(1e-4));
            assertThat(whole.identity()).isNotEqualTo(stop.identity());
        }
    }

    @Test
    void aLanguageModelIsNoRewardModel() {
        Path folder = TinyModels.folder(dir, "llama");
        assertThatThrownBy(() -> Judges.open(
                        JudgeSpec.parse("reward:" + folder), Judges.Context.of(dir.resolve("replies.jsonl"))))
                .isInstanceOf(BadInput.class)
                .hasMessageContaining("one label");
    }

    @Test
    void theImplicitRewardIsTheDifferenceOfSums() {
        Path policyFolder = TinyModels.folder(dir, "llama");
        Path referenceFolder = TinyModels.folder(dir, "llama-tied");
        TextModel text = TextModel.open(policyFolder, null);
        List<Question> all = questions(5);
        try (CausalLm policy = load(policyFolder);
                CausalLm reference = load(referenceFolder);
                Judge judge = Judges.open(
                        JudgeSpec.parse("implicit:" + policyFolder + "," + referenceFolder),
                        Judges.Context.of(dir.resolve("replies.jsonl")));
                Judge same = Judges.open(
                        JudgeSpec.parse("implicit:" + policyFolder + "," + policyFolder),
                        Judges.Context.of(dir.resolve("replies.jsonl")))) {
            for (Question question : all) {
                double[] scores = judge.judge(List.of(question)).get(0).scores();
                for (int a = 0; a < scores.length; a++) {
                    TextModel.Pair pair =
                            text.split(question.prompt(), question.answers().get(a));
                    PackedBatch batch =
                            PackedBatch.of(List.of(PromptTree.answers("d", pair.prompt(), List.of(pair.answer()))));
                    double sum = 0;
                    float[] mine = policy.logps(batch);
                    float[] theirs = reference.logps(batch);
                    assertThat(mine).hasSize(pair.answer().length);
                    for (int t = 0; t < mine.length; t++) {
                        sum += (double) mine[t] - theirs[t];
                    }
                    assertThat(scores[a]).isCloseTo(0.1 * sum, within(1e-5));
                    assertThat(Math.abs(scores[a])).isGreaterThan(1e-4);
                }
                assertThat(same.judge(List.of(question)).get(0).scores()).containsOnly(0);
            }
        }
    }

    @Test
    void aReferenceWithAnotherTokenizerIsRefused() throws IOException {
        Path policy = TinyModels.folder(dir, "llama");
        Path reference = TinyModels.folder(dir, "llama-tied");
        Path file = reference.resolve("tokenizer.json");
        Files.writeString(file, Files.readString(file).replace("\"w69\"", "\"x69\""));
        assertThatThrownBy(() -> Judges.open(
                        JudgeSpec.parse("implicit:" + policy + "," + reference),
                        Judges.Context.of(dir.resolve("replies.jsonl"))))
                .isInstanceOf(BadInput.class)
                .hasMessageContaining("tokenizer");
    }

    /** LION.md 2.11. */
    @Test
    void pairRmAggregatesAsInTheGolden() {
        Judgement judgement =
                PairRmJudge.judgement(new PairMatrix(new double[][] {{0, 1, -2}, {-.5, 0, .3}, {1.5, -.1, 0}}));
        assertThat(judgement.scores()).containsExactly(new double[] {-0.6667, -0.3667, 1.0333}, within(1e-4));
        assertThat(judgement.pairwise()[0][2]).isEqualTo(-2);
    }

    /** Against LLM-Blender's own scores (tools/oracle/pairrm.py). */
    @Test
    void pairRmJudgesConversationsAsTheOriginalJudgesItsSourceTexts() {
        JsonNode golden = Json.read(PAIRRM.resolve("golden.json"));
        List<Question> questions = new ArrayList<>();
        for (JsonNode ranking : golden.get("rankings")) {
            List<Message> messages = new ArrayList<>();
            for (String line : ranking.get("source").asText().split("\n")) {
                String[] parts = line.split(": ", 2);
                messages.add(new Message(parts[0], parts[1]));
            }
            List<String> answers = new ArrayList<>();
            ranking.get("candidates").forEach(c -> answers.add(c.asText()));
            questions.add(new Question("g", new Conversation(messages), answers, Json.object()));
            assertThat(PairRmJudge.source(questions.get(questions.size() - 1)))
                    .isEqualTo(ranking.get("source").asText());
        }
        try (PairRmJudge judge = new PairRmJudge(PAIRRM, false, 1);
                PairRmJudge faithful = new PairRmJudge(PAIRRM, true, questions.size())) {
            List<Judgement> judgements = judge.judge(questions);
            int changed = 0;
            List<Judgement> together = faithful.judge(questions);
            for (int q = 0; q < questions.size(); q++) {
                JsonNode expected = golden.get("rankings").get(q).get("scores");
                for (int a = 0; a < expected.size(); a++) {
                    assertThat(judgements.get(q).scores()[a])
                            .isCloseTo(expected.get(a).asDouble(), within(1e-4));
                }
                // Alone, the faithful budget is the prompt's own; beside a longer prompt it is not.
                assertThat(faithful.judge(List.of(questions.get(q))).get(0).scores())
                        .isEqualTo(judgements.get(q).scores());
                changed += java.util.Arrays.equals(
                                together.get(q).scores(), judgements.get(q).scores())
                        ? 0
                        : 1;
            }
            assertThat(changed).isPositive();
            assertThat(judgements.get(1).scores()[0])
                    .isEqualTo(judgements.get(1).scores()[3]); // the golden's equal answers
        }
    }

    @Test
    void aRecipeOpensEveryKind() throws IOException {
        Path reward = TinyModels.folder(dir, "llama-seqcls");
        Path yaml = Files.writeString(
                dir.resolve("judges.yaml"),
                "- {type: reward, path: '" + reward + "', weight: 2}\n- {type: pairrm, path: '" + PAIRRM
                        + "', faithful: true}\n- {type: rule, rule: {prefer: shorter}}\n");
        List<JudgeRecipe> recipes = JudgeSpec.parse(yaml.toString());
        try (Judge judge = Judges.open(recipes, Judges.Context.of(dir.resolve("replies.jsonl")))) {
            Judgement judgement = judge.judge(List.of(TinyModels.question("q", "w1", "w2 w3", "w4")))
                    .get(0);
            assertThat(judgement.scores()[0] + judgement.scores()[1]).isCloseTo(1, within(1e-12));
            assertThat(judge.identity())
                    .contains("[2.0 reward ")
                    .contains("faithful 8")
                    .contains("rule");
        }
    }
}
