package org.lionalign.align.eval.ifeval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.lionalign.core.json.Json;

/** Google's checkers, NLTK and langdetect on thousands of answers (tools/oracle/ifeval.py, langdetect_profiles.py). */
class IfevalGoldenTest {
    private static final Instructions KNOWN = new Instructions(null);

    private static JsonNode golden(String name) throws IOException {
        try (InputStream raw = IfevalGoldenTest.class.getResourceAsStream("/golden/eval/" + name);
                InputStream in = name.endsWith(".gz") ? new GZIPInputStream(raw) : raw) {
            return Json.parse(new String(in.readAllBytes(), StandardCharsets.UTF_8), name);
        }
    }

    private static IfevalQuestion question(String instruction, JsonNode kwargs, String prompt) {
        ObjectNode row = Json.object().put("key", 0).put("prompt", prompt);
        row.putArray("instruction_id_list").add(instruction);
        row.putArray("kwargs").add(kwargs);
        return IfevalQuestion.of(row, KNOWN, "golden");
    }

    @Test
    void everyVerdictIsGoogles() throws IOException {
        JsonNode golden = golden("ifeval.json.gz");
        List<String> wrong = new ArrayList<>();
        Map<String, Integer> seen = new TreeMap<>();
        for (JsonNode c : golden.get("cases")) {
            IfevalQuestion question = question(c.get(0).asText(), c.get(1), "p");
            for (JsonNode triple : c.get(2)) {
                String answer = golden.get("answers").get(triple.get(0).asInt()).asText();
                IfevalQuestion.Verdict verdict = question.judge(answer);
                seen.merge(c.get(0).asText(), 1, Integer::sum);
                if (verdict.allStrict() != triple.get(1).asBoolean()
                        || verdict.allLoose() != triple.get(2).asBoolean()) {
                    wrong.add(c.get(0).asText() + " " + c.get(1) + " expected " + triple + ", found " + verdict + ": "
                            + answer);
                }
            }
        }
        assertThat(wrong).isEmpty();
        assertThat(seen).hasSize(25);
        assertThat(seen.values().stream().mapToInt(n -> n).sum()).isGreaterThan(3000);
    }

    @Test
    void rowsOfSeveralInstructions() throws IOException {
        JsonNode golden = golden("ifeval.json.gz");
        for (JsonNode row : golden.get("rows")) {
            IfevalQuestion.Verdict verdict = IfevalQuestion.of(row, KNOWN, "golden")
                    .judge(golden.get("answers").get(row.get("answer").asInt()).asText());
            assertThat(verdict.strict()).as("%s", row).isEqualTo(booleans(row.get("inst_level_strict_acc")));
            assertThat(verdict.loose()).as("%s", row).isEqualTo(booleans(row.get("inst_level_loose_acc")));
        }
    }

    private static List<Boolean> booleans(JsonNode list) {
        List<Boolean> values = new ArrayList<>();
        list.forEach(value -> values.add(value.asBoolean()));
        return values;
    }

    private static List<String> strings(JsonNode list) {
        List<String> values = new ArrayList<>();
        list.forEach(value -> values.add(value.asText()));
        return values;
    }

    @Test
    void sentencesWordsAndTokensAreNltks() throws IOException {
        PunktSentences sentences = new PunktSentences(PunktParameters.builtIn());
        TreebankWords tokens = new TreebankWords(sentences);
        for (JsonNode c : golden("ifeval_text.json").get("cases")) {
            String text = c.get("text").asText();
            assertThat(sentences.split(text)).as(text).isEqualTo(strings(c.get("sentences")));
            assertThat(tokens.tokenize(text)).as(text).isEqualTo(strings(c.get("tokens")));
            assertThat(LengthChecks.countWords(text))
                    .as(text)
                    .isEqualTo(c.get("words").asInt());
        }
    }

    /** With the parameters of a folder in NLTK's layout; these were learned from invented text (tools/oracle/punkt.py). */
    @Test
    void sentencesByParametersFromAFolder() throws Exception {
        Path folder =
                Path.of(IfevalGoldenTest.class.getResource("/golden/eval/punkt").toURI());
        PunktSentences sentences = new PunktSentences(PunktParameters.read(folder));
        for (JsonNode c : golden("punkt/sentences.json").get("cases")) {
            String text = c.get("text").asText();
            assertThat(sentences.split(text)).as(text).isEqualTo(strings(c.get("sentences")));
        }
    }

    @Test
    void languagesAreLangdetectsWithSeedZero() throws IOException {
        int several = 0;
        for (JsonNode c : golden("langdetect.json").get("cases")) {
            String text = c.get("text").asText();
            List<LanguageDetector.Guess> found = LanguageDetector.probabilities(text);
            if (c.get("language").isNull()) {
                assertThat(found).as(text).isNull();
                continue;
            }
            assertThat(LanguageDetector.detect(text))
                    .as(text)
                    .isEqualTo(c.get("language").asText());
            assertThat(found).as(text).hasSameSizeAs(c.get("probabilities"));
            for (int i = 0; i < found.size(); i++) {
                assertThat(found.get(i).probability())
                        .as(text)
                        .isCloseTo(c.get("probabilities").get(i).get(1).asDouble(), within(1e-9));
            }
            several += found.size() > 1 ? 1 : 0;
        }
        assertThat(several).as("texts that the detector is unsure about").isPositive();
    }
}
