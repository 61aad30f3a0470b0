package org.lionalign.align.serve;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ThreadLocalRandom;
import org.lionalign.align.text.TextModel;
import org.lionalign.core.chat.Conversation;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.json.Json;

/**
 * The body of {@code POST /v1/chat/completions}. What this server cannot do is refused, never ignored.
 *
 * @param model name of a served model; empty for the first
 * @param conversation the turns so far
 * @param n answers
 * @param temperature 0 for greedy
 * @param topP 1 for all
 * @param maxTokens of each answer
 * @param stop texts that end an answer and are no part of it
 * @param seed given, or drawn
 * @param stream whether to send pieces as server-sent events
 * @param usage whether a stream ends with the counts of tokens
 * @param logprobs whether each token's log-probability is told
 */
record CompletionRequest(
        String model,
        Conversation conversation,
        int n,
        double temperature,
        double topP,
        int maxTokens,
        List<String> stop,
        long seed,
        boolean stream,
        boolean usage,
        boolean logprobs) {
    private static final int DEFAULT_TOKENS = 512;
    private static final Set<String> READ = Set.of(
            "model",
            "messages",
            "n",
            "temperature",
            "top_p",
            "max_tokens",
            "max_completion_tokens",
            "stop",
            "seed",
            "stream",
            "stream_options",
            "logprobs",
            "user",
            "tools");
    /** What asks for nothing when it has this value, as many clients send it. */
    private static final ObjectNode NEUTRAL = Json.object()
            .put("frequency_penalty", 0)
            .put("presence_penalty", 0)
            .put("top_logprobs", 0)
            .put("store", false)
            .put("parallel_tool_calls", true)
            .put("tool_choice", "auto");

    static CompletionRequest parse(JsonNode body) {
        if (!body.isObject()) {
            throw new BadInput("body: expected a JSON object, found " + body.getNodeType());
        }
        Set<String> unread = new TreeSet<>();
        body.fieldNames().forEachRemaining(name -> {
            JsonNode value = body.get(name);
            boolean neutral = value.isNull()
                    || (value.isNumber()
                            && NEUTRAL.path(name).isNumber()
                            && value.asDouble() == NEUTRAL.get(name).asDouble())
                    || value.equals(NEUTRAL.path(name))
                    || (name.equals("response_format")
                            && value.path("type").asText().equals("text"));
            if (!READ.contains(name) && !neutral) {
                unread.add(name);
            }
        });
        if (!unread.isEmpty()) {
            throw new BadInput("body: this server does not know " + String.join(", ", unread));
        }
        JsonNode most =
                body.hasNonNull("max_completion_tokens") ? body.get("max_completion_tokens") : body.path("max_tokens");
        List<String> stop = new ArrayList<>();
        JsonNode stops = body.path("stop");
        if (stops.isTextual()) {
            stop.add(stops.textValue());
        } else {
            stops.forEach(text -> stop.add(text.asText()));
        }
        return new CompletionRequest(
                body.path("model").asText(""),
                TextModel.conversation(body.path("messages"), body, "body"),
                number(body, "n", 1, 1, 128),
                decimal(body, "temperature", 1),
                decimal(body, "top_p", 1),
                most.isIntegralNumber() ? most.intValue() : DEFAULT_TOKENS,
                stop,
                body.path("seed").isIntegralNumber()
                        ? body.get("seed").longValue()
                        : ThreadLocalRandom.current().nextLong(Long.MAX_VALUE),
                body.path("stream").asBoolean(false),
                body.path("stream_options").path("include_usage").asBoolean(false),
                body.path("logprobs").asBoolean(false));
    }

    private static int number(JsonNode body, String key, int otherwise, int least, int most) {
        JsonNode value = body.path(key);
        if (value.isMissingNode() || value.isNull()) {
            return otherwise;
        }
        if (!value.isIntegralNumber() || value.intValue() < least || value.intValue() > most) {
            throw new BadInput(key + ": expected " + least + " to " + most + ", found " + value);
        }
        return value.intValue();
    }

    private static double decimal(JsonNode body, String key, double otherwise) {
        JsonNode value = body.path(key);
        if (value.isMissingNode() || value.isNull()) {
            return otherwise;
        }
        if (!value.isNumber()) {
            throw new BadInput(key + ": expected a number, found " + value);
        }
        return value.doubleValue();
    }
}
