package org.lionalign.torch.model;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.format.SafetensorsWriter;
import org.lionalign.torch.nn.Weight;
import org.lionalign.torch.tensor.Dtype;
import org.lionalign.torch.tensor.TensorScope;

/** Saves a model in the layout it came in: weights in one file or shards, everything else carried along unchanged. */
public final class ModelWriter {
    /** Shards are at most this large, as transformers writes them by default. */
    public static final long SHARD_BYTES = 5_000_000_000L;

    private ModelWriter() {}

    /**
     * Writes the model to a folder, which is created.
     *
     * @param stored dtype of the weights in the file
     * @param shardBytes a shard's size at most
     */
    public static void save(CausalLm model, Path directory, Dtype stored, long shardBytes) {
        if (model.linears().stream().anyMatch(linear -> !linear.adapters().isEmpty())) {
            throw new IllegalStateException("merge the adapters first, or save them with LoraAdapters.save");
        }
        try (TensorScope scope = new TensorScope()) {
            Files.createDirectories(directory);
            List<SafetensorsWriter.Source> sources = new ArrayList<>();
            Set<String> seen = new HashSet<>();
            for (Weight weight : model.weights()) {
                for (Weight.Part part : weight.parts()) {
                    if (seen.add(part.name())) {
                        sources.add(TensorSource.of(weight, part, stored));
                    }
                }
            }
            SafetensorsWriter.writeSharded(directory, "model", Map.of("format", "pt"), sources, shardBytes);
            carry(model.directory(), directory);
        } catch (IOException e) {
            throw new BadInput(directory + ": cannot be written: " + e.getMessage(), e);
        }
    }

    /** Copies configuration, tokenizer, template and generation settings byte for byte. */
    public static void carry(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.list(from)) {
            for (Path file : files.sorted().toList()) {
                String name = file.getFileName().toString();
                boolean carried = name.endsWith(".json") && !name.endsWith(".index.json") && !name.startsWith("golden")
                        || name.endsWith(".jinja")
                        || name.equals("tokenizer.model")
                        || name.equals("merges.txt")
                        || name.equals("vocab.txt");
                if (carried && Files.isRegularFile(file)) {
                    Files.copy(file, to.resolve(name), StandardCopyOption.REPLACE_EXISTING);
                }
            }
        }
    }
}
