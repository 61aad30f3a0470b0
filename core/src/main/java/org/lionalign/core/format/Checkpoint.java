package org.lionalign.core.format;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.json.Json;

/**
 * All tensors of a model folder in Hugging Face layout: {@code model.safetensors}, or the shards that
 * {@code model.safetensors.index.json} names. The same for adapters under another base name.
 *
 * @param directory the folder
 * @param tensors by name, sorted
 */
public record Checkpoint(Path directory, Map<String, TensorEntry> tensors) {
    public Checkpoint {
        tensors = Collections.unmodifiableMap(new TreeMap<>(tensors));
    }

    /** Opens {@code model.safetensors} or its index. */
    public static Checkpoint open(Path directory) {
        return open(directory, "model");
    }

    /** Opens {@code <base>.safetensors} or {@code <base>.safetensors.index.json}. */
    public static Checkpoint open(Path directory, String base) {
        if (!Files.isDirectory(directory)) {
            throw new BadInput(
                    directory + ": expected a model folder, found " + (Files.exists(directory) ? "a file" : "nothing"));
        }
        Path single = directory.resolve(base + ".safetensors");
        Path index = directory.resolve(base + ".safetensors.index.json");
        if (Files.exists(index)) {
            return sharded(directory, index);
        }
        if (!Files.exists(single)) {
            throw new BadInput(directory + ": expected " + base + ".safetensors or " + base
                    + ".safetensors.index.json, found neither"
                    + (Files.exists(directory.resolve("pytorch_model.bin"))
                            ? " (pytorch_model.bin is a pickle and is not read; convert it to safetensors)"
                            : ""));
        }
        return new Checkpoint(directory, Safetensors.open(single).tensors());
    }

    /** Whether the folder holds weights. */
    public static boolean present(Path directory) {
        return Files.exists(directory.resolve("model.safetensors"))
                || Files.exists(directory.resolve("model.safetensors.index.json"));
    }

    private static Checkpoint sharded(Path directory, Path index) {
        JsonNode map = Json.read(index).path("weight_map");
        if (!map.isObject() || map.isEmpty()) {
            throw BadInput.of(
                    index,
                    "weight_map",
                    "an object of tensor name → shard file",
                    map.getNodeType().toString());
        }
        Map<String, Safetensors> shards = new LinkedHashMap<>();
        Map<String, TensorEntry> tensors = new LinkedHashMap<>();
        for (Map.Entry<String, JsonNode> field : map.properties()) {
            String shard = field.getValue().asText();
            if (!field.getValue().isTextual()
                    || !Path.of(shard).getFileName().toString().equals(shard)) {
                throw BadInput.of(
                        index,
                        "weight_map." + field.getKey(),
                        "a file name",
                        field.getValue().toString());
            }
            Path file = directory.resolve(shard);
            if (!Files.exists(file)) {
                throw BadInput.of(index, "weight_map." + field.getKey(), "shard " + shard, "no such file");
            }
            TensorEntry entry = shards.computeIfAbsent(shard, s -> Safetensors.open(file))
                    .tensors()
                    .get(field.getKey());
            if (entry == null) {
                throw BadInput.of(file, field.getKey(), "a tensor that the index names", "none of that name");
            }
            tensors.put(field.getKey(), entry);
        }
        for (Map.Entry<String, Safetensors> shard : shards.entrySet()) {
            for (String name : shard.getValue().tensors().keySet()) {
                if (!tensors.containsKey(name)) {
                    throw BadInput.of(
                            directory.resolve(shard.getKey()),
                            name,
                            "a tensor named by " + index.getFileName(),
                            "an extra one");
                }
                if (!tensors.get(name).file().equals(directory.resolve(shard.getKey()))) {
                    throw BadInput.of(directory.resolve(shard.getKey()), name, "each tensor once", "a second copy");
                }
            }
        }
        return new Checkpoint(directory, tensors);
    }

    /** Bytes of all tensors. */
    public long bytes() {
        return tensors.values().stream().mapToLong(TensorEntry::bytes).sum();
    }
}
