package org.lionalign.align.remote;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.lionalign.core.data.Digests;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.json.Json;
import org.lionalign.core.json.JsonLines;

/**
 * Recorded replies instead of a server: JSON Lines with {@code reply} and {@code request} (or {@code key}, its SHA-256), as
 * {@link CachingEndpoint} writes them. Which server gave them does not matter; of equal requests the first counts. What was not recorded fails.
 */
public final class ReplayEndpoint implements ChatEndpoint {
    private final String identity;
    private final Map<String, ChatReply> replies = new HashMap<>();

    /** @param file {@code .gz} is unpacked */
    public ReplayEndpoint(Path file) {
        var content = Digests.sha256();
        try (JsonLines lines = JsonLines.open(file)) {
            for (JsonLines.Row row : lines) {
                JsonNode value = row.value();
                String key = value.path("request").isObject()
                        ? ChatJson.key(value.get("request"))
                        : value.path("key").asText();
                if (key.isEmpty() || !value.path("reply").isObject()) {
                    throw BadInput.of(file, row.line(), "row", "request (or key) and reply", value.toString());
                }
                try {
                    replies.putIfAbsent(key, ChatJson.reply(Json.write(value.get("reply"))));
                } catch (BadInput e) {
                    throw new BadInput(file + ":" + row.line() + ": " + e.getMessage(), e);
                }
                content.update(Json.write(value).getBytes(java.nio.charset.StandardCharsets.UTF_8));
            }
        }
        identity = "replay " + java.util.HexFormat.of().formatHex(content.digest());
    }

    @Override
    public String identity() {
        return identity;
    }

    @Override
    public List<ChatOutcome> complete(List<ChatRequest> requests) {
        return requests.stream().map(this::outcome).toList();
    }

    private ChatOutcome outcome(ChatRequest request) {
        ChatReply reply = replies.get(ChatJson.key(ChatJson.body(request)));
        return reply == null
                ? new ChatOutcome.Failed("unavailable", "this request was not recorded", 0)
                : new ChatOutcome.Replied(reply, true);
    }
}
