package org.lionalign.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.lionalign.align.text.Scorer;
import org.lionalign.align.text.TextModel;
import org.lionalign.core.json.Json;
import org.lionalign.core.json.JsonLines;
import org.lionalign.torch.model.CausalLm;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code lion score}. */
@Command(
        name = "score",
        mixinStandardHelpOptions = true,
        description = "Per-token log-probabilities of rows under a model.",
        footer = {
            "",
            "Rows: {\"ids\":[…]}, {\"prompt\":…,\"completion\":…} or {\"prompt\":…,\"chosen\":…,\"rejected\":…}, texts as strings or",
            "lists of messages. Each gives {\"logps\":[…],\"sum\":…,\"tokens\":…}, in the order of the rows.",
            "",
            "Example:",
            "  echo '{\"prompt\":\"Once upon a\",\"completion\":\" time\"}' | ./lion score --model DIR --in -"
        })
final class ScoreVerb implements Runnable {
    /** Rows read before they are packed: more fill the passes better, fewer show results sooner. */
    private static final int ROWS = 1024;

    @Mixin
    private ModelOptions model = new ModelOptions();

    @Option(
            names = "--in",
            required = true,
            paramLabel = "FILE.jsonl",
            description = "rows; - for standard input; .gz is unpacked")
    private Path in = Path.of("-");

    @Option(names = "--out", defaultValue = "-", paramLabel = "FILE", description = "default: standard output")
    private Path out = Path.of("-");

    @Option(
            names = "--tokens",
            defaultValue = "4096",
            description = "tokens of one forward pass (default: ${DEFAULT-VALUE})")
    private int tokens;

    @Override
    public void run() {
        Supplier<TextModel> text = model.textMeanwhile();
        try (JsonLines lines = JsonLines.open(in);
                Output output = new Output(out);
                CausalLm loaded = model.load();
                Progress progress = Progress.start("score", -1)) {
            Scorer scorer = new Scorer(loaded, text.get(), tokens);
            List<JsonLines.Row> rows = new ArrayList<>();
            for (JsonLines.Row row : lines) {
                rows.add(row);
                if (rows.size() == ROWS) {
                    write(scorer, rows, output, progress);
                }
            }
            write(scorer, rows, output, progress);
            output.commit();
        }
    }

    private void write(Scorer scorer, List<JsonLines.Row> rows, Output output, Progress progress) {
        for (ObjectNode result : scorer.score(in.toString(), rows)) {
            output.line(Json.write(result));
            progress.step();
        }
        rows.clear();
    }
}
