package org.lionalign.align.serve;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.lionalign.align.text.TextModel;
import org.lionalign.core.json.Json;
import org.lionalign.core.testing.SharedData;
import org.lionalign.torch.model.CausalLm;
import org.lionalign.torch.model.LoadOptions;
import org.lionalign.torch.tensor.Dtype;

/** A real model behind the endpoint, asked as OpenAI's clients ask. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ChatServerTest {
    private final HttpClient client = HttpClient.newHttpClient();
    private ChatServer server;

    @BeforeAll
    void start() {
        Path folder = SharedData.require("models/stories260k");
        server = new ChatServer("127.0.0.1", 0);
        server.add(folder, TextModel.open(folder, "plain"), CausalLm.load(folder, LoadOptions.inference(Dtype.F32)));
        server.start();
    }

    @AfterAll
    void stop() {
        if (server != null) {
            server.close();
        }
    }

    private HttpResponse<String> post(String body) throws Exception {
        return client.send(
                HttpRequest.newBuilder(uri("/v1/chat/completions"))
                        .POST(HttpRequest.BodyPublishers.ofString(body))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    private HttpResponse<String> get(String path) throws Exception {
        return client.send(HttpRequest.newBuilder(uri(path)).build(), HttpResponse.BodyHandlers.ofString());
    }

    private URI uri(String path) {
        return URI.create("http://127.0.0.1:" + server.port() + path);
    }

    private static String request(String more) {
        return "{\"messages\":[{\"role\":\"user\",\"content\":\"Once upon a time, there was a\"}],\"max_tokens\":24"
                + more + "}";
    }

    @Test
    void streamedAndWholeSayTheSame() throws Exception {
        String options = ",\"temperature\":0.8,\"seed\":5,\"n\":2";
        JsonNode whole = Json.parse(post(request(options)).body(), "whole");
        assertThat(whole.path("usage").path("completion_tokens").asInt()).isBetween(2, 48);
        List<StringBuilder> streamed = List.of(new StringBuilder(), new StringBuilder());
        List<String> finishes = new ArrayList<>();
        HttpResponse<String> stream =
                post(request(options + ",\"stream\":true,\"stream_options\":{\"include_usage\":true}"));
        assertThat(stream.headers().firstValue("content-type").orElse("")).startsWith("text/event-stream");
        String[] events = stream.body().split("\n\n");
        assertThat(events[events.length - 1]).isEqualTo("data: [DONE]");
        int usage = 0;
        for (String event : List.of(events).subList(0, events.length - 1)) {
            JsonNode chunk = Json.parse(event.substring("data: ".length()), "chunk");
            usage += chunk.path("usage").path("completion_tokens").asInt(0);
            for (JsonNode choice : chunk.path("choices")) {
                streamed.get(choice.get("index").asInt())
                        .append(choice.path("delta").path("content").asText(""));
                if (!choice.path("finish_reason").isNull()) {
                    finishes.add(choice.get("finish_reason").asText());
                }
            }
        }
        for (int a = 0; a < 2; a++) {
            assertThat(streamed.get(a).toString())
                    .isNotEmpty()
                    .isEqualTo(whole.path("choices")
                            .path(a)
                            .path("message")
                            .path("content")
                            .asText());
            assertThat(finishes.get(a))
                    .isEqualTo(
                            whole.path("choices").path(a).path("finish_reason").asText());
        }
        assertThat(usage)
                .isEqualTo(whole.path("usage").path("completion_tokens").asInt());
    }

    @Test
    void aStopTextEndsTheAnswerAndIsNoPartOfIt() throws Exception {
        String free = content(post(request(",\"temperature\":0")));
        String stop = free.substring(8, 12);
        JsonNode ended = Json.parse(
                post(request(",\"temperature\":0,\"stop\":[\"" + stop + "\"]")).body(), "ended");
        assertThat(ended.path("choices").path(0).path("message").path("content").asText())
                .isEqualTo(free.substring(0, free.indexOf(stop)));
        assertThat(ended.path("choices").path(0).path("finish_reason").asText()).isEqualTo("stop");
        assertThat(post(request(",\"temperature\":0,\"stream\":true,\"stop\":\"" + stop + "\""))
                        .body()
                        .contains(stop))
                .isFalse();
    }

    private static String content(HttpResponse<String> response) {
        return Json.parse(response.body(), "response")
                .path("choices")
                .path(0)
                .path("message")
                .path("content")
                .asText();
    }

    @Test
    void logProbabilitiesAreTold() throws Exception {
        JsonNode tokens = Json.parse(
                        post(request(",\"temperature\":0,\"logprobs\":true")).body(), "x")
                .path("choices")
                .path(0)
                .path("logprobs")
                .path("content");
        assertThat(tokens).isNotEmpty();
        tokens.forEach(token -> assertThat(token.get("logprob").asDouble()).isNegative());
    }

    @Test
    void whatItCannotDoIsRefused() throws Exception {
        for (String bad : List.of(
                "{",
                "[]",
                "{\"messages\":[]}",
                "{\"messages\":[{\"role\":\"user\"}],\"model\":\"gpt-5\"}",
                request(",\"logit_bias\":{\"1\":5}"),
                request(",\"top_logprobs\":5"),
                request(",\"temperature\":-1"),
                request(",\"n\":0"),
                request(",\"temperature\":\"hot\""))) {
            HttpResponse<String> response = post(bad);
            assertThat(response.statusCode()).as(bad).isEqualTo(400);
            assertThat(Json.parse(response.body(), "error")
                            .path("error")
                            .path("message")
                            .asText())
                    .as(bad)
                    .isNotEmpty();
        }
        assertThat(post(request(",\"frequency_penalty\":0.0,\"tool_choice\":null"))
                        .statusCode())
                .isEqualTo(200);
        assertThat(get("/elsewhere").statusCode()).isEqualTo(404);
    }

    @Test
    void pageAndModelsAreThere() throws Exception {
        assertThat(get("/").body()).contains("Lion chat");
        assertThat(get("/health").statusCode()).isEqualTo(200);
        assertThat(get("/v1/models").body()).contains("stories260k");
    }
}
