package org.lionalign.align.text;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.lionalign.core.chat.ChatTemplate;
import org.lionalign.core.format.AtomicFiles;
import org.lionalign.core.json.Json;

/**
 * The template and the stop tokens that a model was trained with, put into its folder: whoever loads it renders and stops as the trainer did,
 * without being told (PITFALLS 6 and 7). Files that say so already keep their bytes.
 *
 * <p>The layout is that of transformers: {@code chat_template.jinja}, which goes before {@code chat_template} of
 * {@code tokenizer_config.json}; that one is set too, for readers that know no other. Stop ids are {@code eos_token_id} of
 * {@code generation_config.json}. The tokenizer's {@code eos_token} stays: templates may write it.
 */
public final class TextExport {
    private TextExport() {}

    /**
     * Writes them.
     *
     * @param trained text side of the model as it was trained
     * @param folder the exported model, its tokenizer files already there
     */
    public static void write(TextModel trained, Path folder) {
        if (trained.hasTemplate()) {
            template(trained.template().source(), folder);
        }
        stops(trained.stops(), folder);
    }

    private static void template(String source, Path folder) {
        if (ChatTemplate.has(folder) && ChatTemplate.ofModel(folder).source().equals(source)) {
            return;
        }
        AtomicFiles.write(folder.resolve("chat_template.jinja"), source);
        Path config = folder.resolve("tokenizer_config.json");
        if (Files.exists(config)) {
            ObjectNode node = (ObjectNode) Json.read(config);
            AtomicFiles.write(config, node.put("chat_template", source).toPrettyString() + "\n");
        }
    }

    private static void stops(Set<Integer> stops, Path folder) {
        Path file = folder.resolve("generation_config.json");
        ObjectNode generation = Files.exists(file) ? (ObjectNode) Json.read(file) : Json.object();
        Path config = folder.resolve("config.json");
        JsonNode model = Files.exists(config) ? Json.read(config) : Json.object();
        // Without a generation config, readers take the model's.
        Set<Integer> known = ids((Files.exists(file) ? generation : model).path("eos_token_id"));
        if (known.containsAll(stops)) {
            return;
        }
        if (!Files.exists(file)) {
            for (String name : List.of("bos_token_id", "pad_token_id")) {
                if (model.hasNonNull(name)) {
                    generation.set(name, model.get(name));
                }
            }
        }
        ArrayNode all = generation.putArray("eos_token_id");
        known.addAll(stops); // those that were there first keep their place
        known.forEach(all::add);
        AtomicFiles.write(file, generation.toPrettyString() + "\n");
    }

    private static Set<Integer> ids(JsonNode eos) {
        Set<Integer> ids = new LinkedHashSet<>();
        (eos.isArray() ? eos : List.of(eos)).forEach(id -> {
            if (id.isIntegralNumber()) {
                ids.add(id.intValue());
            }
        });
        return ids;
    }
}
