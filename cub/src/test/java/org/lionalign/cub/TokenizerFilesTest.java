package org.lionalign.cub;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.lionalign.core.json.Json;

class TokenizerFilesTest {
    private static final Path MODEL =
            Path.of(System.getProperty("lion.root", "..")).resolve("models/cub");

    @Test
    void theCommittedTokenizerIsTheOneThisCodeTrains() {
        assertThat(Json.read(MODEL.resolve("tokenizer.json")))
                .isEqualTo(Json.parse(TokenizerFiles.tokenizer().toString(), "trained"));
    }

    @Test
    void roundTripsAnyTextAndKeepsWordsWhole() throws Exception {
        try (HuggingFaceTokenizer tokenizer = HuggingFaceTokenizer.newInstance(MODEL.resolve("tokenizer.json"))) {
            List<String> texts =
                    new ArrayList<>(List.of("Ünïcode, 日本語 🦁\t\n\n  two  spaces ", "1234567890", "don't we'll"));
            CorpusGenerator corpus = new CorpusGenerator(2);
            for (int i = 0; i < 500; i++) {
                texts.add(corpus.document(i));
            }
            long tokens = 0;
            long words = 0;
            for (String text : texts) {
                long[] ids = tokenizer.encode(text, false, false).getIds();
                assertThat(tokenizer.decode(ids)).isEqualTo(text);
                tokens += ids.length;
                words += text.split("[^A-Za-z0-9]+|(?<=[.,!?])").length;
            }
            assertThat(tokens / (double) words).isLessThan(1.35);
        }
    }

    @Test
    void chatMarkupIsOneTokenEach() throws Exception {
        try (HuggingFaceTokenizer tokenizer = HuggingFaceTokenizer.newInstance(MODEL.resolve("tokenizer.json"))) {
            String chat = "<|im_start|>user\nList two colors.<|im_end|>\n<|im_start|>assistant\nred, blue<|im_end|>\n";
            long[] ids = tokenizer.encode(chat, false, false).getIds();
            assertThat(ids).startsWith(1).contains(2).hasSize(17);
        }
    }

    @Test
    void configurationAndTokenizerAgree() {
        JsonNode config = Json.read(MODEL.resolve("config.json"));
        assertThat(config.get("vocab_size").asInt()).isEqualTo(TokenizerFiles.VOCABULARY);
        assertThat(Json.read(MODEL.resolve("tokenizer.json")).at("/model/vocab").size())
                .isLessThanOrEqualTo(TokenizerFiles.VOCABULARY);
        assertThat(Json.read(MODEL.resolve("generation_config.json"))
                        .get("eos_token_id")
                        .get(0)
                        .asInt())
                .isEqualTo(config.get("eos_token_id").asInt());
    }
}
