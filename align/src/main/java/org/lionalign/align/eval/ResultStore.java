package org.lionalign.align.eval;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.lionalign.core.data.Digests;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.format.AppendLog;
import org.lionalign.core.json.Json;

/**
 * Keeps what was computed or paid for, by the hash of everything that shaped it: one JSON line for each result, on the disk before
 * {@link #put} returns. A line that a crash tore is cut off; everything before it stands.
 */
public final class ResultStore {
    private final Map<String, JsonNode> known = new HashMap<>(); // looked up only
    private final AppendLog log;

    private ResultStore(AppendLog log) {
        this.log = log;
    }

    /** Opens the file; the first result makes it. */
    public static ResultStore open(Path file) {
        ResultStore store = new ResultStore(new AppendLog(file));
        long[] line = {0};
        store.log.read((place, text) -> {
            JsonNode row = Json.parse(text, file + ":" + ++line[0]);
            if (!row.path("key").isTextual() || !row.has("value")) {
                throw BadInput.of(file, line[0], "key", "a line of this store", EvalFiles.found(row));
            }
            store.known.put(row.get("key").textValue(), row.get("value"));
        });
        return store;
    }

    /** SHA-256 over the parts as a JSON list. */
    public static String key(Object... parts) {
        ArrayNode list = Json.MAPPER.createArrayNode();
        for (Object part : parts) {
            list.add(Json.MAPPER.<JsonNode>valueToTree(part));
        }
        return HexFormat.of().formatHex(Digests.sha256(Json.write(list).getBytes(StandardCharsets.UTF_8)));
    }

    public @Nullable JsonNode get(String key) {
        return known.get(key);
    }

    public int size() {
        return known.size();
    }

    public void put(String key, ObjectNode value) {
        ObjectNode line = Json.object();
        line.put("key", key);
        line.set("value", value);
        log.append(Json.write(line));
        known.put(key, value);
    }
}
