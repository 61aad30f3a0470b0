package org.lionalign.align.remote;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.format.AppendLog;
import org.lionalign.core.json.Json;

/**
 * Keeps every reply on disk, keyed by endpoint and content of the request, as soon as it is there: nothing is paid for twice, also after a
 * kill. Failures are not kept. Equal requests of one call are sent once.
 *
 * <p>The file has a line for each reply, {@code {"key","endpoint","request","reply"}}, and can be handed to {@link ReplayEndpoint}.
 */
public final class CachingEndpoint implements ChatEndpoint {
    private final ChatEndpoint inner;
    private final AppendLog log;
    private final Map<String, AppendLog.Place> known = new ConcurrentHashMap<>();

    /** @param file is made by the first reply; several processes may share it */
    public CachingEndpoint(ChatEndpoint inner, Path file) {
        this.inner = inner;
        this.log = new AppendLog(file);
        log.read((place, line) -> {
            JsonNode node = Json.parse(line, file.toString());
            if (!node.path("key").isTextual() || !node.path("reply").isObject()) {
                throw new BadInput(file + ": expected lines with key and reply, found " + ChatJson.shortened(line));
            }
            if (node.path("endpoint").asText().equals(inner.identity())) {
                known.put(node.get("key").textValue(), place);
            }
        });
    }

    @Override
    public String identity() {
        return inner.identity();
    }

    @Override
    public List<ChatOutcome> complete(List<ChatRequest> requests) {
        ChatOutcome[] outcomes = new ChatOutcome[requests.size()];
        complete(requests, (r, outcome) -> outcomes[r] = outcome);
        return List.of(outcomes);
    }

    @Override
    public void complete(List<ChatRequest> requests, Sink sink) {
        Map<String, List<Integer>> askers = new LinkedHashMap<>();
        List<ChatRequest> unknown = new ArrayList<>();
        List<String> keys = new ArrayList<>();
        List<ObjectNode> bodies = new ArrayList<>();
        for (int r = 0; r < requests.size(); r++) {
            ObjectNode body = ChatJson.body(requests.get(r));
            String key = ChatJson.key(body);
            List<Integer> same = askers.get(key);
            if (same != null) {
                same.add(r);
                continue;
            }
            ChatReply reply = stored(key);
            if (reply != null) {
                sink.onOutcome(r, new ChatOutcome.Replied(reply, true));
                continue;
            }
            askers.put(key, new ArrayList<>(List.of(r)));
            unknown.add(requests.get(r));
            keys.add(key);
            bodies.add(body);
        }
        inner.complete(unknown, (u, outcome) -> {
            if (outcome instanceof ChatOutcome.Replied replied) {
                keep(keys.get(u), bodies.get(u), replied.reply());
            }
            boolean first = true;
            for (int r : java.util.Objects.requireNonNull(askers.get(keys.get(u)))) {
                sink.onOutcome(
                        r,
                        first || !(outcome instanceof ChatOutcome.Replied replied)
                                ? outcome
                                : new ChatOutcome.Replied(replied.reply(), true));
                first = false;
            }
        });
    }

    private @Nullable ChatReply stored(String key) {
        AppendLog.Place place = known.get(key);
        if (place == null) {
            return null;
        }
        JsonNode line = Json.parse(log.read(place), log.file().toString());
        return ChatJson.reply(Json.write(line.path("reply")));
    }

    private void keep(String key, ObjectNode body, ChatReply reply) {
        ObjectNode line = Json.object().put("key", key).put("endpoint", inner.identity());
        line.set("request", body);
        line.set("reply", ChatJson.stored(reply));
        known.put(key, log.append(Json.write(line)));
    }

    @Override
    public void close() {
        inner.close();
    }
}
