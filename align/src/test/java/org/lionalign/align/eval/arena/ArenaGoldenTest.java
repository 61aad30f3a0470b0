package org.lionalign.align.eval.arena;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.lionalign.align.eval.EvalGoldens;
import org.lionalign.core.stats.MersenneTwister;

/** Arena-Hard v0.1's statistics by scikit-learn, pandas and NumPy (tools/oracle/arena_hard.py, arena_style.py). */
class ArenaGoldenTest {
    @Test
    void labels() {
        for (JsonNode golden : EvalGoldens.read("arena_hard.json").get("labels")) {
            String expected =
                    golden.get("label").isNull() ? null : golden.get("label").asText();
            assertThat(Verdict.of(golden.get("text").asText()).label())
                    .as(golden.get("text").asText())
                    .isEqualTo(expected);
        }
        assertThat(Verdict.of("no label").askAgain()).isTrue();
        assertThat(Verdict.of("[[A>B]] or [[B>A]]").askAgain()).isFalse();
        assertThat(Verdict.of("[[A>B]]").askAgain()).isFalse();
    }

    private static List<Battle> battles(JsonNode golden) {
        List<Battle> battles = new ArrayList<>();
        for (JsonNode row : golden.get("judgments")) {
            int game = 0;
            for (JsonNode played : row.get("games")) {
                battles.addAll(Battle.of(
                        row.get("question_id").asText(),
                        golden.get("baseline").asText(),
                        row.get("model").asText(),
                        played.get("score").isNull()
                                ? null
                                : played.get("score").asText(),
                        game++ == 1));
            }
        }
        return battles;
    }

    @Test
    void battlesAreTheOfficialOnes() {
        for (JsonNode golden : EvalGoldens.read("arena_hard.json").get("cases")) {
            List<Battle> battles = battles(golden);
            assertThat(battles).hasSize(golden.get("battles").size());
            for (int i = 0; i < battles.size(); i++) {
                assertThat(battles.get(i).json())
                        .isEqualTo(golden.get("battles").get(i));
            }
        }
    }

    @Test
    void theResamplesAreNumPys() {
        for (JsonNode golden : EvalGoldens.read("arena_hard.json").get("cases")) {
            MersenneTwister random = MersenneTwister.seeded(42);
            for (JsonNode draw : golden.get("first_draws")) {
                int[] rows = random.resample(draw.size());
                for (int i = 0; i < rows.length; i++) {
                    assertThat(rows[i]).isEqualTo(draw.get(i).asInt());
                }
            }
        }
    }

    @Test
    void ratingsWinRatesAndIntervals() {
        for (JsonNode golden : EvalGoldens.read("arena_hard.json").get("cases")) {
            Leaderboard board =
                    Leaderboard.of(battles(golden), golden.get("baseline").asText());
            for (int m = 0; m < board.models().size(); m++) {
                String model = board.models().get(m);
                assertThat(golden.get("models").get(m).asText()).isEqualTo(model);
                // scikit-learn's lbfgs stops at a gradient of 1e-8; ratings are in points, 400 to a factor of ten.
                assertThat(board.ratings()[m])
                        .isCloseTo(golden.get("ratings").get(model).asDouble(), within(1e-3));
                for (int r = 0; r < 100; r++) {
                    assertThat(board.rounds()[r][m])
                            .isCloseTo(
                                    golden.get("bootstrap_ratings")
                                            .get(r)
                                            .get(m)
                                            .asDouble(),
                                    within(1e-2));
                }
                assertThat(board.winRate(model))
                        .isEqualTo(golden.get("win_rates").get(model).asDouble());
                assertThat(board.low(model))
                        .isEqualTo(golden.get("win_rate_low").get(model).asDouble());
                assertThat(board.high(model))
                        .isEqualTo(golden.get("win_rate_high").get(model).asDouble());
                assertThat(Leaderboard.round(board.low(model) - board.winRate(model), 1))
                        .isEqualTo(golden.get("interval").get(model).get(0).asDouble());
                assertThat(Leaderboard.round(board.high(model) - board.winRate(model), 1))
                        .isEqualTo(golden.get("interval").get(model).get(1).asDouble());
                JsonNode exact = golden.get("exact").get(model);
                if (exact != null) { // LION.md E3: the closed form equals the fit
                    assertThat(board.winRate(model))
                            .isCloseTo(100 * exact.get("share").asDouble(), within(0.005));
                }
            }
        }
    }

    @Test
    void theExampleOfLionMd() {
        List<Battle> battles =
                battles(EvalGoldens.read("arena_hard.json").get("cases").get(0));
        Leaderboard board = Leaderboard.of(battles, "gpt-4-0314");
        double share =
                battles.stream().mapToDouble(Battle::modelScore).average().orElseThrow();
        assertThat(100 * share).isCloseTo(42.857, within(5e-4));
        assertThat(board.winRate("model")).isEqualTo(42.86);
    }

    @Test
    void styleControl() {
        JsonNode golden = EvalGoldens.read("arena_style.json");
        for (JsonNode answer : golden.get("markdown")) {
            Style style = Style.of(answer.get("text").asText(), 0);
            assertThat(style.headers())
                    .as(answer.get("text").asText())
                    .isEqualTo(answer.get("header_count").asLong());
            assertThat(style.lists())
                    .as(answer.get("text").asText())
                    .isEqualTo(answer.get("list_count").asLong());
            assertThat(style.bolds())
                    .as(answer.get("text").asText())
                    .isEqualTo(answer.get("bold_count").asLong());
        }
        List<Battle> battles = new ArrayList<>();
        for (JsonNode row : golden.get("battles")) {
            double score = row.get("winner").asText().equals("tie")
                    ? 0.5
                    : row.get("winner").asText().equals("model_b") ? 1 : 0;
            battles.add(new Battle(
                    "q",
                    row.get("model_a").asText(),
                    row.get("model_b").asText(),
                    score,
                    style(row.get("style_a")),
                    style(row.get("style_b"))));
        }
        Leaderboard board =
                Leaderboard.styleControlled(battles, golden.get("baseline").asText());
        assertThat(board.styleCoefficients()).isNotNull();
        for (int f = 0; f < 4; f++) {
            assertThat(board.styleCoefficients()[f])
                    .isCloseTo(golden.get("style_coefficients").get(f).asDouble(), within(1e-6));
        }
        for (int m = 0; m < board.models().size(); m++) {
            String model = board.models().get(m);
            assertThat(board.ratings()[m])
                    .isCloseTo(golden.get("ratings").get(model).asDouble(), within(1e-3));
            assertThat(board.winRate(model))
                    .isEqualTo(golden.get("win_rates").get(model).asDouble());
            for (int r = 0; r < 100; r++) {
                assertThat(board.rounds()[r][m])
                        .isCloseTo(golden.get("bootstrap_ratings").get(r).get(m).asDouble(), within(1e-2));
            }
        }
    }

    private static Style style(JsonNode counts) {
        return new Style(
                counts.get(0).asLong(),
                counts.get(1).asLong(),
                counts.get(2).asLong(),
                counts.get(3).asLong());
    }
}
