package org.lionalign.align.eval.alpaca;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lionalign.align.eval.EvalFiles;
import org.lionalign.align.eval.EvalGoldens;
import org.lionalign.align.eval.Failures;
import org.lionalign.align.eval.Metric;
import org.lionalign.align.eval.ScoreOptions;
import org.lionalign.align.eval.SuiteResult;
import org.lionalign.core.chat.Message;
import org.lionalign.core.data.Digests;
import org.lionalign.core.json.JsonLines;
import org.lionalign.core.testing.SharedData;

/** Real annotations of ten models: the numbers of AlpacaEval's leaderboard, the order and the prompts of its judge. */
class AlpacaPublishedTest {
    /** A row of {@code weighted_alpaca_eval_gpt4_turbo_leaderboard.csv}, alpaca_eval 0.6.6. */
    private record Published(
            String model,
            double winRate,
            double standardError,
            long wins,
            long losses,
            long draws,
            long total,
            double discreteWinRate,
            int averageLength) {}

    private static final List<Published> LEADERBOARD = List.of(
            new Published(
                    "FuseChat-Llama-3.2-3B-Instruct",
                    51.29667710101864,
                    1.482579367297701,
                    424,
                    378,
                    3,
                    805,
                    52.85714285714286,
                    1976),
            new Published(
                    "Mixtral-8x7B-Instruct-v0.1_concise",
                    13.744040154795034,
                    1.071868299237546,
                    105,
                    700,
                    0,
                    805,
                    13.043478260869565,
                    910),
            new Published(
                    "Qwen-14B-Chat", 7.502333484720497, 0.8147265702205473, 57, 742, 6, 805, 7.453416149068323, 1013),
            new Published(
                    "alpaca-farm-ppo-human",
                    4.100426814981367,
                    0.6304721406855217,
                    32,
                    770,
                    3,
                    805,
                    4.161490683229814,
                    803),
            new Published(
                    "claude-2.1", 15.733506736409938, 1.120315865445773, 115, 688, 2, 805, 14.409937888198757, 1096),
            new Published(
                    "falcon-7b-instruct",
                    2.146617553167702,
                    0.454225792894195,
                    16,
                    787,
                    2,
                    805,
                    2.111801242236025,
                    478),
            new Published(
                    "gemma-7b-it", 6.937294379677018, 0.7869665731853178, 50, 754, 1, 805, 6.273291925465839, 1115),
            new Published(
                    "gpt-3.5-turbo-0301",
                    9.622453295105588,
                    0.9129656686751644,
                    71,
                    733,
                    1,
                    805,
                    8.881987577639752,
                    827),
            new Published("phi-2", 2.350209543026152, 0.4496590405673333, 15, 785, 3, 803, 2.054794520547945, 626),
            new Published(
                    "vicuna-7b-v1.5", 4.797493939167703, 0.6655960676971918, 35, 767, 3, 805, 4.53416149068323, 1083));

    private static List<JsonLines.Row> shared(String name) {
        return EvalFiles.rows(SharedData.require(name));
    }

    /** The annotations of a model, put together again from its answers and the reference's. */
    private static List<Annotation> annotations(String model) {
        Map<Integer, JsonNode> references = new LinkedHashMap<>();
        shared("judged/alpaca_eval/reference_outputs.jsonl")
                .forEach(row -> references.put(row.value().get("i").asInt(), row.value()));
        List<Annotation> rows = new ArrayList<>();
        for (JsonLines.Row row : shared("judged/alpaca_eval/models/" + model + ".jsonl")) {
            JsonNode reference = references.get(row.value().get("i").asInt());
            rows.add(new Annotation(
                    reference.get("instruction").asText(),
                    reference.get("dataset").asText(),
                    reference.get("output").asText(),
                    reference.get("generator").asText(),
                    row.value().get("output").asText(),
                    row.value().get("generator").asText(),
                    WeightedAnnotator.NAME,
                    row.value().get("preference").asDouble()));
        }
        return rows;
    }

