package org.lionalign.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/** A recipe of the whole way that takes seconds: every kind of node, few steps, fp32. */
final class TinyRun {
    private TinyRun() {}

    /** Writes model, rows and recipe into a folder. */
    static Path recipe(Path dir) throws IOException {
        Path model = TinyModel.write(dir.resolve("model"));
        Path rows = rows(dir.resolve("rows.jsonl"), 24, i -> "\"completion\": \"It is " + i + ".\"");
        Path pairs =
                rows(dir.resolve("pairs.jsonl"), 24, i -> "\"chosen\": \"It is " + i + ".\", \"rejected\": \"No.\"");
        Path prompts = rows(dir.resolve("prompts.jsonl"), 8, i -> "\"id\": " + i);
        Path held = rows(dir.resolve("held.jsonl"), 6, i -> "\"held\": " + i);
        String train =
                "train: {epochs: 100, max_steps: 6, examples_per_step: 4, micro_batch_tokens: 128, learning_rate: 1e-3,"
                        + " checkpoint_every_steps: 2}";
        return Files.writeString(dir.resolve("recipe.yaml"), """
                model: {path: 'MODEL', template: chatml, compute: f32}
                seed: 3
                sft:
                  data: {train: ['ROWS'], max_length_tokens: 64}
                  TRAIN
                  eval: {probe_prompts: 2}
                reward:
                  data: {train: ['PAIRS'], max_length_tokens: 64}
                  TRAIN
                dpo:
                  data: {train: ['PAIRS'], eval: ['PAIRS'], max_length_tokens: 64}
                  TRAIN
                  eval: {probe_prompts: 2}
                  loss: {beta: 0.1}
                online:
                  prompts: ['PROMPTS']
                  sample: {answers: 3, temperature: 1.0, max_new_tokens: 8, batch: 6}
                  judges:
                    - {type: rule, rule: {prefer: longer}}
                    - {type: reward, path: '@reward', weight: 0.1}
                  pairs: {unfinished: allow}
                  held_out: ['PAIRS']
                  eval: {every_steps: 2, export: best, probe_prompts: 2}
                  max_length_tokens: 64
                  TRAIN
                  loss: {beta: 0.1}
                  stop: {length_ratio: 100}
                compare:
                  prompts: ['HELD']
                  sample: {answers: 1, temperature: 0, max_new_tokens: 8}
                  judges:
                    - {type: rule, rule: {max_characters: 12}}
                    - {type: reward, path: '@reward'}
                """.replace("MODEL", model.toString())
                .replace("ROWS", rows.toString())
                .replace("PAIRS", pairs.toString())
                .replace("PROMPTS", prompts.toString())
                .replace("HELD", held.toString())
                .replace("TRAIN", train));
    }

    private static Path rows(Path file, int n, IntFunction<String> rest) throws IOException {
        List<String> rows = new ArrayList<>();
        IntStream.range(0, n).forEach(i -> rows.add("{\"prompt\": \"Say " + i + ".\", " + rest.apply(i) + "}"));
        return Files.write(file, rows);
    }
}
