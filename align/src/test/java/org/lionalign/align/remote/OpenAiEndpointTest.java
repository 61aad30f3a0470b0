package org.lionalign.align.remote;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.lionalign.align.remote.FakeServer.Reaction;
import org.lionalign.core.chat.Message;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.http.RetryPolicy;
import org.lionalign.core.http.Time;
import org.lionalign.core.json.Json;
import org.lionalign.core.recipe.ServerRecipe;

/** LION.md E1 and what servers do to their clients. */
@Timeout(60)
class OpenAiEndpointTest {
    /** A clock that waiting moves. */
    private static final class FakeTime implements Time {
        private final List<Duration> waits = new ArrayList<>();
        private long now;

        @Override
        public synchronized long nanos() {
            return now;
        }

        @Override
        public synchronized void sleep(Duration duration) {
            waits.add(duration);
            now += duration.toNanos();
        }
    }

    private final FakeTime time = new FakeTime();
    private final RetryPolicy policy =
            new RetryPolicy(4, Duration.ofSeconds(1), Duration.ofSeconds(30), Duration.ofMinutes(5));

    private OpenAiEndpoint open(FakeServer server) {
        return new OpenAiEndpoint(server.recipe(), null, policy, time);
    }

    static ChatRequest request(String text) {
        return new ChatRequest("fake", List.of(new Message("user", text)), 1, 0, 1, 16, List.of(), null, 0);
    }

    private ChatOutcome ask(FakeServer server) {
        try (OpenAiEndpoint endpoint = open(server)) {
            return endpoint.complete(List.of(request("hi"))).get(0);
        }
    }

    @Test
    void successIsExactlyOneCall() {
        try (FakeServer server = new FakeServer((body, earlier) -> Reaction.answer("yes"))) {
            ChatOutcome.Replied replied = (ChatOutcome.Replied) ask(server);
            assertThat(replied.reply().choices().get(0).text()).isEqualTo("yes");
            assertThat(replied.reply().choices().get(0).finish()).isEqualTo("stop");
            assertThat(replied.reply().servedModel()).isEqualTo("fake-1");
            assertThat(replied.reply().promptTokens()).isEqualTo(10);
            assertThat(replied.reply().completionTokens()).isEqualTo(3);
            assertThat(replied.cached()).isFalse();
            assertThat(server.requests()).isEqualTo(1);
            assertThat(time.waits).isEmpty();
        }
    }

    @Test
    void twoFailuresThenSuccessAreThreeCalls() {
        for (Reaction failure : List.of(
                Reaction.status(408),
                Reaction.status(409),
                Reaction.status(429),
                Reaction.status(500),
                Reaction.status(503),
                Reaction.garbage(),
                Reaction.body(200, "{\"choices\":[]}"),
                Reaction.half())) {
            time.waits.clear();
            try (FakeServer server =
                    new FakeServer((body, earlier) -> earlier < 2 ? failure : Reaction.answer("at last"))) {
                assertThat(ask(server)).as(failure.toString()).isInstanceOf(ChatOutcome.Replied.class);
                assertThat(server.requests()).isEqualTo(3);
                assertThat(time.waits).hasSize(2);
                assertThat(time.waits.get(0)).isBetween(Duration.ofMillis(500), Duration.ofMillis(1000));
                assertThat(time.waits.get(1)).isBetween(Duration.ofMillis(1000), Duration.ofMillis(2000));
            }
        }
    }

    @Test
    void failuresKeepTheirKindsAndAttempts() {
        record Case(Reaction reaction, String kind, int attempts) {}
        for (Case c : List.of(
                new Case(Reaction.status(429), "unavailable", 4),
                new Case(Reaction.status(502), "unavailable", 4),
                new Case(Reaction.garbage(), "garbled", 4),
                new Case(Reaction.half(), "unavailable", 4),
                new Case(Reaction.status(400), "refused", 1),
                new Case(Reaction.status(401), "refused", 1),
                new Case(Reaction.status(404), "refused", 1))) {
            try (FakeServer server = new FakeServer((body, earlier) -> c.reaction())) {
                ChatOutcome.Failed failed = (ChatOutcome.Failed) ask(server);
                assertThat(failed.kind()).as(c.toString()).isEqualTo(c.kind());
                assertThat(failed.attempts()).isEqualTo(c.attempts());
                assertThat(server.requests()).isEqualTo(c.attempts());
            }
        }
    }

    @Test
    void silenceAfterTheHeadersIsATimeout() {
        try (FakeServer server =
                new FakeServer((body, earlier) -> earlier == 0 ? Reaction.silence() : Reaction.answer("late"))) {
            ServerRecipe impatient = new ServerRecipe(server.url(), "fake", "NONE", 1, 0, 1);
            try (OpenAiEndpoint endpoint = new OpenAiEndpoint(impatient, null, policy, time)) {
                assertThat(endpoint.complete(List.of(request("hi"))).get(0)).isInstanceOf(ChatOutcome.Replied.class);
                assertThat(server.requests()).isEqualTo(2);
            }
        }
        try (FakeServer server = new FakeServer((body, earlier) -> Reaction.silence())) {
            ServerRecipe impatient = new ServerRecipe(server.url(), "fake", "NONE", 1, 0, 1);
            RetryPolicy once = new RetryPolicy(1, Duration.ofSeconds(1), Duration.ofSeconds(1), Duration.ofMinutes(1));
            try (OpenAiEndpoint endpoint = new OpenAiEndpoint(impatient, null, once, time)) {
                ChatOutcome.Failed failed = (ChatOutcome.Failed)
                        endpoint.complete(List.of(request("hi"))).get(0);
                assertThat(failed.kind()).isEqualTo("timeout");
            }
        }
    }

