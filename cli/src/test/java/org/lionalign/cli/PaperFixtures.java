package org.lionalign.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.lionalign.core.json.Json;
import org.lionalign.torch.model.RandomInit;
import org.lionalign.torch.tensor.Dtype;

/** What the paper's recipes name, in small: checkpoints of the same architectures, and data sets of the same columns and splits. */
final class PaperFixtures {
    private static final Path ROOT = Path.of(System.getProperty("lion.root", ".."));
    private static final List<String> SFT = List.of(
            "SFT-OpenHermes-2.5",
            "SFT-MetaMathQA",
            "SFT-orca-math-word-problems-200k",
            "ultrachat_200k",
            "capybara",
            "deita-10k-v0-sft",
            "SFT-ruozhiba_en",
            "SFT-Magicoder-Evol-Instruct-110K",
            "SFT-SlimOrca-Dedup");
    private static final List<String> DPO = List.of(
            "DPO-distilabel-capybara-dpo-7k-binarized",
            "DPO-distilabel-intel-orca-dpo-pairs_cleaned",
            "DPO-py-dpo-v0.1",
            "DPO-tldr-summarisation-preferences",
            "DPO-HelpSteer",
            "DPO-PKU-SafeRLHF",
            "DPO-Nectar");

    private PaperFixtures() {}

    /** Folders {@code models} and {@code data}. */
    static Path write(Path dir) throws IOException {
        model(dir.resolve("models/gemma-2b"), true);
        model(dir.resolve("models/Meta-Llama-3-8B"), false);
        for (String stage : List.of("sft", "dpo")) {
            copy(dir.resolve("models/gemma-2b"), dir.resolve("models/LION-Gemma-2b-" + stage + "-v1.0"));
            copy(dir.resolve("models/Meta-Llama-3-8B"), dir.resolve("models/LION-LLaMA-3-8b-" + stage + "-v1.0"));
        }
        copy(ROOT.resolve("torch/src/test/resources/golden/pairrm"), dir.resolve("models/PairRM-hf"));
        for (String name : SFT) {
            rows(dir.resolve("data").resolve(name).resolve("train_sft.jsonl"), name, 6, false);
        }
        for (String name : DPO) {
            rows(dir.resolve("data").resolve(name).resolve("train.jsonl"), name, 20, true);
        }
        Path feedback = dir.resolve("data/DPO-UltraFeedback_binarized");
        rows(feedback.resolve("train_prefs.jsonl"), "feedback", 10, true);
        rows(feedback.resolve("test_prefs.jsonl"), "held", 6, true);
        return dir;
    }

    /** The bundled tokenizer with a token at the beginning, under one block of Gemma's or Llama 3's shape. */
    private static void model(Path folder, boolean gemma) throws IOException {
        Files.createDirectories(folder);
        Files.copy(ROOT.resolve("models/cub/tokenizer.json"), folder.resolve("tokenizer.json"));
        ObjectNode tokenizer = (ObjectNode) Json.read(ROOT.resolve("models/cub/tokenizer_config.json"));
        tokenizer.remove("chat_template"); // base models have none, or not the recipe's
        tokenizer.put("bos_token", "<|endoftext|>").put("eos_token", "<|endoftext|>");
        Files.writeString(folder.resolve("tokenizer_config.json"), Json.write(tokenizer));
        ObjectNode config = (ObjectNode) Json.read(ROOT.resolve("models/cub/config.json"));
        config.put("hidden_size", 16).put("intermediate_size", 24).put("head_dim", 8);
        config.put("num_hidden_layers", 1).put("num_attention_heads", 2).put("num_key_value_heads", 1);
        config.put("max_position_embeddings", 8192).put("eos_token_id", 0).put("bos_token_id", 0);
        config.put("tie_word_embeddings", gemma);
        config.put("vocab_size", 2224).put("rope_theta", gemma ? 10_000.0 : 500_000.0);
        Files.writeString(folder.resolve("config.json"), Json.write(config));
        RandomInit.write(folder, 3, Dtype.F32);
        if (gemma) {
            // The tensors have the names of Llama's.
            config.put("model_type", "gemma").put("hidden_act", "gelu");
            config.remove("mlp_bias");
            ArrayNode architectures = config.putArray("architectures");
            architectures.add("GemmaForCausalLM");
            Files.writeString(folder.resolve("config.json"), Json.write(config));
        }
    }

    private static void copy(Path from, Path to) throws IOException {
        Files.createDirectories(to);
        try (Stream<Path> files = Files.list(from)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Files.copy(file, to.resolve(file.getFileName()), StandardCopyOption.REPLACE_EXISTING);
            }
        }
    }

    /** LION.md 2.2: prompt, prompt_id, messages, other_info; pairs also chosen, rejected and their scores. */
    private static void rows(Path file, String name, int n, boolean pairs) throws IOException {
        Files.createDirectories(file.getParent());
        List<String> rows = new ArrayList<>();
        for (int i = 0; i < n; i++) {
            String prompt = "Tell me something about number " + i + " of " + name + ", please. It may be long.";
            String answer = "Number " + i + " of " + name + " is a fine number, and it comes after " + (i - 1)
                    + ". Many people like it, and the fox does too.";
            ObjectNode row = Json.object().put("prompt", prompt).put("prompt_id", name + "-" + i);
            turns(row.putArray("messages"), prompt, answer);
            if (pairs) {
                turns(row.putArray("chosen"), prompt, answer);
                turns(row.putArray("rejected"), prompt, "I do not know what " + i + " is.");
                row.put("score_chosen", 8.0).put("score_rejected", 3.5);
            }
            row.putObject("other_info").put("source", name);
            rows.add(Json.write(row));
        }
        Files.write(file, rows);
    }

    private static void turns(ArrayNode list, String prompt, String answer) {
        list.addObject().put("content", prompt).put("role", "user");
        list.addObject().put("content", answer).put("role", "assistant");
    }

    /** A shipped recipe whose files lie in {@code dir}. */
    static Path recipe(Path dir, String name) throws IOException {
        String text = Files.readString(ROOT.resolve("recipes").resolve(name))
                .replace("path: models/", "path: " + dir.resolve("models") + "/")
                .replace("path: data/", "path: " + dir.resolve("data") + "/");
        return Files.writeString(dir.resolve(name), text);
    }
}
