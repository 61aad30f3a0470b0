package org.lionalign.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lionalign.core.json.Json;
import picocli.CommandLine;

/** {@code lion judge} as a user runs it. */
class JudgeVerbTest {
    private static final Path PAIRRM =
            Path.of(System.getProperty("lion.root", ".."), "torch/src/test/resources/golden/pairrm");

    @TempDir
    Path dir;

    private record Ran(int code, String out, String err) {}

    private static Ran run(Object... args) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        CommandLine line = Lion.commandLine().setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
        int code = line.execute(Arrays.stream(args).map(String::valueOf).toArray(String[]::new));
        return new Ran(code, out.toString(), err.toString());
    }

    private Path answers() throws IOException {
        return Files.writeString(dir.resolve("answers.jsonl"), """
                {"prompt":"Which river flows through Vienna?","answers":[{"text":"The Danube flows through Vienna.","finish":"stop"},{"text":"I do not know."}],"label":1}
                {"messages":[{"role":"user","content":"Say yes."}],"answers":["Yes.","No, never.","Yes."],"labels":[1,0,1]}
                {"instruction":"Add","input":"1 and 1","output_1":"2","output_2":"It may be 3"}
                """);
    }

    @Test
    void rowsComeBackWithTheirJudgementAndTheSameCommandDoesNothingMore() throws IOException {
        Path out = dir.resolve("judged.jsonl");
        Ran first = run("judge", "--answers", answers(), "--judge", "pairrm:" + PAIRRM, "--out", out);
        assertThat(first.err()).contains("3 rows judged, 0 were there; of 7 answers 0 failed");
        assertThat(first.code()).isZero();
        List<JsonNode> rows = new ArrayList<>();
        for (String line : Files.readAllLines(out)) {
            rows.add(Json.parse(line, "row"));
        }
        assertThat(rows).hasSize(3);
        assertThat(rows.get(0).get("label").asInt()).isEqualTo(1);
        JsonNode judgement = rows.get(1).get("judgement");
        assertThat(judgement.get("scores").get(0))
                .isEqualTo(judgement.get("scores").get(2));
        assertThat(judgement.get("pairwise").get(0).get(1).isNumber()).isTrue();
        assertThat(judgement.get("judge").asText()).startsWith("pairrm ");
        byte[] bytes = Files.readAllBytes(out);
        Ran second = run("judge", "--answers", answers(), "--judge", "pairrm:" + PAIRRM, "--out", out, "--json");
        assertThat(second.err()).contains("0 rows judged, 3 were there");
        assertThat(Json.parse(second.out(), "json").get("already").asInt()).isEqualTo(3);
        assertThat(Files.readAllBytes(out)).isEqualTo(bytes);
        Ran other = run("judge", "--answers", answers(), "--judge", "rule:longer", "--out", out);
        assertThat(other.code()).isEqualTo(Lion.BAD_INPUT);
        assertThat(other.err()).contains("name another file");
    }

    @Test
    void judgesAreComparedWithEachOtherAndWithPeople() throws IOException {
        Ran ran = run(
                "judge",
                "--answers",
                answers(),
                "--judge",
                "rule:longer",
                "--judge",
                "rule:shorter",
                "--compare",
                "--json");
        assertThat(ran.code()).as(ran.err()).isZero();
        JsonNode report = Json.parse(ran.out(), "report");
        assertThat(report.get("judges").get(2).get("name").asText()).isEqualTo("people");
        assertThat(report.get("judges").get(2).get("questions").asInt()).isEqualTo(2);
        JsonNode opposite = report.get("agreement").get(0);
        assertThat(opposite.get("agreement").asDouble()).isZero();
        assertThat(opposite.get("kendall_tau").asDouble()).isEqualTo(-1);
        // People prefer the longer first answer, and twice the shorter "Yes.".
        assertThat(report.get("agreement").get(1).get("agreement").asDouble()).isEqualTo(1 / 3.0);
        Ran table = run("judge", "--answers", answers(), "--judge", "rule:longer", "--compare");
        assertThat(table.out()).contains("rule:longer").contains("people").contains("33.3 %");
    }

    @Test
    void failuresAreShownAndWrongUseIsNamed() throws IOException {
        Path scores = Files.writeString(dir.resolve("scores.jsonl"), "{\"answer\":\"Yes.\",\"score\":1}\n");
        Ran ran = run("judge", "--answers", answers(), "--judge", "replay:" + scores, "--out", dir.resolve("r.jsonl"));
        assertThat(ran.err()).contains("of 7 answers 5 failed {\"unrecorded\":5}");
        assertThat(ran.code()).isZero();
        Path others = Files.writeString(dir.resolve("others.jsonl"), "{\"answer\":\"Maybe.\",\"score\":1}\n");
        assertThat(run("judge", "--answers", answers(), "--judge", "replay:" + others, "--out", dir.resolve("o.jsonl"))
                        .code())
                .isEqualTo(4); // a judge that says nothing must not pass for one
        assertThat(run("judge", "--answers", answers(), "--judge", "rule:longer")
                        .err())
                .contains("--compare");
        assertThat(run("judge", "--answers", answers(), "--judge", "rule:tall", "--compare")
                        .code())
                .isEqualTo(Lion.BAD_INPUT);
        assertThat(run("judge", "--answers", answers(), "--judge", "rule:longer", "--compare", "--price", "x")
                        .err())
                .contains("--price");
    }
}
