package org.lionalign.align.remote;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.lionalign.core.json.Json;
import org.lionalign.core.recipe.ServerRecipe;

/**
 * An OpenAI-compatible server on loopback that misbehaves as it is told, and counts requests by their content.
 *
 * <pre>{@code
 * try (FakeServer server = new FakeServer((body, earlier) -> earlier == 0 ? Reaction.status(429) : Reaction.answer("[[A]]"))) {
 *     ChatEndpoint endpoint = OpenAiEndpoint.open(server.recipe());
 * }
 * }</pre>
 */
public final class FakeServer implements AutoCloseable {
    /** What the server does with a request. */
    public record Reaction(String kind, int status, String text, Map<String, String> headers) {
        /** A completion (as many as asked for), billed with 10 prompt and 3 completion tokens. */
        public static Reaction answer(String text) {
            return new Reaction("answer", 200, text, Map.of());
        }

        /** Completions of their own for each of those that are asked for, as many as there are. */
        public static Reaction answers(java.util.List<String> texts) {
            return new Reaction("answer", 200, Json.write(Json.MAPPER.valueToTree(texts)), Map.of("X-Choices", "list"));
        }

        public static Reaction status(int code) {
            return new Reaction("status", code, "{\"error\":{\"message\":\"status " + code + "\"}}", Map.of());
        }

        public static Reaction tooMany(String retryAfter) {
            return new Reaction("status", 429, "slow down", Map.of("Retry-After", retryAfter));
        }

        /** A whole body, whatever it says. */
        public static Reaction body(int code, String body) {
            return new Reaction("status", code, body, Map.of());
        }

        public static Reaction garbage() {
            return body(200, "<html>upstream says hello</html>");
        }

        /** Half an answer, then the connection is closed. */
        public static Reaction half() {
            return new Reaction("half", 200, "never read", Map.of());
        }

        /** The headers, then nothing. */
        public static Reaction silence() {
            return new Reaction("silence", 200, "", Map.of());
        }
    }

    /** Decides. */
    @FunctionalInterface
    public interface Script {
        /** @param earlier requests with the same content before this one */
        Reaction react(JsonNode body, int earlier);
    }

    private final HttpServer server;
    private final Script script;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final CountDownLatch closed = new CountDownLatch(1);
    private final Map<String, AtomicInteger> requests = new ConcurrentHashMap<>();
    private final Map<String, AtomicInteger> answers = new ConcurrentHashMap<>();
    private final AtomicInteger inFlight = new AtomicInteger();
    private final AtomicInteger mostInFlight = new AtomicInteger();
    private volatile @Nullable String lastAuthorization;
    private volatile @Nullable String lastBody;

    public FakeServer(Script script) {
        this.script = script;
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.setExecutor(threads);
        server.createContext("/v1/chat/completions", this::handle);
        server.start();
    }

    public String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort() + "/v1";
    }

    /** A recipe's section for it: a key variable that is not set, 10 s, 5 retries, 4 at a time. */
    public ServerRecipe recipe() {
        return new ServerRecipe(url(), "fake", "LION_TEST_NO_SUCH_KEY", 10, 5, 4);
    }

    /** All requests. */
    public int requests() {
        return requests.values().stream().mapToInt(AtomicInteger::get).sum();
    }

    /** Requests by content. */
    public Map<String, Integer> requestsByContent() {
        return counts(requests);
    }

    /** Whole answers by content: what a paid service would bill. */
    public Map<String, Integer> answersByContent() {
        return counts(answers);
    }

    public int mostInFlight() {
        return mostInFlight.get();
    }

    public @Nullable String lastAuthorization() {
        return lastAuthorization;
    }

    public @Nullable String lastBody() {
        return lastBody;
    }

    private static Map<String, Integer> counts(Map<String, AtomicInteger> counters) {
        Map<String, Integer> counts = new TreeMap<>();
        counters.forEach((content, count) -> counts.put(content, count.get()));
        return counts;
    }

    private void handle(HttpExchange exchange) throws IOException {
        mostInFlight.accumulateAndGet(inFlight.incrementAndGet(), Math::max);
        try {
            String content = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            lastAuthorization = exchange.getRequestHeaders().getFirst("Authorization");
            lastBody = content;
            JsonNode body = Json.parse(content, "request");
            int earlier =
                    requests.computeIfAbsent(content, c -> new AtomicInteger()).getAndIncrement();
            Reaction reaction = script.react(body, earlier);
            reaction.headers().forEach(exchange.getResponseHeaders()::add);
            exchange.getResponseHeaders().add("Content-Type", "application/json");
            switch (reaction.kind()) {
                case "answer" -> {
                    byte[] bytes = completion(body, reaction);
                    answers.computeIfAbsent(content, c -> new AtomicInteger()).incrementAndGet();
                    // In flight ends before the client can see the answer and send its next.
                    inFlight.decrementAndGet();
                    try {
                        send(exchange, 200, bytes, bytes.length);
                    } finally {
                        inFlight.incrementAndGet();
                    }
                }
                case "half" -> {
                    byte[] bytes = completion(body, reaction);
                    send(exchange, 200, bytes, bytes.length / 2);
                }
                case "silence" -> {
                    exchange.sendResponseHeaders(200, 0);
                    exchange.getResponseBody().flush();
                    closed.await();
                }
                default -> {
                    byte[] bytes = reaction.text().getBytes(StandardCharsets.UTF_8);
                    send(exchange, reaction.status(), bytes, bytes.length);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            inFlight.decrementAndGet();
            exchange.close();
        }
    }

    private static void send(HttpExchange exchange, int status, byte[] bytes, int sent) throws IOException {
        exchange.sendResponseHeaders(status, bytes.length);
        exchange.getResponseBody().write(bytes, 0, sent);
        exchange.getResponseBody().flush();
    }

    private static byte[] completion(JsonNode body, Reaction reaction) {
        JsonNode list = reaction.headers().containsKey("X-Choices") ? Json.parse(reaction.text(), "choices") : null;
        ObjectNode root = Json.object().put("object", "chat.completion").put("model", "fake-1");
        ArrayNode choices = root.putArray("choices");
        for (int c = 0; c < body.path("n").asInt(1); c++) {
            String text = list == null ? reaction.text() : list.path(c).asText();
            ObjectNode choice = choices.addObject().put("index", c).put("finish_reason", "stop");
            choice.putObject("message").put("role", "assistant").put("content", text);
            if (body.path("logprobs").asBoolean()) {
                ObjectNode token =
                        choice.putObject("logprobs").putArray("content").addObject();
                token.put("token", text).put("logprob", -0.25);
                ArrayNode top = token.putArray("top_logprobs");
                top.addObject().put("token", text).put("logprob", -0.25);
                top.addObject().put("token", "other").put("logprob", -1.5);
            }
        }
        root.putObject("usage").put("prompt_tokens", 10).put("completion_tokens", 3);
        return Json.write(root).getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public void close() {
        closed.countDown();
        server.stop(0);
        threads.shutdownNow();
    }
}
