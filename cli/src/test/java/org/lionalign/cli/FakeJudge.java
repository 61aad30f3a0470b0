package org.lionalign.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiFunction;
import org.lionalign.core.json.Json;

/**
 * An OpenAI-compatible judge on loopback that says, or fails, as a test wishes, and counts the answers that a service would bill.
 *
 * <p>As a program, {@code FakeJudge PORT} says {@link #byHash} until it is ended, and first its address.
 */
final class FakeJudge implements AutoCloseable {
    private final HttpServer server;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final Map<String, AtomicInteger> requests = new ConcurrentHashMap<>();
    private final Map<String, AtomicInteger> billed = new ConcurrentHashMap<>();

    /**
     * @param script the last user turn and how often the same request came before to a text, or to {@code HTTP 503} and the like for a fault
     */
    FakeJudge(BiFunction<String, Integer, String> script) {
        this(script, 0);
    }

    /** @param port 0 for any free one */
    private FakeJudge(BiFunction<String, Integer, String> script, int port) {
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.setExecutor(threads);
        server.createContext("/v1/models", exchange -> {
            ObjectNode body = Json.object();
            body.putArray("data").addObject().put("id", "judge-1");
            send(exchange, 200, Json.write(body));
        });
        server.createContext("/v1/chat/completions", exchange -> {
            String content = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            JsonNode messages = Json.parse(content, "request").path("messages");
            int earlier =
                    requests.computeIfAbsent(content, c -> new AtomicInteger()).getAndIncrement();
            String said = script.apply(
                    messages.path(messages.size() - 1).path("content").asText(), earlier);
            if (said.startsWith("HTTP ")) {
                send(exchange, Integer.parseInt(said.substring(5)), "{}");
                return;
            }
            billed.computeIfAbsent(content, c -> new AtomicInteger()).incrementAndGet();
            send(exchange, 200, Json.write(reply(said)));
        });
        server.start();
    }

    public static void main(String[] args) throws InterruptedException {
        try (FakeJudge judge = new FakeJudge(FakeJudge::byHash, Integer.parseInt(args[0]))) {
            System.out.println(judge.url());
            Thread.currentThread().join();
        }
    }

    /** A verdict that can be read and means nothing: it hangs on the prompt's hash; of AlpacaEval, Arena-Hard or MT-Bench, by the prompt's form. */
    static String byHash(String prompt, int earlier) {
        int hash = prompt.hashCode();
        if (prompt.startsWith("ALPACA") || prompt.contains("## Best Model Identifier")) {
            return hash % 2 == 0 ? "m" : "M";
        }
        if (prompt.startsWith("ARENA")) {
            return "My final verdict is: [["
                    + List.of("A>>B", "A>B", "A=B", "B>A", "B>>A").get(Math.floorMod(hash, 5)) + "]]";
        }
        if (prompt.startsWith("GRADE") || prompt.contains("[[rating]]") || prompt.startsWith("<|The Start of ")) {
            return "Rating: [[" + (1 + Math.floorMod(hash, 10)) + "]]";
        }
        return "HTTP 400";
    }

    private static ObjectNode reply(String text) {
        ObjectNode root = Json.object().put("model", "judge-1");
        ObjectNode choice = root.putArray("choices").addObject().put("index", 0).put("finish_reason", "stop");
        choice.putObject("message").put("role", "assistant").put("content", text);
        ObjectNode token = choice.putObject("logprobs").putArray("content").addObject();
        token.put("token", text).put("logprob", -0.1);
        token.putArray("top_logprobs").addObject().put("token", text).put("logprob", -0.1);
        root.putObject("usage").put("prompt_tokens", 10).put("completion_tokens", 3);
        return root;
    }

    private static void send(HttpExchange exchange, int status, String body) throws IOException {
        try (exchange) {
            byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().add("Content-Type", "application/json");
            exchange.sendResponseHeaders(status, bytes.length);
            exchange.getResponseBody().write(bytes);
        }
    }

    String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort() + "/v1";
    }

    /** Answers that were given. */
    int billed() {
        return billed.values().stream().mapToInt(AtomicInteger::get).sum();
    }

    /** Different requests that were answered. */
    int different() {
        return billed.size();
    }

    /** How often the request was answered that was answered most often. */
    int mostOften() {
        return billed.values().stream().mapToInt(AtomicInteger::get).max().orElse(0);
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
