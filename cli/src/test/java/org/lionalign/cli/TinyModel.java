package org.lionalign.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import org.lionalign.torch.model.RandomInit;
import org.lionalign.torch.tensor.Dtype;

/** Random weights of a small shape under the bundled tokenizer, and rows to train them on. */
final class TinyModel {
    private static final Path ROOT = Path.of(System.getProperty("lion.root", ".."));

    private TinyModel() {}

    /** A model folder. */
    static Path write(Path folder) throws IOException {
        Path model = Files.createDirectories(folder);
        for (String file : List.of("tokenizer.json", "tokenizer_config.json")) {
            Files.copy(
                    ROOT.resolve("models/cub").resolve(file), model.resolve(file), StandardCopyOption.REPLACE_EXISTING);
        }
        Files.writeString(
                model.resolve("config.json"),
                Files.readString(ROOT.resolve("models/cub/config.json"))
                        .replace("\"hidden_size\" : 256", "\"hidden_size\" : 32")
                        .replace("\"intermediate_size\" : 704", "\"intermediate_size\" : 48")
                        .replace("\"head_dim\" : 64", "\"head_dim\" : 8")
                        .replace("\"num_hidden_layers\" : 6", "\"num_hidden_layers\" : 2"));
        RandomInit.write(model, 5, Dtype.F32);
        return model;
    }

    /** A recipe of {@code steps} steps on {@code n} short rows, with a checkpoint every second step. */
    static Path recipe(Path dir, boolean pairs, int n, int steps, String... more) throws IOException {
        List<String> rows = new ArrayList<>();
        for (int i = 0; i < n; i++) {
            rows.add("{\"prompt\": \"Say " + i + ".\", "
                    + (pairs
                            ? "\"chosen\": \"It is " + i + ".\", \"rejected\": \"No.\"}"
                            : "\"completion\": \"It is " + i + ".\"}"));
        }
        Path data = Files.write(dir.resolve(pairs ? "pairs.jsonl" : "rows.jsonl"), rows);
        String yaml =
                "model: {path: '" + write(dir.resolve("model")) + "', template: chatml, compute: f32}\ndata: {train: ['"
                        + data + "'], max_length_tokens: 64}\ntrain: {epochs: 100, max_steps: " + steps
                        + ", examples_per_step: 8, micro_batch_tokens: 128, learning_rate: 1e-3, checkpoint_every_steps: 2}\n"
                        + "eval: {probe_prompts: 4}\n"
                        + String.join("\n", more);
        return Files.writeString(dir.resolve(pairs ? "dpo.yaml" : "sft.yaml"), yaml);
    }
}
