package org.lionalign.align.judge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.lionalign.align.remote.CachingEndpoint;
import org.lionalign.align.remote.ChatEndpoint;
import org.lionalign.align.remote.ChatOutcome;
import org.lionalign.align.remote.ChatReply;
import org.lionalign.align.remote.ChatRequest;
import org.lionalign.align.remote.FakeServer;
import org.lionalign.align.remote.FakeServer.Reaction;
import org.lionalign.align.remote.OpenAiEndpoint;
import org.lionalign.align.remote.ReplayEndpoint;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.http.RetryPolicy;
import org.lionalign.core.json.Json;
import org.lionalign.core.recipe.JudgeRecipe;

/** A language model as judge: verdicts, what its weaknesses may not become, and what it costs. */
@Timeout(120)
class LlmJudgeTest {
    @TempDir
    Path dir;

    /** A model that is given its words. */
    private record Scripted(Function<String, ChatOutcome> script, List<ChatRequest> asked) implements ChatEndpoint {
        static Scripted says(Function<String, String> words) {
            return new Scripted(text -> replied(words.apply(text), "stop"), new ArrayList<>());
        }

        @Override
        public String identity() {
            return "scripted";
        }

        @Override
        public List<ChatOutcome> complete(List<ChatRequest> requests) {
            asked.addAll(requests);
            return requests.stream()
                    .map(r -> script.apply(
                            r.messages().get(r.messages().size() - 1).content()))
                    .toList();
        }
    }

    private static ChatOutcome replied(String text, String finish) {
        return new ChatOutcome.Replied(
                new ChatReply(List.of(new ChatReply.Choice(text, finish, List.of())), "m", 5, 2), false);
    }

    private static final Pattern ANSWERS =
            Pattern.compile("<answer_a>\n(.*?)\n</answer_a>.*<answer_b>\n(.*?)\n</answer_b>", Pattern.DOTALL);

    private static String longer(String asked) {
        Matcher matcher = ANSWERS.matcher(asked);
        assertThat(matcher.find()).isTrue();
        int a = matcher.group(1).length();
        int b = matcher.group(2).length();
        return "I first thought [[C]]. But: [[" + (a > b ? "A" : a < b ? "B" : "C") + "]]";
    }

    private static Judgement pairwise(ChatEndpoint endpoint, String... answers) {
        LlmJudge judge = new LlmJudge(endpoint, "m", JudgePrompt.shipped("pairwise"));
        return judge.judge(List.of(TinyModels.question("q", "what?", answers))).get(0);
    }

    @Test
    void everyPairIsAskedInBothOrdersAndTheBestWinsMost() {
        Scripted model = Scripted.says(LlmJudgeTest::longer);
        Judgement judgement = pairwise(model, "bb", "a", "cccc", "ddd");
        assertThat(model.asked()).hasSize(12);
        assertThat(model.asked())
                .allMatch(r -> r.temperature() == 0 && r.n() == 1 && r.model().equals("m"));
        assertThat(judgement.scores()).containsExactly(-1 / 3.0, -1, 1, 1 / 3.0);
        assertThat(judgement.pairwise()[2]).containsExactly(1, 1, 0, 1);
        assertThat(judgement.pairwise()[1]).containsExactly(-1, 0, -1, -1);
    }

    @Test
    void aJudgeThatAlwaysTiesSaysNothing() {
        Judgement judgement = pairwise(Scripted.says(text -> "[[C]]"), "a", "bb", "ccc");
        assertThat(judgement.scores()).containsExactly(0, 0, 0);
        assertThat(judgement.failures()).containsOnlyNulls();
    }

    @Test
    void aJudgeThatFlipsByOrderTiesAndIsCounted() {
        Question question = TinyModels.question("q", "what?", "a", "bb", "ccc");
        Judgement judgement = pairwise(Scripted.says(text -> "[[A]]"), "a", "bb", "ccc");
        assertThat(judgement.scores()).containsExactly(0, 0, 0);
        JudgeStatistics statistics = new JudgeStatistics();
        statistics.add(question, judgement);
        assertThat(statistics.toJson().get("swap_inconsistency").asDouble()).isEqualTo(1);
        assertThat(statistics.toJson().get("first_wins").asDouble()).isEqualTo(1);
        assertThat(statistics.toJson().get("tie_rate").asDouble()).isEqualTo(1);
    }

