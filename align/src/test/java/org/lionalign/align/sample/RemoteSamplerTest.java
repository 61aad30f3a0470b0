package org.lionalign.align.sample;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lionalign.align.remote.ChatEndpoint;
import org.lionalign.align.remote.ChatOutcome;
import org.lionalign.align.remote.ChatReply;
import org.lionalign.align.remote.ChatRequest;
import org.lionalign.core.chat.Conversation;
import org.lionalign.core.chat.Message;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.json.Json;
import org.lionalign.core.recipe.SampleRecipe;

/** Over a scripted endpoint. */
class RemoteSamplerTest {
    private static final int PROMPTS = 40;

    @TempDir
    Path dir;

    private final List<ChatRequest> asked = new ArrayList<>();

    private static List<Prompt> prompts() {
        List<Prompt> prompts = new ArrayList<>();
        for (int i = 0; i < PROMPTS; i++) {
            ObjectNode row = Json.object().put("prompt", "Question " + i);
            prompts.add(new Prompt(
                    "q.jsonl:" + (i + 1), "q.jsonl", Conversation.of(new Message("user", "Question " + i)), row));
        }
        return prompts;
    }

    private Sampling sampling(int answers, BiFunction<Integer, ChatRequest, ChatOutcome> script) {
        ChatEndpoint endpoint = new ChatEndpoint() {
            @Override
            public String identity() {
                return "script";
            }

            @Override
            public List<ChatOutcome> complete(List<ChatRequest> requests) {
                List<ChatOutcome> outcomes = new ArrayList<>();
                for (ChatRequest request : requests) {
                    asked.add(request);
                    String question = request.messages().get(0).content();
                    outcomes.add(script.apply(Integer.parseInt(question.substring("Question ".length())), request));
                }
                return outcomes;
            }
        };
        SampleRecipe recipe = new SampleRecipe(answers, 0.8, 1.0, 0, 64, List.of(), null, null, null);
        return new Sampling(new RemoteSampler(endpoint, "m", recipe, 3), new AnswerStore(dir.resolve("store.jsonl")));
    }

    private static ChatOutcome reply(int n, String finish, String text) {
        List<ChatReply.Choice> choices = new ArrayList<>();
        for (int i = 0; i < n; i++) {
            choices.add(new ChatReply.Choice(text + " " + i, finish, List.of()));
        }
        return new ChatOutcome.Replied(new ChatReply(choices, "m-2024", 5, 7), false);
    }

    /** PITFALLS 32: nothing is left out in silence. */
    @Test
    void aSamplerThatFailsOnEveryTenthPromptIsAccountedForByNameAndAskedAgain() throws IOException {
        Sampling first = sampling(
                3,
                (q, request) -> q % 10 == 0
                        ? new ChatOutcome.Failed("timeout", "no answer in 120 s", 6)
                        : reply(request.n(), "stop", "answer to " + q));
        assertThat(first.run(prompts(), done -> {}, () -> false)).isTrue();
        JsonNode ledger = first.write(prompts(), dir.resolve("rows.jsonl")).toJson();
        assertThat(ledger.path("answered_in_full").asInt()).isEqualTo(36);
        assertThat(ledger.path("failures").path("timeout").asInt()).isEqualTo(12);
        List<String> named = new ArrayList<>();
        ledger.path("lacking").forEach(one -> named.add(one.path("id").asText()));
        assertThat(named).containsExactly("q.jsonl:1", "q.jsonl:11", "q.jsonl:21", "q.jsonl:31");
        JsonNode row = Json.parse(Files.readAllLines(dir.resolve("rows.jsonl")).get(10), "row");
        assertThat(row.path("answers")).isEmpty();
        assertThat(row.path("failures").get(2).path("detail").asText()).isEqualTo("no answer in 120 s");

        asked.clear();
        Sampling second = sampling(3, (q, request) -> reply(request.n(), "stop", "late answer to " + q));
        assertThat(second.run(prompts(), done -> {}, () -> false)).isTrue();
        assertThat(asked).hasSize(4); // what was answered is not paid for again
        ledger = second.write(prompts(), dir.resolve("rows.jsonl")).toJson();
        assertThat(ledger.path("answered_in_full").asInt()).isEqualTo(PROMPTS);
        assertThat(ledger.path("failures")).isEmpty();
    }

