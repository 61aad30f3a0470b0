package org.lionalign.torch.model;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.format.AtomicFiles;
import org.lionalign.core.format.Checkpoint;
import org.lionalign.core.format.SafetensorsWriter;
import org.lionalign.core.format.TensorEntry;
import org.lionalign.core.json.Json;
import org.lionalign.torch.tensor.Device;
import org.lionalign.torch.tensor.Dtype;
import org.lionalign.torch.tensor.TensorScope;
import org.lionalign.torch.tensor.Tensors;

/** Makes a {@code …ForSequenceClassification} folder with one fresh label out of a language model's: where a reward model starts. */
public final class ClassifierInit {
    private static final double STD = 0.02; // transformers' initializer_range

    private ClassifierInit() {}

    /**
     * What fills batches up. transformers reads an answer's score at the last token that is not padding, so that with a model whose padding is
     * its stop token it would read one token early.
     *
     * @param id must end no answer
     */
    public record Padding(String token, int id) {}

    /**
     * Writes the folder, unless it is there: all weights but the output head, a drawn {@code score.weight}, and the config that transformers
     * expects.
     *
     * @param padding of the folder's config and tokenizer; null keeps the model's own
     */
    public static void write(Path base, Path target, long seed, @Nullable Padding padding) {
        if (Files.exists(target.resolve("config.json"))) {
            return;
        }
        ModelConfig config = ConfigReader.read(base);
        if (config.isClassifier()) {
            throw BadInput.of(base.resolve("config.json"), "architectures", "a language model", config.architecture());
        }
        ObjectNode json = (ObjectNode) Json.read(base.resolve("config.json"));
        json.putArray("architectures").add(config.architecture().replace("ForCausalLM", "ForSequenceClassification"));
        json.putObject("id2label").put("0", "LABEL_0");
        json.putObject("label2id").put("LABEL_0", 0);
        if (padding != null) {
            json.put("pad_token_id", padding.id());
        } else if (!json.hasNonNull("pad_token_id")) {
            // transformers finds an answer's end by its padding and refuses batches without a pad token
            json.put(
                    "pad_token_id",
                    config.pad() != null ? config.pad() : config.eos().get(0));
        }
        try (TensorScope scope = new TensorScope()) {
            Files.createDirectories(target);
            ModelWriter.carry(base, target);
            Files.delete(target.resolve("config.json"));
            if (padding != null) {
                for (String name : List.of("tokenizer_config.json", "special_tokens_map.json")) {
                    Path file = target.resolve(name);
                    if (Files.exists(file)) {
                        ObjectNode tokens = (ObjectNode) Json.read(file);
                        AtomicFiles.write(
                                file, tokens.put("pad_token", padding.token()).toPrettyString());
                    }
                }
            }
            List<SafetensorsWriter.Source> sources = new ArrayList<>();
            Dtype stored = Dtype.F32;
            for (Map.Entry<String, TensorEntry> entry :
                    Checkpoint.open(base).tensors().entrySet()) {
                if (!entry.getKey().equals("lm_head.weight")) {
                    stored = Dtype.ofSafetensors(entry.getValue().dtype());
                    sources.add(TensorSource.of(entry.getKey(), Tensors.map(entry.getValue()), stored));
                }
            }
            sources.add(TensorSource.of(
                    "score.weight", Tensors.randn(seed, STD, Device.CPU, 1, config.hiddenSize()), stored));
            SafetensorsWriter.writeSharded(target, "model", Map.of("format", "pt"), sources, ModelWriter.SHARD_BYTES);
            AtomicFiles.write(
                    target.resolve("config.json"), json.toPrettyString()); // last: its presence says that all is there
        } catch (IOException e) {
            throw new BadInput(target + ": cannot be written: " + e.getMessage(), e);
        }
    }
}