    @Test
    void aServerThatIsNotThereIsUnavailable() {
        String url;
        try (FakeServer server = new FakeServer((body, earlier) -> Reaction.answer(""))) {
            url = server.url();
        }
        try (OpenAiEndpoint endpoint =
                new OpenAiEndpoint(new ServerRecipe(url, "fake", "NONE", 5, 0, 1), null, policy, time)) {
            ChatOutcome.Failed failed = (ChatOutcome.Failed)
                    endpoint.complete(List.of(request("hi"))).get(0);
            assertThat(failed.kind()).isEqualTo("unavailable");
            assertThat(failed.attempts()).isEqualTo(4);
        }
    }

    @Test
    void retryAfterIsHonouredAndTheDeadlineToo() {
        try (FakeServer server =
                new FakeServer((body, earlier) -> earlier == 0 ? Reaction.tooMany("17") : Reaction.answer("ok"))) {
            assertThat(ask(server)).isInstanceOf(ChatOutcome.Replied.class);
            assertThat(time.waits).containsExactly(Duration.ofSeconds(17));
        }
        time.waits.clear();
        try (FakeServer server = new FakeServer((body, earlier) -> Reaction.tooMany("600"))) {
            ChatOutcome.Failed failed = (ChatOutcome.Failed) ask(server);
            assertThat(failed.attempts()).isEqualTo(1);
            assertThat(failed.detail()).contains("429").contains("no time left");
            assertThat(time.waits).isEmpty();
        }
        Instant now = Instant.parse("2026-01-01T00:00:00Z");
        assertThat(RetryPolicy.retryAfter("Thu, 01 Jan 2026 00:01:30 GMT", now)).isEqualTo(Duration.ofSeconds(90));
        assertThat(RetryPolicy.retryAfter("Wed, 31 Dec 2025 00:00:00 GMT", now)).isEqualTo(Duration.ZERO);
        assertThat(RetryPolicy.retryAfter("soon", now)).isNull();
    }

    @Test
    void backOffDoublesUpToItsLimitAndHalfOfItIsDrawn() {
        assertThat(policy.delay(1, 0)).isEqualTo(Duration.ofMillis(500));
        assertThat(policy.delay(1, 0.5)).isEqualTo(Duration.ofMillis(750));
        assertThat(policy.delay(4, 0)).isEqualTo(Duration.ofSeconds(4));
        assertThat(policy.delay(50, 0)).isEqualTo(Duration.ofSeconds(15));
    }

    @Test
    void theBoundOnRequestsInFlightHoldsAndIsReached() {
        int bound = 4;
        CountDownLatch all = new CountDownLatch(bound);
        try (FakeServer server = new FakeServer((body, earlier) -> {
                    // The first four wait for each other, so that the bound must be reached to get on at all.
                    all.countDown();
                    try {
                        return all.await(20, TimeUnit.SECONDS) ? Reaction.answer("ok") : Reaction.status(400);
                    } catch (InterruptedException e) {
                        return Reaction.status(400);
                    }
                });
                OpenAiEndpoint endpoint = open(server)) {
            List<ChatRequest> requests = new ArrayList<>();
            for (int r = 0; r < 40; r++) {
                requests.add(request("question " + r));
            }
            assertThat(endpoint.complete(requests)).hasSize(40).allMatch(o -> o instanceof ChatOutcome.Replied);
            assertThat(server.mostInFlight()).isEqualTo(bound);
        }
    }

    @Test
    void outcomesBelongToTheirRequests() {
        try (FakeServer server = new FakeServer((body, earlier) -> Reaction.answer(
                        body.get("messages").get(0).get("content").asText().toUpperCase(java.util.Locale.ROOT)));
                OpenAiEndpoint endpoint = open(server)) {
            List<ChatRequest> requests = new ArrayList<>();
            for (int r = 0; r < 30; r++) {
                requests.add(request("q" + r));
            }
            List<ChatOutcome> outcomes = endpoint.complete(requests);
            for (int r = 0; r < 30; r++) {
                ChatReply reply = ((ChatOutcome.Replied) outcomes.get(r)).reply();
                assertThat(reply.choices().get(0).text()).isEqualTo("Q" + r);
            }
        }
    }

