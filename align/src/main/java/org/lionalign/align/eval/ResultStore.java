package org.lionalign.align.eval;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.lionalign.core.data.Digests;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.json.Json;

/**
 * Keeps what was computed or paid for, by the hash of everything that shaped it: one JSON line for each result, on the disk before
 * {@link #put} returns. A line that a crash tore is cut off when the store is opened again; everything before it stands.
 */
public final class ResultStore implements AutoCloseable {
    private final Map<String, JsonNode> known = new HashMap<>(); // looked up only
    private final Path file;
    private final FileChannel channel;

    private ResultStore(Path file, FileChannel channel) {
        this.file = file;
        this.channel = channel;
    }

    /** Opens the file, or begins it. */
    public static ResultStore open(Path file) {
        try {
            Files.createDirectories(file.toAbsolutePath().getParent());
            FileChannel channel = FileChannel.open(
                    file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
            ResultStore store = new ResultStore(file, channel);
            store.load();
            return store;
        } catch (IOException e) {
            throw new BadInput(file + ": cannot be opened: " + e.getMessage(), e);
        }
    }

    private void load() throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        int whole = 0;
        int line = 0;
        for (int at = 0; at < bytes.length; at++) {
            if (bytes[at] != '\n') {
                continue;
            }
            line++;
            String text = new String(bytes, whole, at - whole, StandardCharsets.UTF_8);
            JsonNode row = Json.parse(text, file + ":" + line);
            if (!row.path("key").isTextual() || !row.has("value")) {
                throw BadInput.of(file, line, "key", "a line of this store", EvalFiles.found(row));
            }
            known.put(row.get("key").textValue(), row.get("value"));
            whole = at + 1;
        }
        channel.truncate(whole);
        channel.position(whole);
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
        ByteBuffer bytes = ByteBuffer.wrap((Json.write(line) + "\n").getBytes(StandardCharsets.UTF_8));
        try {
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            channel.force(false);
        } catch (IOException e) {
            throw new BadInput(file + ": cannot be written: " + e.getMessage(), e);
        }
        known.put(key, value);
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw new BadInput(file + ": cannot be closed: " + e.getMessage(), e);
        }
    }
}
