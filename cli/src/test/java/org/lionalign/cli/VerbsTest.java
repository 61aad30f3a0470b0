package org.lionalign.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lionalign.core.json.Json;
import org.lionalign.core.testing.SharedData;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

/** The verbs as a user runs them, on a real model where there is one. */
class VerbsTest {
    @TempDir
    Path dir;

    private final Path llama =
            Path.of(System.getProperty("lion.root", ".."), "torch/src/test/resources/golden/models/llama");

    /** picocli takes help for a format: a lone % is a warning above the help and a line that is not wrapped. */
    @Test
    void theHelpOfEveryVerbCanBeFormatted() {
        ArrayDeque<CommandLine> verbs = new ArrayDeque<>(List.of(new CommandLine(Lion.class)));
        int seen = 0;
        while (!verbs.isEmpty()) {
            CommandLine verb = verbs.pop();
            verbs.addAll(verb.getSubcommands().values());
            List<String> lines =
                    new ArrayList<>(List.of(verb.getCommandSpec().usageMessage().description()));
            lines.addAll(List.of(verb.getCommandSpec().usageMessage().footer()));
            verb.getCommandSpec().args().forEach(arg -> lines.addAll(List.of(arg.description())));
            for (String line : lines) {
                assertThatCode(() -> String.format(line))
                        .as(verb.getCommandName() + ": " + line)
                        .doesNotThrowAnyException();
            }
            seen += lines.size();
        }
        assertThat(seen).isGreaterThan(200);
    }

    private Path file(String name, String... lines) throws IOException {
        return Files.writeString(dir.resolve(name), String.join("\n", lines) + "\n");
    }

    private List<JsonNode> rows(Path file) throws IOException {
        return Files.readAllLines(file).stream()
                .map(line -> Json.parse(line, file.toString()))
                .toList();
    }

    /** Exit code, and what was printed. */
    private record Ran(int code, String out, String err) {}

    private static Ran run(String... args) {
        PrintStream out = System.out;
        PrintStream err = System.err;
        ByteArrayOutputStream outBytes = new ByteArrayOutputStream();
        ByteArrayOutputStream errBytes = new ByteArrayOutputStream();
        try {
            System.setOut(new PrintStream(outBytes, true, StandardCharsets.UTF_8));
            System.setErr(new PrintStream(errBytes, true, StandardCharsets.UTF_8));
            int code = Lion.run(args);
            return new Ran(code, outBytes.toString(StandardCharsets.UTF_8), errBytes.toString(StandardCharsets.UTF_8));
        } finally {
            System.setOut(out);
            System.setErr(err);
        }
    }

    @Test
    void scoresComeInTheOrderOfTheRowsWhateverThePacking() throws IOException {
        Path in = file(
                "in.jsonl", "{\"ids\":[5,6]}", "{\"ids\":[9,8,7,6,5,4,3,9,8]}", "{\"ids\":[1,2,3]}", "{\"ids\":[4]}");
        Path small = dir.resolve("small.jsonl");
        Path large = dir.resolve("large.jsonl");
        // Rows of ids need no text, but a model folder is one with a tokenizer; this one has none, so give it one.
        Path model = withTokenizer();
        assertThat(run(
                                "score",
                                "--model",
                                model.toString(),
                                "--dtype",
                                "f32",
                                "--in",
                                in.toString(),
                                "--out",
                                small.toString(),
                                "--tokens",
                                "4")
                        .code())
                .isZero();
        assertThat(run(
                                "score",
                                "--model",
                                model.toString(),
                                "--dtype",
                                "f32",
                                "--in",
                                in.toString(),
                                "--out",
                                large.toString())
                        .code())
                .isZero();
        List<JsonNode> a = rows(small);
        List<JsonNode> b = rows(large);
        int[] tokens = {1, 8, 2, 0};
        for (int i = 0; i < 4; i++) {
            assertThat(a.get(i).get("tokens").asInt()).isEqualTo(tokens[i]);
            assertThat(b.get(i).get("sum").asDouble())
                    .isCloseTo(a.get(i).get("sum").asDouble(), org.assertj.core.api.Assertions.within(1e-4));
        }
    }

