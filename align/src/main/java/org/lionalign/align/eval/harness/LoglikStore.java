package org.lionalign.align.eval.harness;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.lionalign.core.data.Digests;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.json.Json;
import org.lionalign.core.json.JsonLines;

/**
 * Log-likelihoods that are known already, one line for each question in {@code STORE/harness/<task>-<key of the checkpoint>.jsonl}. A question's key
 * is the hash of its contexts and continuations, so other data, shots or templates never meet an old number; a line that a crash tore is
 * passed over.
 */
final class LoglikStore {
    private final Path file;
    private final Map<String, double[]> known = new HashMap<>();

    /** @param checkpoint everything but the question that shapes the numbers */
    LoglikStore(Path store, String task, List<String> checkpoint) {
        file = store.resolve("harness").resolve(task + "-" + hash(checkpoint).substring(0, 16) + ".jsonl");
        if (!Files.exists(file)) {
            return;
        }
        try (JsonLines lines = JsonLines.open(file)) {
            for (JsonLines.Attempt line = lines.next(); line != null; line = lines.next()) {
                JsonNode value = line.value();
                if (value != null && value.path("logliks").isArray()) {
                    double[] numbers = new double[value.path("logliks").size()];
                    for (int i = 0; i < numbers.length; i++) {
                        JsonNode number = value.path("logliks").get(i);
                        numbers[i] = number.isNull() ? Double.NaN : number.asDouble();
                    }
                    known.put(value.path("key").asText(), numbers);
                }
            }
        }
    }

    static String key(Request request) {
        MessageDigest digest = Digests.sha256();
        update(digest, request.contexts());
        update(digest, request.continuations());
        return HexFormat.of().formatHex(digest.digest(), 0, 16);
    }

    private static String hash(List<String> parts) {
        MessageDigest digest = Digests.sha256();
        update(digest, parts);
        return HexFormat.of().formatHex(digest.digest());
    }

    private static void update(MessageDigest digest, List<String> texts) {
        String before = "";
        for (String text : texts) {
            byte[] bytes = text.equals(before) ? new byte[] {1} : text.getBytes(StandardCharsets.UTF_8);
            digest.update((bytes.length + ":").getBytes(StandardCharsets.UTF_8));
            digest.update(bytes);
            before = text;
        }
        digest.update((byte) 0);
    }

    double @Nullable [] get(String key) {
        return known.get(key);
    }

    /** Appends lines; what is written survives the process. */
    void put(Map<String, double[]> more) {
        StringBuilder lines = new StringBuilder();
        for (Map.Entry<String, double[]> entry : more.entrySet()) {
            ObjectNode line = Json.object().put("key", entry.getKey());
            ArrayNode numbers = line.putArray("logliks");
            for (double number : entry.getValue()) {
                if (Double.isNaN(number)) {
                    numbers.addNull();
                } else {
                    numbers.add(number);
                }
            }
            lines.append(Json.write(line)).append('\n');
        }
        try {
            Files.createDirectories(file.getParent());
            boolean torn = Files.exists(file) && !endsWithNewline();
            Files.writeString(file, (torn ? "\n" : "") + lines, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new BadInput(file + ": cannot be written: " + e.getMessage(), e);
        }
        known.putAll(more);
    }

    private boolean endsWithNewline() throws IOException {
        try (var channel = Files.newByteChannel(file)) {
            if (channel.size() == 0) {
                return true;
            }
            java.nio.ByteBuffer last = java.nio.ByteBuffer.allocate(1);
            channel.position(channel.size() - 1).read(last);
            return last.get(0) == '\n';
        }
    }
}
