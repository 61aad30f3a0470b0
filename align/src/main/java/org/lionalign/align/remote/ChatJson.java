package org.lionalign.align.remote;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.lionalign.core.data.Digests;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.json.Json;

/** Requests and replies as JSON: OpenAI's chat completions, and the lines that caches and recordings hold. */
final class ChatJson {
    private ChatJson() {}

    /** The body of {@code POST /chat/completions}; also what a request is keyed by. */
    static ObjectNode body(ChatRequest request) {
        ObjectNode body = Json.object().put("model", request.model());
        ArrayNode messages = body.putArray("messages");
        request.messages().forEach(message -> messages.add(message.toJson()));
        body.put("n", request.n());
        body.put("temperature", request.temperature());
        body.put("top_p", request.topP());
        body.put("max_tokens", request.maxTokens());
        if (!request.stop().isEmpty()) {
            ArrayNode stop = body.putArray("stop");
            request.stop().forEach(stop::add);
        }
        if (request.seed() != null) {
            body.put("seed", request.seed());
        }
        if (request.topLogprobs() > 0) {
            body.put("logprobs", true);
            body.put("top_logprobs", request.topLogprobs());
        }
        return body;
    }

    /** SHA-256 of a request's content, hexadecimal; the same for a body that was written and read again. */
    static String key(JsonNode body) {
        String written = Json.write(Json.parse(Json.write(body), "request"));
        return HexFormat.of().formatHex(Digests.sha256(written.getBytes(StandardCharsets.UTF_8)));
    }

    /** A server's answer; {@link BadInput} where it is not the protocol. */
    static ChatReply reply(String text) {
        JsonNode root = Json.parse(text, "reply");
        JsonNode choices = root.path("choices");
        if (!choices.isArray() || choices.isEmpty()) {
            throw new BadInput("reply: expected choices, found " + shortened(text));
        }
        ChatReply.Choice[] ordered = new ChatReply.Choice[choices.size()];
        for (int c = 0; c < ordered.length; c++) {
            JsonNode choice = choices.get(c);
            JsonNode message = choice.path("message");
            int index = choice.path("index").asInt(c);
            if (!message.isObject() || index < 0 || index >= ordered.length || ordered[index] != null) {
                throw new BadInput("reply: choices[" + c + "]: expected a message with an index of its own, found "
                        + shortened(choice.toString()));
            }
            boolean refusal = message.path("refusal").isTextual()
                    && !message.path("content").isTextual();
            ordered[index] = new ChatReply.Choice(
                    message.path("content").asText(""),
                    refusal ? "refusal" : choice.path("finish_reason").asText("stop"),
                    tokens(choice.path("logprobs").path("content")));
        }
        JsonNode usage = root.path("usage");
        return new ChatReply(
                List.of(ordered),
                root.path("model").asText(""),
                usage.path("prompt_tokens").asLong(0),
                usage.path("completion_tokens").asLong(0));
    }

    private static List<ChatReply.Token> tokens(JsonNode content) {
        List<ChatReply.Token> tokens = new ArrayList<>();
        for (JsonNode token : content) {
            Map<String, Double> top = new LinkedHashMap<>();
            for (JsonNode other : token.path("top_logprobs")) {
                // Two tokens may have the same text (bytes of a character): the first is the likelier.
                top.putIfAbsent(
                        other.path("token").asText(), other.path("logprob").asDouble());
            }
            tokens.add(new ChatReply.Token(
                    token.path("token").asText(),
                    token.path("logprob").asDouble(Double.NaN),
                    Collections.unmodifiableMap(top)));
        }
        return tokens;
    }

    /** A reply as OpenAI would have sent it: recordings can be read by other tools, and answers of other tools can be replayed. */
    static ObjectNode stored(ChatReply reply) {
        ObjectNode root = Json.object();
        ArrayNode choices = root.putArray("choices");
        for (int c = 0; c < reply.choices().size(); c++) {
            ChatReply.Choice choice = reply.choices().get(c);
            ObjectNode node = choices.addObject().put("index", c);
            ObjectNode message = node.putObject("message").put("role", "assistant");
            if (choice.finish().equals("refusal")) {
                message.putNull("content").put("refusal", "");
            } else {
                message.put("content", choice.text());
            }
            node.put("finish_reason", choice.finish());
            if (!choice.tokens().isEmpty()) {
                ArrayNode content = node.putObject("logprobs").putArray("content");
                for (ChatReply.Token token : choice.tokens()) {
                    ObjectNode entry = content.addObject().put("token", token.text());
                    entry.put("logprob", token.logprob());
                    ArrayNode top = entry.putArray("top_logprobs");
                    token.top()
                            .forEach((text, logprob) ->
                                    top.addObject().put("token", text).put("logprob", logprob));
                }
            }
        }
        root.put("model", reply.servedModel());
        root.putObject("usage")
                .put("prompt_tokens", reply.promptTokens())
                .put("completion_tokens", reply.completionTokens());
        return root;
    }

    static String shortened(String text) {
        String line = text.strip().replaceAll("\\s+", " ");
        return line.isEmpty() ? "nothing" : line.length() <= 200 ? line : line.substring(0, 200) + " …";
    }
}
