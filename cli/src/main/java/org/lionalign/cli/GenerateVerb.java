package org.lionalign.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.lionalign.align.text.AnswerWriter;
import org.lionalign.align.text.TextModel;
import org.lionalign.core.json.Json;
import org.lionalign.core.json.JsonLines;
import org.lionalign.torch.model.CausalLm;
import org.lionalign.torch.model.SamplingOptions;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code lion generate}. */
@Command(
        name = "generate",
        mixinStandardHelpOptions = true,
        description = "Samples answers to prompts, batched.",
        footer = {
            "",
            "Rows: {\"prompt\":…}, {\"messages\":[…]} or {\"ids\":[…]}. Each comes back, in order, with",
            "\"answers\": [{\"text\",\"ids\",\"logprobs\",\"finish\"}]. An answer is a function of weights, prompt, seed and index, up to the",
            "rounding of batched products; exactly so with --batch 1.",
            "",
            "Example:",
            "  ./lion generate --model DIR --prompts prompts.jsonl --out answers.jsonl -n 5 --temperature 0.8 --seed 1"
        })
final class GenerateVerb implements Runnable {
    @Mixin
    private ModelOptions model = new ModelOptions();

    @Option(names = "--prompts", required = true, paramLabel = "FILE.jsonl", description = "rows; - for standard input")
    private Path prompts = Path.of("-");

    @Option(names = "--out", defaultValue = "-", paramLabel = "FILE.jsonl", description = "default: standard output")
    private Path out = Path.of("-");

    @Option(
            names = {"-n", "--n"},
            defaultValue = "1",
            description = "answers for each prompt (default: ${DEFAULT-VALUE})")
    private int n;

    @Option(names = "--temperature", defaultValue = "0", description = "0 is greedy (default)")
    private double temperature;

    @Option(names = "--top-p", defaultValue = "1", description = "nucleus mass (default: ${DEFAULT-VALUE}, all)")
    private double topP;

    @Option(names = "--top-k", defaultValue = "0", description = "most likely tokens only; 0 (default) for all")
    private int topK;

    @Option(
            names = "--max-new-tokens",
            defaultValue = "256",
            description = "longest answer (default: ${DEFAULT-VALUE})")
    private int maxNewTokens;

    @Option(names = "--seed", defaultValue = "0", description = "default: ${DEFAULT-VALUE}")
    private long seed;

    @Option(names = "--stop", paramLabel = "TEXT", description = "a text that ends an answer; may be repeated")
    private List<String> stop = new ArrayList<>();

    @Option(
            names = "--batch",
            defaultValue = "80",
            description = "answers decoded together at most (default: ${DEFAULT-VALUE})")
    private int batch;

    @Override
    public void run() {
        TextModel text = model.text();
        SamplingOptions options =
                new SamplingOptions(n, temperature, topP, topK, maxNewTokens, seed, text.stops(), Math.max(batch, n));
        List<JsonLines.Row> rows = new ArrayList<>();
        try (JsonLines lines = JsonLines.open(prompts)) {
            lines.forEach(rows::add);
        }
        try (Output output = new Output(out);
                CausalLm loaded = model.load();
                Progress progress = Progress.start("generate", rows.size())) {
            AnswerWriter writer = new AnswerWriter(loaded, text, stop);
            for (ObjectNode row : writer.answer(rows, prompts.toString(), options, progress::step)) {
                output.line(Json.write(row));
            }
            output.commit();
        }
    }
}