    @Test
    void exactlyTheMissingIndicesAreAskedForAgain() {
        Sampling first = sampling(3, (q, request) -> {
            List<ChatReply.Choice> choices = new ArrayList<>();
            for (int i = 0; i < request.n(); i++) {
                choices.add(new ChatReply.Choice("answer " + i, i == 1 ? "content_filter" : "stop", List.of()));
            }
            return new ChatOutcome.Replied(new ChatReply(choices, "m-2024", 5, 7), false);
        });
        assertThat(first.run(prompts(), done -> {}, () -> false)).isTrue();

        // Stopped before anything is asked again: an old failure is not the end of this run.
        asked.clear();
        Sampling stopped = sampling(3, (q, request) -> reply(request.n(), "stop", "late"));
        assertThat(stopped.run(prompts(), done -> {}, () -> true)).isFalse();
        assertThat(asked).isEmpty();

        Sampling second = sampling(3, (q, request) -> reply(request.n(), "stop", "late"));
        assertThat(second.run(prompts(), done -> {}, () -> false)).isTrue();
        assertThat(asked).hasSize(PROMPTS).allMatch(request -> request.n() == 1);
        List<Drawn> answers = second.answered(prompts().get(4)).answers();
        assertThat(answers).extracting(Drawn::index).containsExactly(0, 1, 2);
        assertThat(answers).extracting(Drawn::text).containsExactly("answer 0", "late 0", "answer 2");
        assertThat(second.answered(prompts().get(4)).failures()).isEmpty();
    }

    @Test
    void aServerThatGivesOneAnswerAtATimeIsAskedForTheRest() throws IOException {
        Sampling sampling = sampling(4, (q, request) -> reply(1, q == 3 ? "length" : "stop", "seed " + request.seed()));
        assertThat(sampling.run(prompts(), done -> {}, () -> false)).isTrue();
        JsonNode ledger = sampling.write(prompts(), dir.resolve("rows.jsonl")).toJson();
        assertThat(ledger.path("answered_in_full").asInt()).isEqualTo(PROMPTS);
        assertThat(ledger.path("finish").path("length").asInt()).isEqualTo(4);
        assertThat(ledger.path("distinct_answers_for_each").asDouble()).isEqualTo(4); // every request has its own seed
        JsonNode answer = Json.parse(
                        Files.readAllLines(dir.resolve("rows.jsonl")).get(0), "row")
                .path("answers")
                .get(2);
        assertThat(answer.path("version").asText()).isEqualTo("m-2024");
        assertThat(answer.has("ids")).isFalse();

        // More answers later: only what is new is asked for.
        asked.clear();
        Sampling more = sampling(6, (q, request) -> reply(request.n(), "stop", "more"));
        more.run(prompts(), done -> {}, () -> false);
        assertThat(asked).hasSize(PROMPTS).allMatch(request -> request.n() == 2);
    }

    @Test
    void whatIsNoAnswerIsAFailure() {
        Sampling sampling =
                sampling(2, (q, request) -> q == 5 ? reply(0, "stop", "") : reply(2, "content_filter", "x"));
        sampling.run(prompts(), done -> {}, () -> false);
        JsonNode ledger = sampling.write(prompts(), dir.resolve("rows.jsonl")).toJson();
        assertThat(ledger.path("answers").asInt()).isZero();
        assertThat(ledger.path("failures").path("finish").asInt()).isEqualTo(2 * (PROMPTS - 1));
        assertThat(ledger.path("failures").path("garbled").asInt()).isEqualTo(2);
        assertThatThrownBy(() -> new RemoteSampler(
                        new ChatEndpoint() {
                            @Override
                            public String identity() {
                                return "x";
                            }

                            @Override
                            public List<ChatOutcome> complete(List<ChatRequest> requests) {
                                return List.of();
                            }
                        },
                        "m",
                        new SampleRecipe(2, 1.0, 1.0, 40, 64, List.of(), null, null, null),
                        1))
                .isInstanceOf(BadInput.class)
                .hasMessageContaining("top_k");
    }
}