    @Test
    void everyFieldOfARequestIsSentAndLogprobsComeBack() {
        try (FakeServer server = new FakeServer((body, earlier) -> Reaction.answer("M"));
                OpenAiEndpoint endpoint = open(server)) {
            ChatRequest full = new ChatRequest(
                    "m",
                    List.of(new Message("system", "s"), new Message("user", "u")),
                    2,
                    0.5,
                    0.9,
                    7,
                    List.of("X"),
                    3L,
                    5);
            ChatReply reply =
                    ((ChatOutcome.Replied) endpoint.complete(List.of(full)).get(0)).reply();
            JsonNode sent = Json.parse(String.valueOf(server.lastBody()), "sent");
            assertThat(Json.write(sent))
                    .isEqualTo(
                            "{\"model\":\"m\",\"messages\":[{\"role\":\"system\",\"content\":\"s\"},{\"role\":\"user\","
                                    + "\"content\":\"u\"}],\"n\":2,\"temperature\":0.5,\"top_p\":0.9,\"max_tokens\":7,\"stop\":[\"X\"],"
                                    + "\"seed\":3,\"logprobs\":true,\"top_logprobs\":5}");
            assertThat(reply.choices()).hasSize(2);
            ChatReply.Token token = reply.choices().get(1).tokens().get(0);
            assertThat(token.logprob()).isEqualTo(-0.25);
            assertThat(token.top()).containsEntry("M", -0.25).containsEntry("other", -1.5);
            assertThat(ChatJson.reply(Json.write(ChatJson.stored(reply)))).isEqualTo(reply);
        }
    }

    @Test
    void fewerThanNAreTakenAndMoreOrNoneAreNot() {
        try (FakeServer server = new FakeServer((body, earlier) -> Reaction.body(
                        200,
                        IntStream.range(1, body.path("max_tokens").asInt()) // one choice less than tokens
                                .mapToObj(i -> "{\"index\":" + (i - 1)
                                        + ",\"message\":{\"role\":\"assistant\",\"content\":\"a\"}}")
                                .collect(Collectors.joining(",", "{\"choices\":[", "]}"))));
                OpenAiEndpoint endpoint = open(server)) {
            List<ChatOutcome> outcomes = new ArrayList<>();
            for (int given : new int[] {1, 3, 4, 0}) {
                outcomes.addAll(endpoint.complete(List.of(new ChatRequest(
                        "m", List.of(new Message("user", "u")), 3, 1, 1, given + 1, List.of(), 3L, 0))));
            }
            assertThat(((ChatOutcome.Replied) outcomes.get(0)).reply().choices())
                    .hasSize(1);
            assertThat(((ChatOutcome.Replied) outcomes.get(1)).reply().choices())
                    .hasSize(3);
            ChatOutcome.Failed more = (ChatOutcome.Failed) outcomes.get(2);
            assertThat(more.kind()).isEqualTo("garbled");
            assertThat(more.detail()).contains("n = 3");
            assertThat(more.attempts()).isEqualTo(1);
            assertThat(((ChatOutcome.Failed) outcomes.get(3)).kind()).isEqualTo("garbled");
        }
    }

    @Test
    void theKeyIsSentAndNeverShown() {
        String key = "sk-verysecret123456";
        try (FakeServer server =
                        new FakeServer((body, earlier) -> Reaction.body(401, "Incorrect API key provided: " + key));
                OpenAiEndpoint endpoint = new OpenAiEndpoint(server.recipe(), key, policy, time)) {
            ChatOutcome.Failed failed = (ChatOutcome.Failed)
                    endpoint.complete(List.of(request("hi"))).get(0);
            assertThat(server.lastAuthorization()).isEqualTo("Bearer " + key);
            assertThat(failed.toString()).doesNotContain("verysecret").contains("***");
            assertThat(endpoint.identity()).doesNotContain("verysecret").contains("127.0.0.1");
            // A key that no header can hold is refused without being quoted.
            assertThatThrownBy(() -> new OpenAiEndpoint(server.recipe(), "sk-very\nsecret", policy, time))
                    .isInstanceOf(BadInput.class)
                    .hasMessageContaining("LION_TEST_NO_SUCH_KEY")
                    .hasMessageNotContaining("secret")
                    .hasNoCause();
        }
        for (String url : List.of("https://user:secret@host/v1", "https://host/v1?key=secret", "https://host/a b")) {
            assertThatThrownBy(
                            () -> new OpenAiEndpoint(new ServerRecipe(url, "m", "NONE", 1, 0, 1), null, policy, time))
                    .isInstanceOf(BadInput.class)
                    .hasMessageNotContaining("secret");
        }
    }

    @Test
    void usageCountsWhatWasPaid() {
        ChatUsage usage = new ChatUsage();
        try (FakeServer server = new FakeServer((body, earlier) ->
                        body.toString().contains("bad") ? Reaction.status(400) : Reaction.answer("ok"));
                OpenAiEndpoint endpoint = open(server)) {
            endpoint.complete(List.of(request("a"), request("bad"), request("b")))
                    .forEach(usage::add);
        }
        assertThat(Json.write(usage.toJson()))
                .isEqualTo("{\"requests\":2,\"cached\":0,\"prompt_tokens\":20,\"completion_tokens\":6,"
                        + "\"failed\":{\"refused\":1}}");
    }
}
