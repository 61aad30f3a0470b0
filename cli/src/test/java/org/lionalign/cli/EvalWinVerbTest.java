package org.lionalign.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lionalign.core.json.Json;
import org.lionalign.torch.model.RandomInit;
import org.lionalign.torch.tensor.Dtype;

/** {@code lion eval win} as a user runs it: three random models, judged by rules and by a recording. */
class EvalWinVerbTest {
    private static final int PROMPTS = 12;

    @TempDir
    static Path shared;

    @TempDir
    Path dir;

    private static final List<Path> MODELS = new ArrayList<>();
    private static Path prompts;

    @BeforeAll
    static void write() throws IOException {
        for (int m = 0; m < 3; m++) {
            Path model = EvalData.model(shared.resolve("m" + m), 64);
            RandomInit.write(model, 5 + m, Dtype.F32);
            MODELS.add(model);
        }
        List<String> rows = new ArrayList<>();
        for (int i = 0; i < PROMPTS; i++) {
            rows.add("{\"prompt\": \"Say " + i + ".\"}");
        }
        prompts = EvalData.lines(shared.resolve("prompts.jsonl"), rows);
    }

    private record Ran(int code, String out, String err) {}

    private static Ran run(Object... args) {
        PrintStream out = System.out;
        PrintStream err = System.err;
        ByteArrayOutputStream outBytes = new ByteArrayOutputStream();
        ByteArrayOutputStream errBytes = new ByteArrayOutputStream();
        try {
            System.setOut(new PrintStream(outBytes, true, StandardCharsets.UTF_8));
            System.setErr(new PrintStream(errBytes, true, StandardCharsets.UTF_8));
            int code = Lion.run(Arrays.stream(args).map(String::valueOf).toArray(String[]::new));
            return new Ran(code, outBytes.toString(StandardCharsets.UTF_8), errBytes.toString(StandardCharsets.UTF_8));
        } finally {
            System.setOut(out);
            System.setErr(err);
        }
    }

    private Ran win(Object... more) {
        List<Object> args = new ArrayList<>(List.of("eval", "win", "--prompts", prompts, "--out", dir.resolve("out")));
        MODELS.forEach(model -> args.addAll(List.of("--model", model)));
        args.addAll(List.of("--max-new-tokens", 24));
        args.addAll(List.of(more));
        return run(args.toArray());
    }

    @Test
    void everyJudgeHasATableAndTheWinRatesAreThoseOfTheAnswers() throws IOException {
        Ran ran = win("--judge", "rule:longer", "--judge", "rule:min=20", "--json");
        assertThat(ran.code()).as(ran.err()).isZero();
        JsonNode comparison = Json.parse(ran.out(), "out");
        assertThat(comparison.path("prompts").asInt()).isEqualTo(PROMPTS);
        assertThat(comparison.path("judges")).hasSize(2);
        // Independently, from the answers in the file: whose is longer?
        List<List<Integer>> lengths = new ArrayList<>();
        for (int m = 0; m < 3; m++) {
            List<Integer> own = new ArrayList<>();
            for (String line : Files.readAllLines(dir.resolve("out/answers-m" + m + ".jsonl"))) {
                own.add(Json.parse(line, "row").at("/answers/0/text").asText().length());
            }
            lengths.add(own);
        }
        for (int i = 0; i < 3; i++) {
            for (int j = 0; j < 3; j++) {
                double wins = 0;
                for (int q = 0; q < PROMPTS; q++) {
                    wins += 0.5
                            + 0.5
                                    * Integer.compare(
                                            lengths.get(i).get(q),
                                            lengths.get(j).get(q));
                }
                JsonNode cell = comparison.at("/judges/0/win_rates/" + i + "/" + j);
                if (i != j) {
                    assertThat(cell.path("rate").asDouble()).isCloseTo(100 * wins / PROMPTS, within(1e-9));
                    assertThat(cell.path("low").asDouble())
                            .isLessThanOrEqualTo(cell.path("rate").asDouble());
                    assertThat(cell.has("length_controlled")).isTrue();
                }
            }
        }
        assertThat(Json.read(dir.resolve("out/comparison.json"))).isEqualTo(comparison);
        assertThat(Files.readString(dir.resolve("out/report.html"))).contains("Say 3.");

        // Again: nothing is drawn or judged anew, and the table is the same.
        long answers = Files.size(dir.resolve("out/answers.jsonl"));
        long judged = Files.size(dir.resolve("out/judgements.jsonl"));
        Ran table = win("--judge", "rule:longer", "--judge", "rule:min=20");
        assertThat(Files.size(dir.resolve("out/answers.jsonl"))).isEqualTo(answers);
        assertThat(Files.size(dir.resolve("out/judgements.jsonl"))).isEqualTo(judged);
        assertThat(table.out())
                .contains(
                        "rule:longer, " + PROMPTS + " prompts",
                        "m1 beats m0 in ",
                        "m2 beats m1 in ",
                        "against the one before");
    }

    @Test
    void whatAJudgeCannotScoreIsCountedAndWithholds() throws IOException {
        Path recorded = EvalData.lines(
                dir.resolve("scores.jsonl"), List.of("{\"answer\": \"nobody says this\", \"score\": 1}"));
        Ran ran = win("--judge", "replay:" + recorded);
        assertThat(ran.code()).isEqualTo(4);
        assertThat(ran.out())
                .contains(
                        "withheld: " + PROMPTS + " of the prompts", "without a score: " + 3 * PROMPTS + " unrecorded");
        JsonNode comparison = Json.read(dir.resolve("out/comparison.json"));
        assertThat(comparison.at("/judges/0/successive/0/verdict").asText()).isEqualTo("withheld");
        assertThat(comparison.at("/judges/0/win_rates/1/0/rate").isNull()).isTrue();
        assertThat(dir.resolve("out/judgements.jsonl")).doesNotExist(); // failures are asked for again
    }

    @Test
    void wrongUseIsNamed() {
        assertThat(run("eval", "win", "--prompts", prompts, "--judge", "rule:longer", "--model", MODELS.get(0))
                        .err())
                .contains("--model: expected two or more");
        assertThat(win("--judge", "rule:tall").code()).isEqualTo(3);
        assertThat(win("--judge", "reward:" + dir.resolve("none")).err()).contains("no such file or folder");
        assertThat(dir.resolve("out")).doesNotExist();
        assertThat(run("eval", "win", "--prompts", prompts).code()).isEqualTo(2);
    }
}
