package org.lionalign.core.jinja;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.json.Json;
import org.lionalign.core.testing.Seeds;
import org.lionalign.core.testing.SharedData;

class GoldenTemplatesTest {
    @TestFactory
    Stream<DynamicTest> everyGoldenMatchesToTheCharacter() {
        SharedData.require("golden/chat_templates");
        return Stream.of("hf_jinja", "jinja_features", "llamacpp").flatMap(file -> {
            JsonNode cases = Json.parse(SharedData.text("golden/chat_templates/" + file + ".json"), file);
            return Stream.iterate(0, i -> i + 1).limit(cases.size()).map(i -> {
                JsonNode c = cases.get(i);
                return DynamicTest.dynamicTest(
                        file + "/" + i + " " + c.path("name").asText(), () -> {
                            Template template = Template.parse(
                                            file + "#" + i,
                                            c.get("chat_template").textValue())
                                    .withClock(() -> LocalDateTime.of(2026, 11, 24, 12, 0));
                            assertThat(template.render(c.get("data")).text())
                                    .isEqualTo(c.get("expected").textValue());
                        });
            });
        });
    }

    @Test
    void everyRealTemplateParses() throws IOException {
        int parsed = 0;
        for (String folder : List.of("chujiezheng", "llamacpp", "axolotl", "trl", "ollama")) {
            try (Stream<Path> files = Files.walk(SharedData.require("templates/" + folder))) {
                for (Path file :
                        files.filter(f -> f.toString().endsWith(".jinja")).toList()) {
                    Template.parse(file.getFileName().toString(), Files.readString(file));
                    parsed++;
                }
            }
        }
        assertThat(parsed).isGreaterThan(100);
    }

    @Test
    void mutatedTemplatesAreRefusedOrRenderedButNeverHang() throws IOException {
        List<String> sources;
        try (Stream<Path> files = Files.walk(SharedData.require("templates/trl"))) {
            sources = files.filter(f -> f.toString().endsWith(".jinja"))
                    .sorted()
                    .map(f -> {
                        try {
                            return Files.readString(f);
                        } catch (IOException e) {
                            throw new java.io.UncheckedIOException(e);
                        }
                    })
                    .filter(s -> s.length() < 4000)
                    .toList();
        }
        JsonNode context = Json.parse(
                "{\"messages\":[{\"role\":\"system\",\"content\":\"s\"},{\"role\":\"user\",\"content\":\"u\"},"
                        + "{\"role\":\"assistant\",\"content\":\"a\"}],\"bos_token\":\"<s>\",\"eos_token\":\"</s>\"}",
                "context");
        Seeds.forAll(3000, random -> {
            StringBuilder mutant = new StringBuilder(sources.get(random.nextInt(sources.size())));
            for (int i = 1 + random.nextInt(4); i > 0; i--) {
                int at = random.nextInt(mutant.length());
                switch (random.nextInt(3)) {
                    case 0 -> mutant.deleteCharAt(at);
                    case 1 -> mutant.insert(at, "{}%()[]|'\"-+*.,=~ ".charAt(random.nextInt(18)));
                    default -> {
                        int to = Math.min(mutant.length(), at + random.nextInt(40));
                        mutant.insert(random.nextInt(mutant.length()), mutant.substring(at, to));
                    }
                }
            }
            try {
                Template.parse("mutant", mutant.toString()).render(context);
            } catch (BadInput expected) {
                assertThat(expected.getMessage()).startsWith("mutant");
            }
        });
    }
}
