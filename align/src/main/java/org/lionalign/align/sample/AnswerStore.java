package org.lionalign.align.sample;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.lionalign.align.text.ModelDigest;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.format.AppendLog;
import org.lionalign.core.json.Json;

/**
 * Answers on disk, by policy, prompt, settings and index: JSON Lines that are only appended to. A line is there whole or not at all, so a kill
 * loses what was not finished and repeats nothing; several policies and settings may share a file. Memory holds places, not answers.
 */
public final class AnswerStore {
    private final AppendLog log;
    private final Map<Key, AppendLog.Place> answers = new HashMap<>();
    private final Map<Key, Drawn.Failed> failures = new HashMap<>();
    private final Map<String, AppendLog.Place> blocks = new HashMap<>();
    private final Map<String, JsonNode> about = new HashMap<>();

    /**
     * Where an answer belongs.
     *
     * @param model digest of the sampler's identity
     * @param prompt digest of the conversation
     * @param settings digest of the sampler's settings
     */
    public record Key(String model, String prompt, String settings, int index) {}

    /** Opens a store; the file is made by the first answer. */
    public AnswerStore(Path file) {
        log = new AppendLog(file);
        long[] line = {0};
        log.read((place, text) -> {
            line[0]++;
            JsonNode node;
            try {
                node = Json.parse(text, file + ":" + line[0]);
            } catch (BadInput e) {
                throw new BadInput(e.getMessage() + " (remove the line: its answers are then drawn again)", e);
            }
            remember(node, place);
        });
    }

    private void remember(JsonNode node, AppendLog.Place place) {
        switch (node.path("type").asText()) {
            case "answer" -> {
                answers.putIfAbsent(key(node), place);
                failures.remove(key(node));
            }
            case "failure" -> {
                if (!answers.containsKey(key(node))) {
                    failures.put(key(node), Drawn.Failed.of(node));
                }
            }
            case "block" -> blocks.put(node.path("block").asText(), place);
            case "about" -> about.put(node.path("digest").asText(), node.path("value"));
            default ->
                throw new BadInput(
                        log.file() + ": type: expected answer, failure, block or about, found " + node.path("type"));
        }
    }

    private static Key key(JsonNode node) {
        return new Key(
                node.path("model").asText(),
                node.path("prompt").asText(),
                node.path("settings").asText(),
                node.path("index").asInt());
    }

    public Path file() {
        return log.file();
    }

    /** Answers of all policies and settings. */
    public int size() {
        return answers.size();
    }

    public boolean has(Key key) {
        return answers.containsKey(key);
    }

    public @Nullable Drawn answer(Key key) {
        AppendLog.Place place = answers.get(key);
        return place == null ? null : Drawn.of(Json.parse(log.read(place), file().toString()));
    }

    /** Why there is no answer, if it was tried. */
    public Drawn.@Nullable Failed failure(Key key) {
        return failures.get(key);
    }

    /** Puts a value beside the answers that name it by its digest, once. */
    String describe(ObjectNode value) {
        String digest = ModelDigest.text(Json.write(value));
        if (!about.containsKey(digest)) {
            ObjectNode node = Json.object().put("type", "about").put("digest", digest);
            node.set("value", value);
            append(List.of(node));
        }
        return digest;
    }

    /** What a digest of a key stands for, or null. */
    public @Nullable JsonNode described(String digest) {
        return about.get(digest);
    }

    void add(Sampler.Block block) {
        if (!blocks.containsKey(block.digest())) {
            ObjectNode node = Json.object().put("type", "block").put("block", block.digest());
            ArrayNode prompts = node.putArray("prompts");
            block.prompts().forEach(prompts::add);
            ArrayNode ids = node.putArray("prompt_ids");
            block.promptIds().forEach(one -> ids.add(Drawn.ints(one)));
            append(List.of(node));
        }
    }

    /** The prompts that were decoded with an answer's, or null when the store does not hold them. */
    public Sampler.@Nullable Block block(String digest) {
        AppendLog.Place place = blocks.get(digest);
        if (place == null) {
            return null;
        }
        JsonNode node = Json.parse(log.read(place), file().toString());
        List<String> prompts = new ArrayList<>();
        List<int[]> ids = new ArrayList<>();
        node.path("prompts").forEach(prompt -> prompts.add(prompt.asText()));
        node.path("prompt_ids").forEach(one -> ids.add(Drawn.ints(one)));
        return new Sampler.Block(digest, prompts, ids);
    }

    /** Answers and failures of one prompt: on disk together when this returns. What is there already stays. */
    void add(String model, String prompt, String settings, List<Drawn> drawn, List<Drawn.Failed> failed) {
        List<ObjectNode> lines = new ArrayList<>();
        for (Drawn answer : drawn) {
            if (!has(new Key(model, prompt, settings, answer.index()))) {
                lines.add(line("answer", model, prompt, settings, answer.toJson()));
            }
        }
        for (Drawn.Failed failure : failed) {
            lines.add(line("failure", model, prompt, settings, failure.toJson()));
        }
        append(lines);
    }

    private static ObjectNode line(String type, String model, String prompt, String settings, ObjectNode rest) {
        ObjectNode node = Json.object().put("type", type);
        node.put("model", model).put("prompt", prompt).put("settings", settings);
        return node.setAll(rest);
    }

    private void append(List<ObjectNode> lines) {
        if (lines.isEmpty()) {
            return;
        }
        List<String> texts = lines.stream().map(Json::write).toList();
        // One call is one sync to disk for all of a prompt's answers.
        long offset = log.append(String.join("\n", texts)).offset();
        for (int i = 0; i < texts.size(); i++) {
            int length = texts.get(i).getBytes(StandardCharsets.UTF_8).length;
            remember(lines.get(i), new AppendLog.Place(offset, length));
            offset += length + 1L;
        }
    }
}
