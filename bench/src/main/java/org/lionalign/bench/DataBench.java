package org.lionalign.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.zip.GZIPInputStream;
import org.lionalign.align.stage.DataPreview;
import org.lionalign.align.stage.StageKind;
import org.lionalign.core.format.Folders;
import org.lionalign.core.json.Json;
import org.lionalign.core.recipe.RecipeReader;
import org.lionalign.core.recipe.StageRecipe;

/**
 * Rows to packed passes, without a model: {@code bench/run DataBench rate [SHARED_DATA]} encodes the real rows with SmolLM's tokenizer;
 * {@code bench/run DataBench scale [ROWS]} encodes that many short made rows (2,000,000) with the bundled one. Both then open the encoded
 * rows again, as a second start does.
 */
public final class DataBench {
    private static final List<String> REAL = List.of(
            "alpaca/alpaca_en_demo.json",
            "code_alpaca/code_alpaca_2k.json",
            "code_alpaca/new_codealpaca.json",
            "gpteacher_roleplay/roleplay_instruct.json",
            "gpteacher_roleplay/roleplay_alpaca_cleaned.json",
            "math/math_data.json",
            "gsm8k/train.jsonl",
            "mt_bench_chats/chats.jsonl");

    private DataBench() {}

    public static void main(String[] args) throws IOException {
        Path work = Files.createTempDirectory("lion-data-bench");
        try {
            if (args.length > 0 && args[0].equals("scale")) {
                int rows = args.length > 1 ? Integer.parseInt(args[1]) : 2_000_000;
                Path model = model(
                        work, Path.of(System.getProperty("lion.home", ".")).resolve("models/cub"));
                run(work, model, List.of(made(work, rows)));
            } else {
                Path shared = Path.of(args.length > 1 ? args[1] : "../shared/data");
                List<Path> files = new ArrayList<>();
                for (String name : REAL) {
                    files.add(unpacked(shared.resolve("sft").resolve(name), work));
                }
                run(work, model(work, shared.resolve("tokenizers/smollm")), files);
            }
        } finally {
            Folders.delete(work);
        }
    }

    /** A folder with a configuration and a tokenizer, and no weights: none are needed. */
    private static Path model(Path work, Path tokenizer) throws IOException {
        Path model = Files.createDirectories(work.resolve("model"));
        for (String name : List.of("tokenizer.json", "tokenizer_config.json")) {
            Files.copy(
                    unpacked(tokenizer.resolve(name), work), model.resolve(name), StandardCopyOption.REPLACE_EXISTING);
        }
        Files.writeString(model.resolve("config.json"), RandomModel.SMOLLM2_135M);
        return model;
    }

    private static Path unpacked(Path file, Path work) throws IOException {
        if (Files.exists(file)) {
            return file;
        }
        Path plain = work.resolve("unpacked" + file.toString().replace('/', '-'));
        try (InputStream in = new GZIPInputStream(Files.newInputStream(Path.of(file + ".gz")))) {
            Files.copy(in, plain, StandardCopyOption.REPLACE_EXISTING);
        }
        return plain;
    }

    /** Rows that differ, of some forty tokens. */
    private static Path made(Path work, int rows) throws IOException {
        Path file = work.resolve("made.jsonl");
        String[] words = "the a small old red bird tree house river stone sings sleeps runs waits finds".split(" ");
        java.util.SplittableRandom random = new java.util.SplittableRandom(1);
        try (BufferedWriter out = Files.newBufferedWriter(file)) {
            for (int i = 0; i < rows; i++) {
                StringBuilder answer = new StringBuilder();
                for (int w = random.nextInt(4, 12); w > 0; w--) {
                    answer.append(words[random.nextInt(words.length)]).append(w == 1 ? "." : " ");
                }
                out.write("{\"prompt\": \"Say number " + i + ".\", \"completion\": \"" + answer + "\"}\n");
            }
        }
        return file;
    }

    private static void run(Path work, Path model, List<Path> files) throws IOException {
        ObjectNode recipe = Json.object();
        recipe.putObject("model").put("path", model.toString()).put("template", "chatml");
        ObjectNode data = recipe.putObject("data");
        files.forEach(file -> data.withArray("train").add(file.toString()));
        data.put("max_length_tokens", 2048).put("overlong", "set_aside");
        Path yaml = Files.writeString(work.resolve("recipe.yaml"), recipe.toPrettyString());
        StageRecipe read = RecipeReader.read(yaml, List.of(), StageRecipe.class);
        for (String start : List.of("first start", "second start")) {
            long begin = System.nanoTime();
            DataPreview preview = new DataPreview(read, StageKind.SFT, work.resolve("cache"));
            double encoded = (System.nanoTime() - begin) / 1e9;
            ObjectNode summary = preview.summary();
            double all = (System.nanoTime() - begin) / 1e9;
            long tokens = summary.get("tokens").asLong();
            System.out.printf(
                    Locale.ROOT,
                    "%s: %,d rows, %,d tokens in %.2f s encoded, %.2f s with packing into %,d passes (%.1f %% filled): %,.0f tokens/s;"
                            + " peak heap %.2f GB, peak resident %.2f GB%n",
                    start,
                    summary.get("rows").asLong(),
                    tokens,
                    encoded,
                    all,
                    summary.get("passes_per_epoch").asLong(),
                    100 * summary.get("fill").asDouble(),
                    tokens / all,
                    peakHeap() / 1e9,
                    SftBench.peakResident() / 1e9);
        }
    }

    private static double peakHeap() {
        return ManagementFactory.getMemoryPoolMXBeans().stream()
                .filter(pool -> pool.getType() == MemoryType.HEAP)
                .mapToLong((MemoryPoolMXBean pool) -> pool.getPeakUsage().getUsed())
                .sum();
    }
}
