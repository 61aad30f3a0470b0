package org.lionalign.align.remote;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.lionalign.align.remote.FakeServer.Reaction;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.http.RetryPolicy;
import org.lionalign.core.http.Time;
import org.lionalign.core.testing.Seeds;

/** Nothing is paid for twice. */
@Timeout(120)
class CachingEndpointTest {
    @TempDir
    Path dir;

    private static List<ChatRequest> requests(int n) {
        List<ChatRequest> requests = new ArrayList<>();
        for (int r = 0; r < n; r++) {
            requests.add(OpenAiEndpointTest.request("question " + r));
        }
        return requests;
    }

    private static OpenAiEndpoint open(FakeServer server) {
        RetryPolicy policy = new RetryPolicy(6, Duration.ofMillis(1), Duration.ofMillis(2), Duration.ofMinutes(1));
        return new OpenAiEndpoint(server.recipe(), null, policy, Time.SYSTEM);
    }

    private static String text(ChatOutcome outcome) {
        return ((ChatOutcome.Replied) outcome).reply().choices().get(0).text();
    }

    @Test
    void aReplyIsPaidForOnce() {
        Path file = dir.resolve("deep/replies.jsonl");
        try (FakeServer server = new FakeServer((body, earlier) -> Reaction.answer("Ünïcode \u2028 \"quoted\"\n"))) {
            List<ChatRequest> twice = new ArrayList<>(requests(5));
            twice.addAll(requests(5)); // equal requests of one call are sent once
            List<ChatOutcome> first;
            try (CachingEndpoint endpoint = new CachingEndpoint(open(server), file)) {
                first = endpoint.complete(twice);
            }
            assertThat(server.requests()).isEqualTo(5);
            assertThat(first.stream().filter(o -> ((ChatOutcome.Replied) o).cached()))
                    .hasSize(5);
            try (CachingEndpoint endpoint = new CachingEndpoint(open(server), file)) {
                List<ChatOutcome> again = endpoint.complete(twice);
                assertThat(again).allMatch(o -> ((ChatOutcome.Replied) o).cached());
                assertThat(text(again.get(7))).isEqualTo("Ünïcode \u2028 \"quoted\"\n");
            }
            assertThat(server.requests()).isEqualTo(5);
            // The cache is a recording.
            List<ChatOutcome> replayed = new ReplayEndpoint(file).complete(requests(6));
            assertThat(text(replayed.get(4))).isEqualTo("Ünïcode \u2028 \"quoted\"\n");
            assertThat(((ChatOutcome.Failed) replayed.get(5)).detail()).contains("not recorded");
        }
    }

    @Test
    void failuresAreNotKept() {
        Path file = dir.resolve("replies.jsonl");
        try (FakeServer server = new FakeServer(
                        (body, earlier) -> earlier == 0 ? Reaction.status(400) : Reaction.answer("now"));
                CachingEndpoint endpoint = new CachingEndpoint(open(server), file)) {
            assertThat(endpoint.complete(requests(1)).get(0)).isInstanceOf(ChatOutcome.Failed.class);
            assertThat(file).doesNotExist();
            assertThat(text(endpoint.complete(requests(1)).get(0))).isEqualTo("now");
        }
    }

    @Test
    void anotherServersReplyIsNotTaken() {
        Path file = dir.resolve("replies.jsonl");
        for (String answer : List.of("first", "second")) {
            try (FakeServer server = new FakeServer((body, earlier) -> Reaction.answer(answer));
                    CachingEndpoint endpoint = new CachingEndpoint(open(server), file)) {
                assertThat(text(endpoint.complete(requests(1)).get(0))).isEqualTo(answer);
            }
        }
    }

    /** Stands for kill -9: the call breaks off wherever the disk has got to, and the last line may be torn. */
    @Test
    void whateverIsKilledTheRestIsPaidOnce() {
        Seeds.forAll(6, random -> {
            Path file = dir.resolve("replies" + random.nextLong() + ".jsonl");
            try (FakeServer server = new FakeServer((body, earlier) -> {
                int fault = new SplittableRandom(31L * body.hashCode() + earlier).nextInt(8);
                return earlier > 3 || fault > 3
                        ? Reaction.answer("answer to "
                                + body.get("messages").get(0).get("content").asText())
                        : fault == 0
                                ? Reaction.status(500)
                                : fault == 1
                                        ? Reaction.garbage()
                                        : fault == 2 ? Reaction.half() : Reaction.tooMany("0");
            })) {
                int kept = 0;
                for (int life = 0; life < 4; life++) {
                    int breaksAfter = random.nextInt(3, 8);
                    int already = kept;
                    try (CachingEndpoint endpoint = new CachingEndpoint(open(server), file)) {
                        int[] heard = {0};
                        endpoint.complete(requests(40), (r, outcome) -> {
                            if (++heard[0] == already + breaksAfter) {
                                throw new IllegalStateException("killed");
                            }
                        });
                    } catch (IllegalStateException killed) {
                        assertThat(killed).hasMessage("killed");
                    }
                    kept = Files.readAllLines(file).size();
                    assertThat(kept).isEqualTo(already + breaksAfter); // what was heard of is on disk
                    if (random.nextBoolean()) {
                        Files.writeString(file, "{\"key\":\"torn", StandardOpenOption.APPEND);
                    }
                }
                try (CachingEndpoint endpoint = new CachingEndpoint(open(server), file)) {
                    List<ChatOutcome> all = endpoint.complete(requests(40));
                    for (int r = 0; r < 40; r++) {
                        assertThat(text(all.get(r))).isEqualTo("answer to question " + r);
                    }
                }
                assertThat(Files.readAllLines(file)).hasSize(40).allMatch(line -> line.endsWith("}"));
                // Requests that were on their way when the process died were answered to nobody; all that arrived were
                // kept.
                int inFlight = 4 * server.recipe().concurrency();
                assertThat(server.answersByContent().values().stream()
                                .mapToInt(n -> n - 1)
                                .sum())
                        .isLessThanOrEqualTo(inFlight);
            }
        });
    }

    @Test
    void aFileThatIsNoCacheIsRefused() throws IOException {
        Path file = Files.writeString(dir.resolve("x.jsonl"), "{\"prompt\":1}\n");
        try (FakeServer server = new FakeServer((body, earlier) -> Reaction.answer(""))) {
            assertThatThrownBy(() -> new CachingEndpoint(open(server), file))
                    .isInstanceOf(BadInput.class)
                    .hasMessageContaining("x.jsonl");
        }
        assertThatThrownBy(() -> new ReplayEndpoint(file))
                .isInstanceOf(BadInput.class)
                .hasMessageContaining("x.jsonl:1");
    }
}