    private Path withTokenizer() throws IOException {
        Path model = dir.resolve("model");
        Files.createDirectories(model);
        for (String name : new String[] {"config.json", "model.safetensors"}) {
            Files.copy(llama.resolve(name), model.resolve(name));
        }
        Files.writeString(
                model.resolve("tokenizer.json"),
                "{\"version\":\"1.0\",\"added_tokens\":[],\"pre_tokenizer\":{\"type\":\"Whitespace\"},"
                        + "\"model\":{\"type\":\"WordLevel\",\"vocab\":{\"a\":0,\"b\":1,\"[UNK]\":2},\"unk_token\":\"[UNK]\"}}");
        return model;
    }

    @Test
    void aBadRowIsNamedAndNothingIsWritten() throws IOException {
        Path model = withTokenizer();
        Path out = dir.resolve("out.jsonl");
        Path in = file("in.jsonl", "{\"ids\":[1,2]}", "{\"ids\":[1,\"x\"]}");
        Ran ran = run("score", "--model", model.toString(), "--in", in.toString(), "--out", out.toString());
        assertThat(ran.code()).isEqualTo(Lion.BAD_INPUT);
        assertThat(ran.err())
                .contains("in.jsonl:2")
                .contains("ids[1]")
                .contains("\"x\"")
                .hasLineCount(1);
        assertThat(out).doesNotExist();
        assertThat(dir.resolve("out.jsonl.part")).doesNotExist();

        Path broken = file("broken.jsonl", "{\"ids\":[1,2]}", "{\"ids\":[1,");
        ran = run("score", "--model", model.toString(), "--in", broken.toString(), "--out", out.toString());
        assertThat(ran.code()).isEqualTo(Lion.BAD_INPUT);
        assertThat(ran.err()).contains("broken.jsonl:2").contains("column");
        Path far = file("far.jsonl", "{\"ids\":[1,2,4000]}");
        ran = run("score", "--model", model.toString(), "--in", far.toString(), "--out", out.toString());
        assertThat(ran.code()).isEqualTo(Lion.BAD_INPUT);
        assertThat(ran.err()).contains("4000");
    }

    @Test
    void generatedRowsKeepTheirFieldsAndOrder() throws IOException {
        Path model = SharedData.require("models/stories260k");
        Path in = file("p.jsonl", "{\"prompt\":\"Once upon a time\",\"id\":7}", "{\"ids\":[1,403,407],\"id\":8}");
        Path out = dir.resolve("o.jsonl");
        Ran ran = run(
                "generate",
                "--model",
                model.toString(),
                "--dtype",
                "f32",
                "--prompts",
                in.toString(),
                "--out",
                out.toString(),
                "-n",
                "3",
                "--temperature",
                "0.9",
                "--max-new-tokens",
                "30",
                "--seed",
                "4",
                "--stop",
                "there");
        assertThat(ran.err()).isEmpty();
        assertThat(ran.code()).isZero();
        List<JsonNode> rows = rows(out);
        assertThat(rows).extracting(row -> row.get("id").asInt()).containsExactly(7, 8);
        for (JsonNode row : rows) {
            assertThat(row.get("answers")).hasSize(3);
            for (JsonNode answer : row.get("answers")) {
                assertThat(answer.get("text").asText()).doesNotContain("there");
                assertThat(answer.get("ids")).hasSameSizeAs(answer.get("logprobs"));
                assertThat(answer.get("finish").asText()).isIn("stop", "length");
            }
        }
    }

    @Test
    void aStoryIsLikelierThanNonsense() throws IOException {
        Path model = SharedData.require("models/stories260k");
        Path in = file("p.jsonl", "{\"prompt\":\"Tom saw\",\"chosen\":\" a big dog.\",\"rejected\":\" qzx vvk wt\"}");
        Path out = dir.resolve("o.jsonl");
        assertThat(run("score", "--model", model.toString(), "--in", in.toString(), "--out", out.toString())
                        .code())
                .isZero();
        JsonNode row = rows(out).get(0);
        assertThat(row.path("chosen").path("sum").asDouble())
                .isGreaterThan(row.path("rejected").path("sum").asDouble() + 5);
    }

