package org.lionalign.align.serve;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.lionalign.align.text.TextModel;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.hub.HubPaths;
import org.lionalign.core.json.Json;
import org.lionalign.torch.model.CausalLm;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code GET /} (the page), {@code GET /v1/models}, {@code GET /health} and {@code POST /v1/chat/completions}, the last with the request and
 * answer format of OpenAI's API, streamed or whole.
 */
public final class ChatServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ChatServer.class);
    private static final int LARGEST_BODY = 16 << 20;

    private final HttpServer server;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final Map<String, ServedModel> models = new LinkedHashMap<>();

    /** @param host the loopback address unless the user says otherwise */
    public ChatServer(String host, int port) {
        try {
            server = HttpServer.create(new InetSocketAddress(host, port), 64);
        } catch (IOException e) {
            throw new BadInput(host + ":" + port + ": cannot listen there: " + e.getMessage(), e);
        }
        server.setExecutor(threads);
        server.createContext("/", exchange -> answer(exchange, this::page));
        server.createContext(
                "/health",
                exchange -> answer(exchange, e -> send(e, 200, Json.object().put("status", "ok"))));
        server.createContext("/v1/models", exchange -> answer(exchange, this::list));
        server.createContext("/v1/chat/completions", exchange -> answer(exchange, this::complete));
    }

    /** Serves a model under its folder's name, or a longer one when that is taken; it is closed with the server. */
    public String add(Path folder, TextModel text, CausalLm model) {
        Path whole = HubPaths.named(folder);
        String name = String.valueOf(whole.getFileName());
        for (Path parent = whole.getParent();
                (models.containsKey(name) || name.equals("model")) && parent != null && parent.getFileName() != null;
                parent = parent.getParent()) {
            name = parent.getFileName() + "/" + name;
        }
        models.put(name, new ServedModel(name, text, model));
        return name;
    }

    /** Begins to answer. */
    public void start() {
        server.start();
    }

    public int port() {
        return server.getAddress().getPort();
    }

    private interface Handler {
        void handle(HttpExchange exchange) throws IOException;
    }

    private static void answer(HttpExchange exchange, Handler handler) {
        try (exchange) {
            try {
                handler.handle(exchange);
            } catch (BadInput e) {
                refuse(exchange, 400, String.valueOf(e.getMessage()));
            } catch (RuntimeException e) {
                LOG.error("a request failed", e);
                refuse(exchange, 500, "the server failed: " + e.getMessage());
            }
        } catch (IOException gone) {
            LOG.debug("the client went away", gone);
        }
    }

    private static void refuse(HttpExchange exchange, int status, String message) throws IOException {
        if (exchange.getResponseCode() < 0) {
            ObjectNode error = Json.object();
            error.putObject("error")
                    .put("message", message)
                    .put("type", status < 500 ? "invalid_request_error" : "server_error");
            send(exchange, status, error);
        }
    }

    private static void send(HttpExchange exchange, int status, JsonNode body) throws IOException {
        send(exchange, status, "application/json", Json.write(body).getBytes(StandardCharsets.UTF_8));
    }

    private static void send(HttpExchange exchange, int status, String type, byte[] bytes) throws IOException {
        exchange.getResponseHeaders().set("Content-Type", type + "; charset=utf-8");
        exchange.sendResponseHeaders(status, bytes.length);
        exchange.getResponseBody().write(bytes);
    }

    private static void only(HttpExchange exchange, String method, String path) {
        if (!exchange.getRequestMethod().equals(method)
                || !exchange.getRequestURI().getPath().equals(path)) {
            throw new BadInput("expected " + method + " " + path + ", found " + exchange.getRequestMethod() + " "
                    + exchange.getRequestURI().getPath());
        }
    }

    private void page(HttpExchange exchange) throws IOException {
        if (!exchange.getRequestURI().getPath().equals("/")) {
            refuse(exchange, 404, exchange.getRequestURI().getPath() + ": nothing is here");
            return;
        }
        only(exchange, "GET", "/");
        try (InputStream in = ChatServer.class.getResourceAsStream("chat.html")) {
            if (in == null) {
                throw new IllegalStateException("the resource chat.html is missing");
            }
            send(exchange, 200, "text/html", in.readAllBytes());
        }
    }

    private void list(HttpExchange exchange) throws IOException {
        only(exchange, "GET", "/v1/models");
        ObjectNode body = Json.object().put("object", "list");
        ArrayNode data = body.putArray("data");
        for (String name : models.keySet()) {
            data.addObject().put("id", name).put("object", "model").put("owned_by", "lion");
        }
        send(exchange, 200, body);
    }

    private void complete(HttpExchange exchange) throws IOException {
        only(exchange, "POST", "/v1/chat/completions");
        byte[] bytes = exchange.getRequestBody().readNBytes(LARGEST_BODY + 1);
        if (bytes.length > LARGEST_BODY) {
            throw new BadInput("body: expected at most " + LARGEST_BODY + " bytes, found more");
        }
        CompletionRequest request =
                CompletionRequest.parse(Json.parse(new String(bytes, StandardCharsets.UTF_8), "body"));
        ServedModel model =
                request.model().isEmpty() ? models.values().iterator().next() : models.get(request.model());
        if (model == null) {
            throw new BadInput("model: expected one of " + models.keySet() + ", found " + request.model());
        }
        ObjectNode head = Json.object()
                .put("id", "chatcmpl-" + UUID.randomUUID())
                .put("created", System.currentTimeMillis() / 1000)
                .put("model", model.name());
        if (request.stream()) {
            stream(exchange, request, model, head);
        } else {
            ServedModel.Completed completed = model.complete(request, (answer, piece) -> true);
            head.put("object", "chat.completion");
            ArrayNode choices = head.putArray("choices");
            for (int a = 0; a < completed.completions().size(); a++) {
                ServedModel.Completion one = completed.completions().get(a);
                ObjectNode choice = choices.addObject().put("index", a).put("finish_reason", one.finish());
                choice.putObject("message").put("role", "assistant").put("content", one.text());
                if (request.logprobs()) {
                    logprobs(choice, model, one);
                }
            }
            head.set("usage", usage(completed));
            send(exchange, 200, head);
        }
    }

    private static void logprobs(ObjectNode choice, ServedModel model, ServedModel.Completion one) {
        ArrayNode content = choice.putObject("logprobs").putArray("content");
        for (int t = 0; t < one.answer().ids().length; t++) {
            content.addObject()
                    .put("token", model.piece(one.answer().ids()[t]))
                    .put("logprob", one.answer().logprobs()[t])
                    .putArray("top_logprobs");
        }
    }

    private static ObjectNode usage(ServedModel.Completed completed) {
        int written = completed.completions().stream()
                .mapToInt(one -> one.answer().ids().length)
                .sum();
        return Json.object()
                .put("prompt_tokens", completed.promptTokens())
                .put("completion_tokens", written)
                .put("total_tokens", completed.promptTokens() + written);
    }

    private static void stream(HttpExchange exchange, CompletionRequest request, ServedModel model, ObjectNode head)
            throws IOException {
        head.put("object", "chat.completion.chunk");
        // Headers wait for the first piece: a prompt that is refused still gets its error with a status.
        Events events = new Events(exchange);
        boolean[] greeted = new boolean[request.n()];
        ServedModel.Completed completed = model.complete(request, (answer, piece) -> {
            ObjectNode delta = Json.object();
            if (!greeted[answer]) {
                delta.put("role", "assistant");
                greeted[answer] = true;
            }
            return events.send(chunk(head, answer, delta.put("content", piece), null));
        });
        for (int a = 0; a < request.n(); a++) {
            events.send(
                    chunk(head, a, Json.object(), completed.completions().get(a).finish()));
        }
        if (request.usage()) {
            ObjectNode last = head.deepCopy();
            last.putArray("choices");
            last.set("usage", usage(completed));
            events.send(Json.write(last));
        }
        events.send("[DONE]");
    }

    private static String chunk(
            ObjectNode head, int answer, ObjectNode delta, @org.jspecify.annotations.Nullable String finish) {
        ObjectNode chunk = head.deepCopy();
        ObjectNode choice = chunk.putArray("choices").addObject().put("index", answer);
        choice.set("delta", delta);
        choice.put("finish_reason", finish);
        return Json.write(chunk);
    }

    /** Server-sent events; a client that went away ends them. */
    private static final class Events {
        private final HttpExchange exchange;
        private boolean open;
        private boolean gone;

        Events(HttpExchange exchange) {
            this.exchange = exchange;
        }

        boolean send(String data) {
            if (gone) {
                return false;
            }
            try {
                if (!open) {
                    exchange.getResponseHeaders().set("Content-Type", "text/event-stream; charset=utf-8");
                    exchange.getResponseHeaders().set("Cache-Control", "no-store");
                    exchange.sendResponseHeaders(200, 0);
                    open = true;
                }
                OutputStream out = exchange.getResponseBody();
                out.write(("data: " + data + "\n\n").getBytes(StandardCharsets.UTF_8));
                out.flush();
                return true;
            } catch (IOException e) {
                gone = true;
                return false;
            }
        }
    }

    /** Names of the served models, in order. */
    public List<String> names() {
        return List.copyOf(models.keySet());
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
        models.values().forEach(ServedModel::close);
    }
}
