package org.lionalign.align.eval;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lionalign.align.remote.ChatEndpoint;
import org.lionalign.align.text.TextModel;
import org.lionalign.core.json.Json;
import org.lionalign.torch.model.CausalLm;
import org.lionalign.torch.model.LoadOptions;
import org.lionalign.torch.model.RandomInit;
import org.lionalign.torch.tensor.Dtype;

/** A random model of a few thousand weights with the bundled tokenizer and template: answers nonsense, quickly and always the same. */
public final class TinyCheckpoint implements AutoCloseable {
    private final CausalLm model;
    private final TextModel text;
    private final Path data;
    private final Path store;

    /** @param context tokens that fit, which also bounds the answers */
    public TinyCheckpoint(Path dir, int context) throws IOException {
        Path from = Path.of(System.getProperty("lion.root", ".."), "models/cub");
        Path folder = Files.createDirectories(dir.resolve("tiny"));
        for (String name : List.of(
                "generation_config.json", "special_tokens_map.json", "tokenizer.json", "tokenizer_config.json")) {
            Files.copy(from.resolve(name), folder.resolve(name));
        }
        ObjectNode config = (ObjectNode) Json.read(from.resolve("config.json"));
        config.put("hidden_size", 16);
        config.put("intermediate_size", 16);
        config.put("num_hidden_layers", 1);
        config.put("num_attention_heads", 1);
        config.put("num_key_value_heads", 1);
        config.put("head_dim", 16);
        config.put("max_position_embeddings", context);
        Files.writeString(folder.resolve("config.json"), Json.write(config));
        RandomInit.write(folder, 5, Dtype.F32);
        model = CausalLm.load(folder, LoadOptions.inference(Dtype.F32));
        text = TextModel.open(folder, null);
        data = dir.resolve("data");
        store = dir.resolve("store");
    }

    /** A file of the suites' data. */
    public Path data(String name, List<String> lines) throws IOException {
        Path file = data.resolve(name);
        Files.createDirectories(file.getParent());
        return Files.writeString(file, String.join("\n", lines) + "\n");
    }

    public Path store() {
        return store;
    }

    public EvalContext context(@Nullable ChatEndpoint judge, int limit, Runnable progress) {
        return new EvalContext(model, text, "tiny", "tiny-1", data, store, limit, judge, "judge-1", 0, progress);
    }

    @Override
    public void close() {
        model.close();
    }
}
