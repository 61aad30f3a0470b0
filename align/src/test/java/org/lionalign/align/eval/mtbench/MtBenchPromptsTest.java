package org.lionalign.align.eval.mtbench;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.lionalign.align.eval.EvalFiles;
import org.lionalign.align.eval.EvalGoldens;
import org.lionalign.core.chat.Message;
import org.lionalign.core.data.Digests;
import org.lionalign.core.json.JsonLines;
import org.lionalign.core.testing.SharedData;

/** On the real questions, prompts and answers. */
class MtBenchPromptsTest {
    private static final String BASE = "eval-inputs/mt_bench/";

    private static List<MtQuestion> questions() {
        return MtQuestion.read(
                SharedData.require(BASE + "question.jsonl"), SharedData.require(BASE + "reference_answer_gpt-4.jsonl"));
    }

    @Test
    void thePromptsAreFastChats() throws IOException {
        MtBenchPrompts prompts = new MtBenchPrompts(SharedData.require(BASE + "judge_prompts.jsonl"), "gpt-4");
        Map<String, List<String>> answers = new HashMap<>();
        for (JsonLines.Row row : EvalFiles.rows(SharedData.require(BASE + "model_answer/gpt-3.5-turbo.jsonl"))) {
            List<String> turns = new ArrayList<>();
            for (JsonNode turn : row.value().get("choices").get(0).get("turns")) {
                turns.add(turn.asText());
            }
            answers.put(row.value().get("question_id").asText(), turns);
        }
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        int count = 0;
        for (int turn = 1; turn <= 2; turn++) {
            for (MtQuestion question : questions()) {
                for (Message message : prompts.request(question, turn, answers.get(question.id()))
                        .messages()) {
                    all.write((message.role() + "\n" + message.content() + "\0").getBytes(StandardCharsets.UTF_8));
                }
                count++;
            }
        }
        JsonNode golden = EvalGoldens.read("judge_prompts.json").get("mt_bench");
        assertThat(count).isEqualTo(golden.get("prompts").asInt());
        assertThat(HexFormat.of().formatHex(Digests.sha256(all.toByteArray())))
                .isEqualTo(golden.get("sha256").asText());
    }

    @Test
    void temperaturesAndReferencesByCategory() {
        Map<String, Double> temperatures = new HashMap<>();
        int references = 0;
        for (MtQuestion question : questions()) {
            temperatures.put(question.category(), question.temperature());
            references += question.references().isEmpty() ? 0 : 1;
            assertThat(MtBenchReport.category(question.id())).isEqualTo(question.category());
        }
        assertThat(references).isEqualTo(30);
        assertThat(temperatures)
                .containsOnly(
                        Map.entry("writing", 0.7),
                        Map.entry("roleplay", 0.7),
                        Map.entry("extraction", 0.0),
                        Map.entry("math", 0.0),
                        Map.entry("coding", 0.0),
                        Map.entry("reasoning", 0.0),
                        Map.entry("stem", 0.1),
                        Map.entry("humanities", 0.1));
        assertThat(new MtQuestion("1", "math", List.of("a", "b"), 0.3, List.of()).temperature())
                .isEqualTo(0.3);
        assertThat(new MtQuestion("1", "chess", List.of("a", "b"), Double.NaN, List.of()).temperature())
                .isEqualTo(0.7);
    }
}
