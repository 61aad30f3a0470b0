package org.lionalign.align.eval.alpaca;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.lionalign.align.eval.EvalGoldens;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.stats.Summary;
import org.lionalign.core.testing.Seeds;

/** What alpaca_eval 0.6.6 computed with scikit-learn and liblinear (tools/oracle/alpaca_eval_lc.py). */
class AlpacaGoldenTest {
    @TempDir
    Path dir;

    @Test
    void plainWinRates() {
        for (JsonNode golden : EvalGoldens.read("alpaca_eval_winrate.json").get("cases")) {
            WinRate rate = WinRate.of(EvalGoldens.numbers(golden.get("preferences")));
            check(rate, golden.get("metrics"));
        }
    }

    private static void check(WinRate rate, JsonNode expected) {
        assertThat(rate.winRate()).isCloseTo(expected.get("win_rate").asDouble(), within(1e-12));
        if (expected.get("standard_error").isNull()) {
            assertThat(rate.standardError()).isNaN();
        } else {
            assertThat(rate.standardError())
                    .isCloseTo(expected.get("standard_error").asDouble(), within(1e-12));
        }
        assertThat(rate.discreteWinRate())
                .isCloseTo(expected.get("discrete_win_rate").asDouble(), within(1e-12));
        assertThat(rate.wins()).isEqualTo(expected.get("n_wins").asLong());
        assertThat(rate.losses()).isEqualTo(expected.get("n_wins_base").asLong());
        assertThat(rate.draws()).isEqualTo(expected.get("n_draws").asLong());
        assertThat(rate.total()).isEqualTo(expected.get("n_total").asLong());
    }

    @ParameterizedTest
    @ValueSource(strings = {"even", "verbose", "strong", "discrete"})
    void lengthControlledFits(String name) throws IOException {
        JsonNode golden = EvalGoldens.read("alpaca_eval_" + name + ".json");
        JsonNode rows = golden.get("rows");
        double[] preferences = new double[rows.size()];
        int[] longer = new int[rows.size()];
        for (int i = 0; i < rows.size(); i++) {
            assertThat(rows.get(i).get("index").asInt()).isEqualTo(i);
            preferences[i] = rows.get(i).get("preference").asDouble();
            longer[i] = rows.get(i).get("length_2").asInt()
                    - rows.get(i).get("length_1").asInt();
        }
        Difficulty whole = Difficulty.read(gamed(true));
        check(LengthControl.fit(preferences, longer, whole), preferences, golden.get("length_controlled_v1"), true);
        Difficulty alone = Difficulty.read(gamed(false));
        assertThat(alone.byIndex()).isEqualTo(whole.byIndex());
        check(LengthControl.fit(preferences, longer, alone), preferences, golden.get("length_controlled_noreg"), false);
    }

    private static void check(LengthControl lc, double[] preferences, JsonNode golden, boolean regularised) {
        JsonNode fit = golden.get("fit");
        JsonNode metrics = golden.get("metrics");
        check(WinRate.of(preferences), metrics);
        assertThat(lc.regularised()).isEqualTo(regularised);
        assertThat(lc.stdOfLengthDifference())
                .isCloseTo(fit.get("std_of_length_difference").asDouble(), within(1e-9));
        assertThat(lc.c()).isCloseTo(fit.get("C").asDouble(), within(1e-12));
        for (int fold = 0; fold < lc.foldLosses().length; fold++) {
            double[] expected = EvalGoldens.numbers(
                    fit.get("negative_log_loss_by_fold_and_C").get(fold));
            for (int s = 0; s < expected.length; s++) {
                assertThat(lc.foldLosses()[fold][s])
                        .as("fold %d, strength %d", fold, s)
                        .isCloseTo(expected[s], within(1e-10));
            }
        }
        double[] expected = EvalGoldens.numbers(fit.get("coefficients"));
        for (int j = 0; j < 3; j++) {
            // liblinear's answer at its tolerance of 1e-4, which is up to 2e-4 from the optimum: the same path, not a
            // better one.
            assertThat(lc.coefficients()[j]).as("coefficient %d", j).isCloseTo(expected[j], within(1e-10));
        }
        assertThat(lc.winRate())
                .isCloseTo(metrics.get("length_controlled_winrate").asDouble(), within(1e-9));
        assertThat(lc.standardError())
                .isCloseTo(metrics.get("lc_standard_error").asDouble(), within(1e-9));
        assertThat(Summary.of(lc.predictions()).mean() * 100).isEqualTo(lc.winRate());
    }