    @Test
    void chatTalksAndObeysItsCommands() throws IOException {
        Path model = SharedData.require("models/stories260k");
        Path saved = dir.resolve("saved.json");
        java.io.InputStream in = System.in;
        try {
            System.setIn(new ByteArrayInputStream(("Once upon a time\n/save " + saved + "\n/reset\n/nonsense\n/quit\n")
                    .getBytes(StandardCharsets.UTF_8)));
            Ran ran = run("chat", "--model", model.toString(), "--max-new-tokens", "25", "--temperature", "0");
            assertThat(ran.code()).isZero();
            assertThat(ran.out())
                    .contains("there was a little")
                    .contains("(new conversation)")
                    .contains("/reset");
            assertThat(ran.err()).contains("no chat template");
        } finally {
            System.setIn(in);
        }
        JsonNode conversation = Json.read(saved);
        assertThat(conversation.path("messages")).hasSize(2);
        assertThat(conversation.path("messages").get(1).path("role").asText()).isEqualTo("assistant");
    }

    @Test
    void renderAndTokenizeAreJsonInAndOut() throws IOException {
        Path rendered = dir.resolve("r.jsonl");
        Path in = file(
                "c.jsonl",
                "{\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"},{\"role\":\"assistant\",\"content\":\"Yo\"}]}");
        assertThat(run("render", "--template", "chatml", "--in", in.toString(), "--out", rendered.toString())
                        .code())
                .isZero();
        JsonNode row = rows(rendered).get(0);
        assertThat(row.path("text").asText())
                .isEqualTo("<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\nYo<|im_end|>\n");
        assertThat(row.path("supervised").toString()).isEqualTo("[[52,64]]");

        Path tokenizer = SharedData.require("tokenizers/smollm");
        Path text = file("t.jsonl", "{\"text\":\"a <|im_start|> b\"}");
        Path plain = dir.resolve("plain.jsonl");
        Path literal = dir.resolve("literal.jsonl");
        run("tokenize", "--model", tokenizer.toString(), "--in", text.toString(), "--out", plain.toString());
        run(
                "tokenize",
                "--model",
                tokenizer.toString(),
                "--in",
                text.toString(),
                "--out",
                literal.toString(),
                "--literal");
        assertThat(rows(literal).get(0).get("ids").size())
                .isGreaterThan(rows(plain).get(0).get("ids").size());
    }

    @Test
    void inspectSaysWhatWillHurt() {
        Path model = SharedData.require("models/stories260k");
        Ran ran = run("inspect", model.toString());
        assertThat(ran.code()).isZero();
        JsonNode report = org.lionalign.align.text.ModelReport.of(model);
        assertThat(report.get("parameters").asLong()).isEqualTo(260_032);
        assertThat(report.get("parameters_in_file").asLong()).isEqualTo(260_032);
        assertThat(report.get("warnings").toString()).contains("no chat template");
    }

    @Test
    void everyVerbHasHelpWithAnExample() {
        for (String verb : new picocli.CommandLine(newLion()).getSubcommands().keySet()) {
            if (!verb.equals("help") && !verb.equals("cub")) {
                Ran ran = run(verb, "--help");
                assertThat(ran.code()).isZero();
                assertThat(ran.out()).as(verb).contains("Example");
            }
        }
        assertThat(run("--no-such-option").code()).isEqualTo(2);
        assertThat(run("inspect", dir.resolve("nothing").toString()).code()).isEqualTo(Lion.BAD_INPUT);
    }

    private static Object newLion() {
        return Lion.commandLine().getCommand();
    }

    /** {@code --template} replaces a model's own, {@code --fallback-template} never does: no verb has one word for the other. */
    @Test
    void aTemplateOptionMeansTheSameInEveryVerb() {
        Map<String, Set<String>> meanings = new TreeMap<>();
        Deque<CommandLine> open =
                new ArrayDeque<>(Lion.commandLine().getSubcommands().values());
        while (!open.isEmpty()) {
            CommandLine verb = open.pop();
            open.addAll(verb.getSubcommands().values());
            for (OptionSpec option : verb.getCommandSpec().options()) {
                if (option.longestName().endsWith("template")
                        && !verb.getCommandName().equals("render")) {
                    meanings.computeIfAbsent(option.longestName(), name -> new TreeSet<>())
                            .add(String.join(" ", option.description()));
                }
            }
        }
        assertThat(meanings)
                .isEqualTo(Map.of(
                        "--template", Set.of("chat template instead of the model's own"),
                        "--fallback-template", Set.of("chat template of models that have none of their own")));
    }
}
