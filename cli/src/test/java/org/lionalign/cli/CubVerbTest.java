package org.lionalign.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lionalign.align.judge.Question;
import org.lionalign.core.chat.Conversation;
import org.lionalign.core.chat.Message;
import org.lionalign.core.json.Json;
import org.lionalign.core.json.JsonLines;
import picocli.CommandLine;

class CubVerbTest {
    private final StringWriter text = new StringWriter();

    private int run(String... args) {
        return new CommandLine(new CubVerb()).setOut(new PrintWriter(text)).execute(args);
    }

    @Test
    void referencesPassAndEmptyTalkDoesNot(@TempDir Path directory) throws Exception {
        assertThat(run(
                        "generate",
                        "--out=" + directory,
                        "--seed=3",
                        "--documents=5",
                        "--sft=5",
                        "--pairs=5",
                        "--prompts=5",
                        "--heldout=80"))
                .isZero();
        assertThat(Json.parse(text.toString(), "output")
                        .at("/files/heldout.jsonl/rows")
                        .asInt())
                .isEqualTo(80);
        for (String answer : List.of("", "The end.")) {
            StringBuilder rows = new StringBuilder();
            try (JsonLines lines = JsonLines.open(directory.resolve("heldout.jsonl"))) {
                for (JsonLines.Row row : lines) {
                    ObjectNode answered = row.value().deepCopy();
                    answered.put(
                            "answer",
                            answer.isEmpty() ? row.value().get("reference").asText() : answer);
                    rows.append(Json.write(answered)).append('\n');
                }
            }
            Path file = directory.resolve("answers.jsonl");
            Files.writeString(file, rows);
            assertThat(run("check", "--in=" + file)).isZero();
            assertThat(text.toString())
                    .containsPattern(
                            answer.isEmpty()
                                    ? "all +80 +100\\.0%  95\\.4 to 100\\.0"
                                    : "all +80 +0\\.0%  0\\.0 to 4\\.6");
        }
    }

    @Test
    void everyAnswerOfASampleIsCheckedAndItsVerdictKeptAndTheJudgeAgrees(@TempDir Path directory) throws Exception {
        String check = "[{\"type\":\"ends\",\"word\":\"home\"},{\"type\":\"contains\",\"phrase\":\"fox\"}]";
        Path file = Files.writeString(
                directory.resolve("a.jsonl"),
                "{\"check\":" + check
                        + ",\"answers\":[{\"text\":\"The fox ran home.\"},{\"text\":\"The fox ran.\"},{\"text\":\"No.\"}]}\n");
        Path out = directory.resolve("v.jsonl");
        assertThat(run("check", "--in=" + file, "--out=" + out)).isZero();
        assertThat(text.toString()).containsPattern("all +3 +33\\.3%");
        ObjectNode row = (ObjectNode) Json.read(out);
        double[] scores = new double[3];
        for (int i = 0; i < 3; i++) {
            scores[i] = row.at("/verdicts/" + i + "/score").asDouble();
        }
        assertThat(scores).containsExactly(1, 0.5, 0);
        assertThat(row.at("/verdicts/1/reasons/0").asText()).contains("last word");
        Question question = new Question(
                "r",
                Conversation.of(new Message("user", "?")),
                List.of("The fox ran home.", "The fox ran.", "No."),
                row);
        assertThat(new CubJudge(Json.object().put("score", "share"))
                        .judge(List.of(question))
                        .get(0)
                        .scores())
                .containsExactly(scores);
    }

    @Test
    void aRowWithoutAnswerIsNamed(@TempDir Path directory) throws Exception {
        Path file = Files.writeString(
                directory.resolve("a.jsonl"), "{\"check\":[{\"type\":\"ends\",\"word\":\"home\"}]}\n");
        StringWriter errors = new StringWriter();
        int code = new CommandLine(new CubVerb())
                .setExecutionExceptionHandler((e, line, parsed) -> {
                    errors.write(String.valueOf(e.getMessage()));
                    return 3;
                })
                .execute("check", "--in=" + file);
        assertThat(code).isEqualTo(3);
        assertThat(errors.toString()).contains(file + ":1: answer: expected text, found nothing");
    }
}