    private Path gamed(boolean whole) throws IOException {
        StringBuilder csv = new StringBuilder(
                whole
                        ? "model,preference,index,std_delta_len,instruction_difficulty,not_gamed_baseline\n"
                        : ",instruction_difficulty\n");
        int line = 0;
        for (JsonNode row : EvalGoldens.read("alpaca_eval_gamed.json").get("rows")) {
            String difficulty = row.get("instruction_difficulty").asText();
            if (whole) {
                csv.append(String.join(
                        ",",
                        row.get("model").asText(),
                        row.get("preference").asText(),
                        row.get("index").asText(),
                        row.get("std_delta_len").asText(),
                        difficulty,
                        "False"));
            } else if (line < 160) {
                csv.append(row.get("index").asText()).append(',').append(difficulty);
            }
            csv.append('\n');
            line++;
        }
        return Files.writeString(dir.resolve(whole ? "df_gamed.csv" : "instruction_difficulty.csv"), csv);
    }

    @Test
    void withEqualLengthsTheControlledRateIsNearThePlainOne() throws IOException {
        Difficulty difficulty = Difficulty.read(gamed(false));
        double[] preferences = new double[160];
        int[] longer = new int[160];
        Arrays.setAll(preferences, i -> 1 + 0.3 + 0.4 * (i * 37 % 100) / 100.0);
        Arrays.setAll(longer, i -> i % 2 == 0 ? 1 : -1); // as good as equal, and unrelated to the preference
        LengthControl lc = LengthControl.fit(preferences, longer, difficulty);
        assertThat(lc.winRate()).isCloseTo(WinRate.of(preferences).winRate(), within(0.5));
    }

    @Test
    void turningThePairsRoundTurnsTheRatesRoundAndTheOrderOfRowsDoesNotCount() {
        Seeds.forAll(50, random -> {
            int n = 2 + random.nextInt(30);
            double[] preferences = new double[n];
            Arrays.setAll(
                    preferences,
                    i -> random.nextInt(6) == 0 ? 1.5 : random.nextInt(6) == 0 ? Double.NaN : random.nextDouble(1, 2));
            preferences[0] = 1.2;
            preferences[1] = 1.8;
            double[] turned = new double[n];
            Arrays.setAll(turned, i -> 3 - preferences[n - 1 - i]);
            WinRate rate = WinRate.of(preferences);
            WinRate other = WinRate.of(turned);
            assertThat(rate.winRate() + other.winRate()).isCloseTo(100, within(1e-9));
            assertThat(rate.discreteWinRate() + other.discreteWinRate()).isCloseTo(100, within(1e-9));
            assertThat(rate.standardError()).isCloseTo(other.standardError(), within(1e-9));
            assertThat(rate.wins()).isEqualTo(other.losses());
            assertThat(rate.wins() + rate.losses() + rate.draws()).isEqualTo(rate.total());
        });
    }

    @Test
    void badDifficultyFilesAreNamed() throws IOException {
        Path none = Files.writeString(dir.resolve("none.csv"), "a,b\n1,2\n");
        assertThatThrownBy(() -> Difficulty.read(none))
                .isInstanceOf(BadInput.class)
                .hasMessageContaining("none.csv:1: header");
        Path few = Files.writeString(dir.resolve("few.csv"), "index,instruction_difficulty\n0,1.5\n");
        assertThatThrownBy(() -> LengthControl.fit(new double[] {1.2, 1.7}, new int[] {3, -4}, Difficulty.read(few)))
                .isInstanceOf(BadInput.class)
                .hasMessageContaining("instruction 1: expected its difficulty");
    }
}
