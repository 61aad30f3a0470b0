package org.lionalign.align.sample;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.jspecify.annotations.Nullable;
import org.lionalign.core.json.Json;

/**
 * One answer as it was drawn.
 *
 * @param index among the prompt's answers
 * @param ids its tokens, the stop token included; null when a server drew it
 * @param logprobs of each token under the policy itself (temperature 1, nothing cut off); null when a server drew it
 * @param finish {@code stop}, or {@code length} for one that was cut off and is not finished
 * @param seed what it was drawn with, null when the server was left to choose
 * @param version of the policy: hash of its weights, or the model that the server says it used
 * @param reencodes whether its text encodes to the same tokens again; always true without ids
 * @param block of prompts that were decoded together, null for a server's
 */
public record Drawn(
        int index,
        String text,
        int @Nullable [] ids,
        float @Nullable [] logprobs,
        String finish,
        @Nullable Long seed,
        String version,
        boolean reencodes,
        @Nullable String block) {
    /** What is counted and shown instead of an answer. */
    public record Failed(int index, String kind, String detail) {
        ObjectNode toJson() {
            return Json.object().put("index", index).put("kind", kind).put("detail", detail);
        }

        static Failed of(JsonNode node) {
            return new Failed(
                    node.path("index").asInt(),
                    node.path("kind").asText(),
                    node.path("detail").asText());
        }
    }

    /** Whether it was cut off at the length limit. */
    public boolean unfinished() {
        return finish.equals("length");
    }

    /** Tokens, or −1 when they are not known. */
    public int tokens() {
        return ids == null ? -1 : ids.length;
    }

    /** As it stands in stores and rows; numbers come back bit for bit. */
    public ObjectNode toJson() {
        ObjectNode node = Json.object();
        node.put("index", index).put("text", text).put("finish", finish);
        if (seed != null) {
            node.put("seed", seed);
        }
        node.put("version", version);
        if (!reencodes) {
            node.put("reencodes", false);
        }
        if (block != null) {
            node.put("block", block);
        }
        if (ids != null) {
            node.set("ids", ints(ids));
        }
        if (logprobs != null) {
            ArrayNode list = node.putArray("logprobs");
            for (float logprob : logprobs) {
                list.add(logprob);
            }
        }
        return node;
    }

    /** What {@link #toJson} wrote. */
    public static Drawn of(JsonNode node) {
        JsonNode list = node.path("logprobs");
        float[] logprobs = list.isArray() ? new float[list.size()] : null;
        for (int i = 0; logprobs != null && i < logprobs.length; i++) {
            logprobs[i] = list.get(i).floatValue();
        }
        return new Drawn(
                node.path("index").asInt(),
                node.path("text").asText(),
                node.path("ids").isArray() ? ints(node.get("ids")) : null,
                logprobs,
                node.path("finish").asText("stop"),
                node.has("seed") ? (Long) node.get("seed").asLong() : null,
                node.path("version").asText(),
                node.path("reencodes").asBoolean(true),
                node.has("block") ? node.get("block").asText() : null);
    }

    static ArrayNode ints(int[] ids) {
        ArrayNode list = Json.MAPPER.createArrayNode();
        for (int id : ids) {
            list.add(id);
        }
        return list;
    }

    static int[] ints(JsonNode list) {
        int[] ids = new int[list.size()];
        for (int i = 0; i < ids.length; i++) {
            ids[i] = list.get(i).intValue();
        }
        return ids;
    }
}
