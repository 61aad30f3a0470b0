package org.lionalign.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.json.Json;
import org.lionalign.core.json.JsonLines;
import org.lionalign.core.tokenizer.HuggingFaceTokenizer;
import org.lionalign.core.tokenizer.Tokenizer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code lion tokenize}. */
@Command(
        name = "tokenize",
        mixinStandardHelpOptions = true,
        description = "Token ids of texts; adds no special tokens.",
        footer = {
            "",
            "Rows {\"text\":…} give {\"ids\":[…]}.",
            "",
            "Example:",
            "  echo '{\"text\":\"Hello\"}' | ./lion tokenize --model DIR --in -"
        })
final class TokenizeVerb implements Runnable {
    @Option(
            names = "--model",
            required = true,
            paramLabel = "DIR",
            description = "model folder, or any folder or file with a tokenizer.json")
    private Path model = Path.of(".");

    @Option(names = "--in", required = true, paramLabel = "FILE.jsonl", description = "rows; - for standard input")
    private Path in = Path.of("-");

    @Option(names = "--out", defaultValue = "-", paramLabel = "FILE.jsonl", description = "default: standard output")
    private Path out = Path.of("-");

    @Option(names = "--literal", description = "control tokens in the text are plain text")
    private boolean literal;

    @Override
    public void run() {
        Tokenizer tokenizer = HuggingFaceTokenizer.load(model);
        try (JsonLines lines = JsonLines.open(in);
                Output output = new Output(out)) {
            for (JsonLines.Row row : lines) {
                if (!row.value().path("text").isTextual()) {
                    throw new BadInput(in + ":" + row.line() + ": text: expected a string, found "
                            + (row.value().has("text") ? row.value().get("text") : "nothing"));
                }
                String text = row.value().get("text").textValue();
                ObjectNode node = Json.object();
                ArrayNode ids = node.putArray("ids");
                for (int id : literal ? tokenizer.encodeLiteral(text) : tokenizer.encode(text)) {
                    ids.add(id);
                }
                output.line(Json.write(node));
            }
            output.commit();
        }
    }
}
