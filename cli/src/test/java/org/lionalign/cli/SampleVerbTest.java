package org.lionalign.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lionalign.core.json.Json;
import org.lionalign.core.testing.SharedData;

/** Sample, judge, pairs as a user runs them. */
class SampleVerbTest {
    @TempDir
    Path dir;

    private int run(String... args) {
        return Lion.run(args);
    }

    @Test
    void fromPromptsToPairs() throws IOException {
        String model = SharedData.require("models/stories260k").toString();
        List<String> rows = new ArrayList<>(SharedData.text("prompts/tinystories/prompts.jsonl")
                .lines()
                .limit(6)
                .toList());
        rows.add(Json.write(Json.object().put("prompt", "word ".repeat(700))));
        Path prompts = Files.write(dir.resolve("prompts.jsonl"), rows);
        Path out = dir.resolve("out");
        String[] sample = {
            "sample",
            "--model",
            model,
            "--template",
            "plain",
            "--dtype",
            "f32",
            "--prompts",
            prompts.toString(),
            "--out",
            out.toString(),
            "-n",
            "3",
            "--temperature",
            "1",
            "--max-new-tokens",
            "10",
            "--replay",
            "2"
        };
        assertThat(run(sample)).isZero();
        String first = Files.readString(out.resolve("answers.jsonl"));
        long stored = Files.size(out.resolve("store.jsonl"));
        assertThat(run(sample)).isZero();
        assertThat(out.resolve("answers.jsonl")).hasContent(first);
        assertThat(Files.size(out.resolve("store.jsonl"))).isEqualTo(stored);
        JsonNode ledger = Json.read(out.resolve("ledger.json"));
        assertThat(ledger.path("sampling").path("answers").asInt()).isEqualTo(18);
        assertThat(ledger.path("sampling").path("refused").asInt()).isEqualTo(1);

        Path judged = dir.resolve("judged.jsonl");
        assertThat(run(
                        "judge",
                        "--answers",
                        out.resolve("answers.jsonl").toString(),
                        "--judge",
                        "rule:longer",
                        "--out",
                        judged.toString()))
                .isZero();
        assertThat(Files.readAllLines(judged)).hasSize(7); // the prompt without answers is still accounted for
        Path pairs = dir.resolve("pairs.jsonl");
        assertThat(run("pairs", "--answers", judged.toString(), "--out", pairs.toString(), "--unfinished", "allow"))
                .isZero();
        JsonNode made = Json.read(dir.resolve("pairs.ledger.json"));
        assertThat(made.path("prompts").asInt()).isEqualTo(7);
        assertThat(made.path("unpaired").path("too long").asInt()).isEqualTo(1);
        assertThat(made.path("pairs").asInt()).isPositive();
        JsonNode pair = Json.parse(Files.readAllLines(pairs).get(0), "pair");
        assertThat(pair.path("score_chosen").asDouble())
                .isGreaterThan(pair.path("score_rejected").asDouble());
        assertThat(pair.path("chosen_ids")).isNotEmpty();
        assertThat(pair.path("other_info")
                        .path("sampled_by")
                        .path("model")
                        .path("weights")
                        .asText())
                .hasSize(64);
        // All answers are cut: by default none of them is preferred.
        assertThat(run("pairs", "--answers", judged.toString(), "--out", pairs.toString()))
                .isEqualTo(Lion.BAD_INPUT);
    }

    /** A server that gives one answer at a time and fails on one prompt in four. */
    @Test
    void whatAServerFailedToGiveIsAskedForAgain() throws IOException {
        AtomicBoolean down = new AtomicBoolean(true);
        List<String> rows = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            rows.add("{\"prompt\":\"Question " + i + "\"}");
        }
        String prompts = Files.write(dir.resolve("p.jsonl"), rows).toString();
        Path out = dir.resolve("out");
        try (FakeJudge server = new FakeJudge(
                (question, earlier) -> down.get() && question.endsWith("2") ? "HTTP 503" : "Answer to " + question)) {
            String[] sample =
                    ("sample --server URL --server-model m --key-variable LION_TEST_NO_SUCH_KEY --retries 0 -n 2 --prompts "
                                    + prompts + " --out " + out)
                            .replace("URL", server.url())
                            .split(" ");
            Ran first = Ran.lion(sample);
            assertThat(first.code()).as(first.err()).isEqualTo(Lion.CHECK_FAILED);
            assertThat(first.err()).contains("6 answers to 4 prompts, 2 failed {unavailable=2}");
            assertThat(server.billed()).isEqualTo(6);
            assertThat(Json.read(out.resolve("ledger.json"))
                            .at("/sampling/failures/unavailable")
                            .asInt())
                    .isEqualTo(2);
            down.set(false);
            Ran second = Ran.lion(sample);
            assertThat(second.code()).as(second.err()).isZero();
            assertThat(server.billed()).isEqualTo(8);
            assertThat(server.mostOften()).isEqualTo(1);
            assertThat(Json.read(out.resolve("ledger.json"))
                            .at("/sampling/answered_in_full")
                            .asInt())
                    .isEqualTo(4);
        }
    }

    @Test
    void optionsThatWouldNotBeReadAreRefused() throws IOException {
        String prompts = Files.writeString(dir.resolve("p.jsonl"), "{\"prompt\":\"Q\"}\n")
                .toString();
        String out = dir.resolve("o").toString();
        for (String[] wrong : new String[][] {
            {},
            {"--model", "m", "--server", "http://localhost:1/v1"},
            {"--model", "m", "--retries", "3"},
            {"--model", "m", "--failed-share", "0.1"},
            {"--server", "http://localhost:1/v1", "--server-model", "m", "--top-k", "3"},
            {"--server", "http://localhost:1/v1", "--server-model", "m", "--batch", "3"},
            {"--server", "http://localhost:1/v1", "--server-model", "m", "--replay", "3"},
            {"--server", "http://localhost:1/v1"},
        }) {
            List<String> args = new ArrayList<>(List.of("sample", "--prompts", prompts, "--out", out));
            args.addAll(List.of(wrong));
            assertThat(run(args.toArray(String[]::new))).as(args.toString()).isEqualTo(Lion.BAD_INPUT);
        }
        assertThat(dir.resolve("o")).doesNotExist();
    }
}