    private static Metric metric(SuiteResult result, String name) {
        return result.metrics().stream()
                .filter(metric -> metric.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void theLeaderboardComesOut() {
        for (Published published : LEADERBOARD) {
            List<Annotation> rows = annotations(published.model);
            WinRate rate =
                    WinRate.of(rows.stream().mapToDouble(Annotation::preference).toArray());
            // To the last digits of the published doubles; only the order of summation differs.
            assertThat(rate.winRate()).as(published.model).isCloseTo(published.winRate, within(1e-11));
            assertThat(rate.standardError()).as(published.model).isCloseTo(published.standardError, within(1e-11));
            assertThat(rate.wins()).isEqualTo(published.wins);
            assertThat(rate.losses()).isEqualTo(published.losses);
            assertThat(rate.draws()).isEqualTo(published.draws);
            assertThat(rate.total()).isEqualTo(published.total);
            assertThat(rate.discreteWinRate()).isCloseTo(published.discreteWinRate, within(1e-12));
            if (rows.size() == 805) { // phi-2's is over 805 answers, of which the annotations have 803
                Metric length = metric(AlpacaReport.of(rows, null, new Failures()), "avg_length");
                assertThat(length.value()).as(published.model).isEqualTo(published.averageLength);
            }
        }
    }

    @Test
    void theOfficialFileComesOut(@TempDir Path dir) throws IOException {
        Path file = SharedData.require("judged/alpaca_eval/annotations/Qwen-14B-Chat.annotations.json");
        SuiteResult result = new AlpacaFiles().score(file, ScoreOptions.NONE);
        Published published = LEADERBOARD.get(2);
        assertThat(metric(result, "win_rate").value()).isCloseTo(published.winRate, within(1e-12));
        assertThat(metric(result, "win_rate").standardError()).isCloseTo(published.standardError, within(1e-12));
        assertThat(result.items()).hasSize(805);
        assertThat(result.withheld()).isFalse();
        assertThat(result.categories())
                .extracting(Metric::name)
                .containsExactlyInAnyOrder("helpful_base", "koala", "oasst", "selfinstruct", "vicuna");
        // Written and read again it is the same, in a folder as well.
        List<Annotation> rows = Annotation.read(file);
        Annotation.write(dir.resolve("annotations.json"), rows);
        assertThat(Annotation.read(dir.resolve("annotations.json"))).isEqualTo(rows);
        assertThat(new AlpacaFiles().score(dir, ScoreOptions.NONE).metrics()).isEqualTo(result.metrics());
        Files.delete(dir.resolve("annotations.json"));
    }

    @Test
    void theOrderIsTheOneThatWasDrawnForTheOfficialAnnotations() {
        int seen = 0;
        WeightedAnnotator annotator = annotator();
        for (Published published : LEADERBOARD) {
            List<Annotation> rows = annotations(published.model);
            List<JsonLines.Row> judged = shared("judged/alpaca_eval/models/" + published.model + ".jsonl");
            for (int i = 0; i < rows.size(); i++) {
                JsonNode token = judged.get(i).value().get("model_token");
                if (token.isTextual()) {
                    String instruction = rows.get(i).instruction();
                    assertThat(annotator.isSwitched(instruction))
                            .as(instruction)
                            .isEqualTo(token.asText().equals("m"));
                    seen++;
                }
            }
        }
        assertThat(seen).isGreaterThan(7000);
    }

    @Test
    void preferencesFollowFromTheJudgesLogProbabilities() {
        int seen = 0;
        WeightedAnnotator annotator = annotator();
        for (Published published : LEADERBOARD) {
            List<Annotation> rows = annotations(published.model);
            List<JsonLines.Row> judged = shared("judged/alpaca_eval/models/" + published.model + ".jsonl");
            for (int i = 0; i < rows.size(); i++) {
                JsonNode row = judged.get(i).value();
                if (row.get("lp_m").isNumber()
                        && row.get("lp_M").isNumber()
                        && row.get("model_token").isTextual()) {
                    double preference = annotator.preference(
                            rows.get(i).instruction(),
                            Map.of(
                                    "m",
                                    row.get("lp_m").asDouble(),
                                    "M",
                                    row.get("lp_M").asDouble()));
                    assertThat(preference).isCloseTo(row.get("preference").asDouble(), within(1e-9));
                    seen++;
                }
            }
        }
        assertThat(seen).isGreaterThan(7000);
    }

    private static WeightedAnnotator annotator() {
        return new WeightedAnnotator(
                SharedData.text("eval-inputs/alpaca_eval/judge_prompt_alpaca_eval_clf.txt"), "prompt", "judge", 0);
    }

    @Test
    void thePromptsAreTheOfficialTools() throws IOException {
        WeightedAnnotator annotator = annotator();
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        List<Annotation> rows = annotations("Qwen-14B-Chat");
        for (Annotation row : rows) {
            for (Message message : annotator
                    .request(row.instruction(), row.output1(), row.output2())
                    .messages()) {
                all.write((message.role() + "\n" + message.content() + "\0").getBytes(StandardCharsets.UTF_8));
            }
        }
        JsonNode golden = EvalGoldens.read("judge_prompts.json").get("alpaca_eval");
        assertThat(rows).hasSize(golden.get("prompts").asInt());
        assertThat(HexFormat.of().formatHex(Digests.sha256(all.toByteArray())))
                .isEqualTo(golden.get("sha256").asText());
    }

    @Test
    void theGoldenValueOfLionMd() {
        assertThat(2 - WeightedAnnotator.shownPreference(Map.of("m", -0.2, "M", -1.7)))
                .isCloseTo(0.8175745, within(5e-8));
        assertThat(WeightedAnnotator.shownPreference(Map.of("m", -0.2))).isEqualTo(1);
        assertThat(WeightedAnnotator.shownPreference(Map.of("M", -0.2, "Both", -3.0)))
                .isEqualTo(2);
        assertThat(WeightedAnnotator.shownPreference(Map.of("Both", -0.2))).isNaN();
    }
}