    @Test
    void aJudgeThatAlwaysFailsNeverScores() {
        record Case(ChatOutcome outcome, String failure) {}
        for (Case c : List.of(
                new Case(new ChatOutcome.Failed("timeout", "", 6), "timeout"),
                new Case(new ChatOutcome.Failed("refused", "", 1), "refused"),
                new Case(new ChatOutcome.Failed("unavailable", "", 6), "unavailable"),
                new Case(replied("Both are nice.", "stop"), "unparsed"),
                new Case(replied("[[D]]", "stop"), "unparsed"),
                new Case(replied("A is better because", "length"), "unparsed"),
                new Case(replied("[[A]]", "content_filter"), "refused"),
                new Case(replied("", "refusal"), "refused"))) {
            LlmJudge judge = new LlmJudge(
                    new Scripted(text -> c.outcome(), new ArrayList<>()), "m", JudgePrompt.shipped("pairwise"));
            Judgement judgement = judge.judge(List.of(TinyModels.question("q", "what?", "a", "b")))
                    .get(0);
            assertThat(judgement.scores()).containsOnly(Double.NaN);
            assertThat(judgement.failures()).containsOnly(c.failure());
            ObjectNode usage = judge.usage();
            long counted = usage.path(c.outcome() instanceof ChatOutcome.Failed ? "failed" : "unusable")
                    .path(c.failure())
                    .asLong();
            assertThat(counted).isEqualTo(2);
        }
    }

    /** One comparison without a verdict costs that comparison; an answer keeps its score while half of its comparisons stand. */
    @Test
    void aFailedComparisonIsLeftOutInBothOrders() {
        Judgement judgement = pairwise(
                Scripted.says(text -> text.contains("<answer_a>\na\n") && text.contains("<answer_b>\nccc\n")
                        ? "cannot say"
                        : longer(text)),
                "a",
                "bb",
                "ccc");
        assertThat(judgement.scores()).containsExactly(-1, 0, 1);
        assertThat(judgement.pairwise()[0][2]).isNaN();
        assertThat(judgement.pairwise()[2][0]).isEqualTo(1);
        Judgement two = pairwise(
                Scripted.says(text -> text.contains("<answer_a>\na\n") ? "cannot say" : longer(text)),
                "a",
                "bb",
                "ccc");
        assertThat(two.failures()).containsExactly("unparsed", null, null);
        assertThat(two.scores()[1]).isEqualTo(-1);
        assertThat(two.scores()[2]).isEqualTo(1);
    }

    @Test
    void equalTextsAreAskedAboutOnceAndAnswersCannotNamePlaceholders() {
        Scripted model = Scripted.says(LlmJudgeTest::longer);
        Judgement judgement = pairwise(model, "{answer_b} $1 \\ {question}", "x", "x");
        assertThat(model.asked()).hasSize(2);
        assertThat(model.asked().get(0).messages().get(1).content())
                .contains("<answer_a>\n{answer_b} $1 \\ {question}\n</answer_a>")
                .contains("user: what?");
        assertThat(judgement.scores()).containsExactly(1, -1, -1);
        assertThat(judgement.pairwise()[1][2]).isZero();
        assertThat(pairwise(model, "x", "x").scores()).containsExactly(0, 0);
        assertThat(model.asked()).hasSize(2);
    }

    @Test
    void ratingsAreReadWithinTheirBounds() {
        LlmJudge judge = new LlmJudge(
                Scripted.says(text -> text.contains("\ngood\n")
                        ? "Fine. [[8.5]]"
                        : text.contains("\nbad\n") ? "[[11]]" : text.contains("\nodd\n") ? "eight" : "[[3]] no: [[4]]"),
                "m",
                JudgePrompt.shipped("score"));
        Judgement judgement = judge.judge(List.of(TinyModels.question("q", "what?", "good", "bad", "odd", "other")))
                .get(0);
        assertThat(judgement.scores()).containsExactly(8.5, Double.NaN, Double.NaN, 4);
        assertThat(judgement.failures()).containsExactly(null, "unparsed", "unparsed", null);
        assertThat(judgement.pairwise()).isNull();
    }

    @Test
    void theShippedPromptsAreTheRepositorysFiles() {
        Path folder = Path.of(System.getProperty("lion.root", ".."), "recipes/judges");
        for (String mode : List.of("pairwise", "score")) {
            assertThat(JudgePrompt.read(folder.resolve(mode + ".yaml"))).isEqualTo(JudgePrompt.shipped(mode));
        }
    }

    @Test
    void promptFilesAreReadStrictly() throws IOException {
        String good = Files.readString(
                Path.of(System.getProperty("lion.root", ".."), "recipes/judges").resolve("pairwise.yaml"));
        record Case(String from, String to, String complaint) {}
        for (Case c : List.of(
                new Case("{answer_b}", "{answer_a}", "{answer_b}"),
                new Case("{conversation}", "{answer_c}", "placeholders"),
                new Case("first: A\n", "", "first"),
                new Case("[ABC]", "A", "XX"),
                new Case("([ABC])", "[ABC]", "one group"),
                new Case("mode: pairwise", "mode: triple", "mode"),
                new Case("max_tokens", "max_token", "did you mean max_tokens"))) {
            if (c.complaint().equals("XX")) {
                continue; // a verdict that knows fewer texts is allowed
            }
            Path file = Files.writeString(dir.resolve("p.yaml"), good.replace(c.from(), c.to()));
            assertThatThrownBy(() -> JudgePrompt.read(file))
                    .as(c.toString())
                    .isInstanceOf(BadInput.class)
                    .hasMessageContaining("p.yaml")
                    .hasMessageContaining(c.complaint());
        }
    }

