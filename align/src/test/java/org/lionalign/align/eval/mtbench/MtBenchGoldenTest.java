package org.lionalign.align.eval.mtbench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lionalign.align.eval.EvalGoldens;
import org.lionalign.align.eval.Metric;
import org.lionalign.align.eval.ScoreOptions;
import org.lionalign.align.eval.SuiteResult;
import org.lionalign.core.json.Json;

/** What FastChat (fschat 0.2.36) reads and prints (tools/oracle/fastchat_parser.py). */
class MtBenchGoldenTest {
    @TempDir
    Path dir;

    @Test
    void ratingsAsFastChatReadsThem() {
        JsonNode golden = EvalGoldens.read("fastchat_parser.json");
        for (JsonNode row : golden.get("ratings")) {
            double rating = Ratings.of(row.get("text").asText());
            assertThat(Double.isNaN(rating) ? -1 : rating)
                    .as(row.get("text").asText())
                    .isEqualTo(row.get("rating").asDouble());
        }
        for (JsonNode text : golden.get("crashes_fastchat")) {
            assertThat(Ratings.of(text.asText())).as(text.asText()).isNotNaN();
        }
        assertThat(Ratings.of("[[٧]]")).isEqualTo(7);
        assertThat(Ratings.of("[[007]]")).isEqualTo(7);
        assertThat(golden.get("ratings").size()).isGreaterThan(400);
    }

    @Test
    void theFixturesOfLionMd() {
        assertThat(Ratings.of("Rating: [[7]]")).isEqualTo(7);
        assertThat(Ratings.of("Rating: [[7.5]]")).isEqualTo(7.5);
        assertThat(Ratings.of("Rating: [8]")).isEqualTo(8);
        assertThat(Ratings.of("Rating: eight")).isNaN();
    }

    @Test
    void pairsAsFastChatReadsThem() {
        JsonNode golden = EvalGoldens.read("fastchat_parser.json");
        for (JsonNode row : golden.get("pairs")) {
            assertThat(Ratings.winner(row.get("text").asText()))
                    .as(row.get("text").asText())
                    .isEqualTo(winner(row));
        }
        for (JsonNode row : golden.get("pair_ratings")) {
            assertThat(Ratings.winnerByRatings(row.get("text").asText()))
                    .as(row.get("text").asText())
                    .isEqualTo(winner(row));
        }
    }

    private static Ratings.Winner winner(JsonNode row) {
        return Ratings.Winner.valueOf(row.get("winner").asText().toUpperCase(Locale.ROOT));
    }

    private SuiteResult score(JsonNode rows, String name, ScoreOptions options) throws IOException {
        StringBuilder lines = new StringBuilder();
        rows.forEach(row -> lines.append(Json.write(row)).append('\n'));
        return new MtBenchFiles().score(Files.writeString(dir.resolve(name), lines), options);
    }

    private static double metric(SuiteResult result, String name) {
        return result.metrics().stream()
                .filter(metric -> metric.name().equals(name))
                .mapToDouble(Metric::value)
                .findFirst()
                .orElseThrow(() -> new AssertionError("no metric " + name + " in " + result.metrics()));
    }

    @Test
    void theTableOfSingleGrades() throws IOException {
        JsonNode golden = EvalGoldens.read("fastchat_aggregate.json");
        SuiteResult result = score(golden.get("single"), "gpt-4_single.jsonl", ScoreOptions.NONE);
        for (Map.Entry<String, JsonNode> entry : golden.get("average").properties()) {
            String model = entry.getKey();
            assertThat(metric(result, model + ": average"))
                    .isCloseTo(entry.getValue().asDouble(), within(1e-12));
            assertThat(metric(result, model + ": turn_1"))
                    .isCloseTo(golden.get("first_turn").get(model).asDouble(), within(1e-12));
            assertThat(metric(result, model + ": turn_2"))
                    .isCloseTo(golden.get("second_turn").get(model).asDouble(), within(1e-12));
        }
        long failed = 0;
        for (JsonNode row : golden.get("single")) {
            failed += row.get("score").asInt() == -1 ? 1 : 0;
        }
        assertThat(failed).isPositive();
        assertThat(result.failures()).containsEntry("no_rating", failed);
        assertThat(result.metrics().get(0).name()).isEqualTo("two: average"); // the best first
    }

    @Test
    void categoriesOfOneModel() throws IOException {
        JsonNode golden = EvalGoldens.read("fastchat_aggregate.json");
        SuiteResult result =
                score(golden.get("single"), "gpt-4_single.jsonl", new ScoreOptions(null, null, "three", null, false));
        assertThat(result.categories()).extracting(Metric::name).containsExactly("writing", "roleplay");
        double writing = 0;
        int n = 0;
        for (JsonNode row : golden.get("single")) {
            if (row.get("model").asText().equals("three")
                    && row.get("question_id").asInt() <= 90
                    && row.get("score").asDouble() != -1) {
                writing += row.get("score").asDouble();
                n++;
            }
        }
        assertThat(result.categories().get(0).value()).isCloseTo(writing / n, within(1e-12));
        double mean =
                (result.categories().get(0).value() + result.categories().get(1).value()) / 2;
        assertThat(metric(result, "mean_of_categories")).isCloseTo(mean, within(1e-12));
        assertThat(MtBenchReport.category("81")).isEqualTo("writing");
        assertThat(MtBenchReport.category("160")).isEqualTo("humanities");
        assertThat(MtBenchReport.category("161")).isEmpty();
        assertThat(MtBenchReport.category("q1")).isEmpty();
    }

    @Test
    void theTableOfPairs() throws IOException {
        JsonNode golden = EvalGoldens.read("fastchat_aggregate.json");
        SuiteResult result = score(golden.get("pairwise"), "gpt-4_pair.jsonl", ScoreOptions.NONE);
        for (Map.Entry<String, JsonNode> entry : golden.get("pairwise_table").properties()) {
            String model = entry.getKey();
            for (String rate : new String[] {"win_rate", "loss_rate", "win_rate_adjusted"}) {
                assertThat(metric(result, model + ": " + rate))
                        .isCloseTo(entry.getValue().get(rate).asDouble(), within(1e-12));
            }
        }
        long pairs = golden.get("pairwise_table").get("one").get("win").asLong()
                + golden.get("pairwise_table").get("one").get("loss").asLong()
                + golden.get("pairwise_table").get("one").get("tie").asLong();
        assertThat(result.metrics().stream()
                        .filter(metric -> metric.name().equals("one: win_rate"))
                        .findFirst()
                        .orElseThrow()
                        .count())
                .isEqualTo(pairs);
    }
}
