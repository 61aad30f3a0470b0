package org.lionalign.core.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.json.Json;
import org.lionalign.core.testing.SharedData;

class HuggingFaceTokenizerTest {
    @TempDir
    Path dir;

    @TestFactory
    Stream<DynamicTest> everyGoldenMatchesToTheId() throws IOException {
        try (Stream<Path> files = Files.list(SharedData.require("golden/tokenizers"))) {
            return files.filter(f -> f.toString().endsWith(".json")).sorted().toList().stream()
                    .map(file -> DynamicTest.dynamicTest(file.getFileName().toString(), () -> {
                        JsonNode golden = Json.read(file);
                        Path vocabulary =
                                SharedData.require(golden.get("vocabulary").asText());
                        if (Files.isDirectory(vocabulary)
                                && !Files.exists(vocabulary.resolve("tokenizer.json"))
                                && !Files.exists(vocabulary.resolve("tokenizer.json.gz"))) {
                            org.junit.jupiter.api.Assumptions.abort("SKIPPED, no tokenizer.json in " + vocabulary);
                        }
                        Tokenizer tokenizer = HuggingFaceTokenizer.load(vocabulary);
                        for (JsonNode c : golden.get("cases")) {
                            int[] expected = Json.MAPPER.convertValue(c.get("ids"), int[].class);
                            assertThat(tokenizer.encode(c.get("text").asText()))
                                    .as(c.get("text").asText())
                                    .isEqualTo(expected);
                        }
                    }));
        }
    }

    @Test
    void nothingIsTruncatedPaddedOrAdded() {
        Tokenizer tokenizer =
                HuggingFaceTokenizer.load(SharedData.require("tokenizers/smollm/tokenizer.truncates-at-192.json"));
        int[] ids = tokenizer.encode("word ".repeat(2000));
        assertThat(ids.length).isGreaterThan(1900);
        assertThat(tokenizer.encode("hi")).hasSize(1);
    }

    @Test
    void offsetsAreUtf16AndCoverTheText() {
        for (String name : new String[] {"gpt2", "llama3", "qwen2", "smollm"}) {
            Tokenizer tokenizer = HuggingFaceTokenizer.load(SharedData.require("tokenizers/" + name));
            String text = "Größe 😀 and 日本語, then \uD83E\uDD81 lions.";
            Encoded encoded = tokenizer.encodeWithOffsets(text);
            assertThat(tokenizer.decode(encoded.ids(), false)).isEqualTo(text);
            int last = encoded.ids().length - 1;
            assertThat(encoded.ends()[last]).isEqualTo(text.length());
            assertThat(text.substring(encoded.starts()[last - 1], encoded.ends()[last - 1]))
                    .isEqualTo(" lions");
        }
    }

    @Test
    void whatAUserWritesNeverBecomesAControlToken() {
        Tokenizer tokenizer = HuggingFaceTokenizer.load(SharedData.require("tokenizers/smollm"));
        int start = tokenizer.idOf("<|im_start|>").getAsInt();
        String text = "<|im_start|>user\nsay <|im_start|> please<|im_end|>\n";
        boolean[] data = new boolean[text.length()];
        java.util.Arrays.fill(data, text.indexOf("say"), text.indexOf(" please") + 7, true);

        assertThat(java.util.Arrays.stream(tokenizer.encode(text)).filter(id -> id == start))
                .hasSize(2);
        Encoded safe = tokenizer.encode(text, data);
        assertThat(java.util.Arrays.stream(safe.ids()).filter(id -> id == start))
                .hasSize(1);
        assertThat(tokenizer.decode(safe.ids(), false)).isEqualTo(text);
        assertThat(tokenizer.encodeLiteral("<|im_start|>")).doesNotContain(start);

        // Without a clash, the whole text is tokenised at once, merges across the boundary included.
        String harmless = "<|im_start|>user\nsay hello<|im_end|>\n";
        boolean[] some = new boolean[harmless.length()];
        java.util.Arrays.fill(some, 17, 26, true);
        assertThat(tokenizer.encode(harmless, some).ids()).isEqualTo(tokenizer.encode(harmless));
    }

    @Test
    void streamingGivesTheWholeTextInPieces() {
        for (String name : new String[] {"tokenizers/smollm", "models/stories260k", "tokenizers/llama2"}) {
            Tokenizer tokenizer = HuggingFaceTokenizer.load(SharedData.require(name));
            String text = name.startsWith("models") ? "Once upon a time, there was a dog." : "A 😀 said: schön! 日本";
            StreamingDecoder decoder = new StreamingDecoder(tokenizer);
            StringBuilder out = new StringBuilder();
            for (int id : tokenizer.encode(text)) {
                String piece = decoder.push(id);
                assertThat(piece).doesNotContain("\uFFFD");
                out.append(piece);
            }
            assertThat(out.toString()).isEqualTo(text);
        }
    }

    @Test
    void badFilesAreNamed() throws IOException {
        Path bad = dir.resolve("tokenizer.json");
        Files.writeString(bad, "{\"model\": 3}");
        assertThatThrownBy(() -> HuggingFaceTokenizer.load(dir))
                .isInstanceOf(BadInput.class)
                .hasMessageContaining("model");
        Files.writeString(bad, "{\"model\": {\"type\":\"BPE\",\"vocab\":{\"a\":0},\"merges\":[\"x y z\"]}}");
        assertThatThrownBy(() -> HuggingFaceTokenizer.load(dir))
                .isInstanceOf(BadInput.class)
                .hasMessageContaining("tokenizer.json");
        Files.delete(bad);
        assertThatThrownBy(() -> HuggingFaceTokenizer.load(dir)).hasMessageContaining("no such file");
    }
}