    private static List<Question> questions() {
        List<Question> questions = new ArrayList<>();
        for (int q = 0; q < 12; q++) {
            questions.add(TinyModels.question("q" + q, "question " + q, "a", "bb" + q, "ccc " + q));
        }
        return questions;
    }

    /** 429, 500, garbage, half an answer: all is judged, a kill in the middle included, and no verdict is bought twice. */
    @Test
    void aBadServerIsLivedWithAndNothingIsPaidForTwice() {
        Path cache = dir.resolve("replies.jsonl");
        RetryPolicy quick = new RetryPolicy(8, Duration.ofMillis(1), Duration.ofMillis(4), Duration.ofMinutes(1));
        try (FakeServer server = new FakeServer((body, earlier) -> {
            int fault = new SplittableRandom(17L * body.hashCode() + earlier).nextInt(10);
            return earlier > 4 || fault > 3
                    ? Reaction.answer(
                            longer(body.get("messages").get(1).get("content").asText()))
                    : fault == 0
                            ? Reaction.tooMany("0")
                            : fault == 1 ? Reaction.status(500) : fault == 2 ? Reaction.garbage() : Reaction.half();
        })) {
            Function<JudgePrompt, LlmJudge> open = prompt -> new LlmJudge(
                    new CachingEndpoint(OpenAiEndpoint.open(server.recipe(), quick), cache), "fake", prompt);
            int[] heard = {0};
            try (LlmJudge judge = open.apply(JudgePrompt.shipped("pairwise"))) {
                assertThatThrownBy(() -> judge.judge(questions(), (q, judgement) -> {
                            if (++heard[0] == 4) {
                                throw new IllegalStateException("killed");
                            }
                        }))
                        .hasMessage("killed");
            }
            try (LlmJudge judge = open.apply(JudgePrompt.shipped("pairwise"))) {
                List<Judgement> judgements = judge.judge(questions());
                assertThat(judgements).allMatch(j -> j.scores()[2] == 1 && j.scores()[0] == -1);
                ObjectNode usage = judge.usage();
                assertThat(usage.get("cached").asLong()).isGreaterThanOrEqualTo(4 * 6);
                assertThat(usage.get("requests").asLong() + usage.get("cached").asLong())
                        .isEqualTo(12 * 6);
                assertThat(usage.get("prompt_tokens").asLong())
                        .isEqualTo(10 * usage.get("requests").asLong());
            }
            int paid = server.answersByContent().values().stream()
                    .mapToInt(Integer::intValue)
                    .sum();
            // What was on the wire when the process died may have been answered to nobody; nothing else is asked again.
            assertThat(paid).isBetween(72, 72 + server.recipe().concurrency());
            int requests = server.requests();
            try (LlmJudge judge = open.apply(JudgePrompt.shipped("pairwise"))) {
                judge.judge(questions());
                assertThat(judge.usage().get("requests").asLong()).isZero();
            }
            assertThat(server.requests()).isEqualTo(requests);
            // The cache replays without any server.
            LlmJudge replayed = new LlmJudge(new ReplayEndpoint(cache), "fake", JudgePrompt.shipped("pairwise"));
            assertThat(replayed.judge(questions())).allMatch(j -> j.scores()[2] == 1);
        }
    }

    @Test
    void aRecipeOpensItWithItsOwnPromptFile() throws IOException {
        JsonNode asked;
        Path prompt = Files.writeString(
                dir.resolve("mine.yaml"),
                "mode: score\nuser: 'Q {question} A {answer}'\nverdict: 'Score: (\\d+)'\nlowest: 0\nhighest: 100\n");
        try (FakeServer server = new FakeServer((body, earlier) -> Reaction.answer("Score: 77"))) {
            Path yaml = Files.writeString(
                    dir.resolve("j.yaml"),
                    "- {type: llm, mode: score, prompt: '" + prompt + "', server: {url: '" + server.url()
                            + "', model: judge-1}}\n");
            List<JudgeRecipe> recipes = JudgeSpec.parse(yaml.toString());
            try (Judge judge = Judges.open(recipes, Judges.Context.of(dir.resolve("replies.jsonl")))) {
                assertThat(judge.judge(List.of(TinyModels.question("q", "hm", "yes")))
                                .get(0)
                                .scores())
                        .containsExactly(77);
            }
            asked = Json.parse(String.valueOf(server.lastBody()), "body");
            assertThat(asked.get("model").asText()).isEqualTo("judge-1");
            assertThat(asked.get("messages").get(0).get("content").asText()).isEqualTo("Q hm A yes");
            Path wrong = Files.writeString(
                    dir.resolve("w.yaml"), Files.readString(yaml).replace("mode: score", "mode: pairwise"));
            assertThatThrownBy(() -> Judges.open(
                            JudgeSpec.parse(wrong.toString()), Judges.Context.of(dir.resolve("replies.jsonl"))))
                    .isInstanceOf(BadInput.class)
                    .hasMessageContaining("mode");
        }
    }
}
