package org.lionalign.cub;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.List;
import org.lionalign.core.format.AtomicFiles;
import org.lionalign.core.json.Json;

/** Cub's model directory without its weights: tokenizer, chat template, configuration. A pure function of this code. */
public final class TokenizerFiles {
    /** Ends a document of the pre-training text. */
    public static final String END_OF_TEXT = "<|endoftext|>";

    /** In the order of their ids, from 0. */
    static final List<String> SPECIAL = List.of(
            END_OF_TEXT,
            "<|im_start|>",
            "<|im_end|>",
            "<|pad|>",
            "<|reserved_0|>",
            "<|reserved_1|>",
            "<|reserved_2|>",
            "<|reserved_3|>");

    /** Room for every word of the world as one token, with and without a space before it. */
    static final int VOCABULARY = 2224;

    static final String CHAT_TEMPLATE = "{% for message in messages %}"
            + "{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}"
            + "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";

    private static final int DOCUMENTS = 20_000;
    private static final int PROMPTS = 4_000;

    private TokenizerFiles() {}

    /** The trained {@code tokenizer.json}: on the corpus of seed 1, the wording of instructions and the names of the roles. */
    public static ObjectNode tokenizer() {
        BpeTrainer trainer = new BpeTrainer();
        CorpusGenerator corpus = new CorpusGenerator(1);
        for (int i = 0; i < DOCUMENTS; i++) {
            trainer.add(corpus.document(i), 1);
        }
        InstructionGenerator instructions = new InstructionGenerator(1, InstructionGenerator.Split.SFT);
        for (int i = 0; i < PROMPTS; i++) {
            trainer.add(instructions.next().prompt(), 1);
        }
        for (String role : List.of("user", "assistant", "system")) {
            trainer.add(role + "\n", 1000);
        }
        Checker.vocabulary().forEach(word -> trainer.add(" " + word, 2));
        return trainer.train(VOCABULARY, SPECIAL);
    }

    /** Writes the files of the model directory, all but the weights. */
    public static void write(Path directory) {
        ObjectNode tokenizer = tokenizer();
        AtomicFiles.write(directory.resolve("tokenizer.json"), pretty(tokenizer));
        ObjectNode config = Json.object();
        config.put("add_bos_token", false).put("add_eos_token", false).put("add_prefix_space", false);
        ObjectNode added = config.putObject("added_tokens_decoder");
        for (int i = 0; i < SPECIAL.size(); i++) {
            added.putObject(String.valueOf(i))
                    .put("content", SPECIAL.get(i))
                    .put("lstrip", false)
                    .put("normalized", false)
                    .put("rstrip", false)
                    .put("single_word", false)
                    .put("special", true);
        }
        config.putNull("bos_token");
        config.put("chat_template", CHAT_TEMPLATE)
                .put("clean_up_tokenization_spaces", false)
                .put("eos_token", "<|im_end|>")
                .put("model_max_length", 512)
                .put("pad_token", "<|pad|>")
                .put("tokenizer_class", "PreTrainedTokenizerFast");
        config.putNull("unk_token");
        AtomicFiles.write(directory.resolve("tokenizer_config.json"), pretty(config));
        AtomicFiles.write(
                directory.resolve("special_tokens_map.json"),
                pretty(Json.object().put("eos_token", "<|im_end|>").put("pad_token", "<|pad|>")));
        ObjectNode generation = Json.object().put("do_sample", true).put("temperature", 1.0);
        generation.putArray("eos_token_id").add(2).add(0);
        generation.put("max_new_tokens", 160).put("pad_token_id", 3);
        AtomicFiles.write(directory.resolve("generation_config.json"), pretty(generation));
        AtomicFiles.write(directory.resolve("config.json"), pretty(model()));
    }

    /** A Llama of 4.9 million parameters. */
    private static ObjectNode model() {
        ObjectNode config = Json.object();
        config.putArray("architectures").add("LlamaForCausalLM");
        config.put("model_type", "llama").put("attention_bias", false).put("attention_dropout", 0.0);
        config.putNull("bos_token_id");
        config.put("eos_token_id", 2)
                .put("head_dim", 64)
                .put("hidden_act", "silu")
                .put("hidden_size", 256)
                .put("initializer_range", 0.02)
                .put("intermediate_size", 704)
                .put("max_position_embeddings", 512)
                .put("mlp_bias", false)
                .put("num_attention_heads", 4)
                .put("num_hidden_layers", 6)
                .put("num_key_value_heads", 2)
                .put("pad_token_id", 3)
                .put("rms_norm_eps", 1e-5)
                .put("rope_theta", 10000.0)
                .put("tie_word_embeddings", true)
                .put("torch_dtype", "bfloat16")
                .put("vocab_size", VOCABULARY);
        return config;
    }

    private static String pretty(ObjectNode node) {
        try {
            return Json.MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(node) + "\n";
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }
}
