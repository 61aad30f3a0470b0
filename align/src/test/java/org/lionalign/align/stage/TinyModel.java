package org.lionalign.align.stage;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.lionalign.core.json.Json;
import org.lionalign.torch.model.RandomInit;
import org.lionalign.torch.tensor.Dtype;

/** A model folder that learns in seconds: the bundled tokenizer and a network of two small blocks with drawn weights. */
public final class TinyModel {
    private static final Path CUB = Path.of(System.getProperty("lion.root", ".."), "models/cub");

    private TinyModel() {}

    public static Path write(Path folder, long seed) throws IOException {
        Files.createDirectories(folder);
        for (String file : List.of(
                "tokenizer.json", "tokenizer_config.json", "generation_config.json", "special_tokens_map.json")) {
            if (!Files.exists(folder.resolve(file))) {
                Files.copy(CUB.resolve(file), folder.resolve(file));
            }
        }
        ObjectNode config = (ObjectNode) Json.read(CUB.resolve("config.json"));
        config.put("hidden_size", 32)
                .put("head_dim", 16)
                .put("intermediate_size", 64)
                .put("num_hidden_layers", 2);
        config.put("num_attention_heads", 2).put("num_key_value_heads", 1);
        Files.writeString(folder.resolve("config.json"), Json.write(config));
        RandomInit.write(folder, seed, Dtype.F32);
        return folder;
    }
}
