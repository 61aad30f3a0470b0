package org.lionalign.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.format.AtomicFiles;
import org.lionalign.core.json.Json;
import org.lionalign.core.json.JsonLines;
import org.lionalign.cub.Checker;
import org.lionalign.cub.CubFiles;
import org.lionalign.cub.PassRates;
import org.lionalign.cub.TokenizerFiles;
import org.lionalign.cub.Variety;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code lion cub}: the data, the tokenizer and the checker of the bundled toy world. */
@Command(name = "cub", description = "The bundled toy world: its data, its tokenizer and its checker.")
final class CubVerb {
    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Command(
            name = "generate",
            description = "Writes corpus, SFT rows, pairs, prompts, held-out instructions and a manifest.")
    int generate(
            @Option(names = "--out", required = true, description = "the directory to write") Path out,
            @Option(names = "--seed", defaultValue = "1", description = "default: ${DEFAULT-VALUE}") long seed,
            @Option(
                            names = "--documents",
                            defaultValue = "0",
                            description = "of the pre-training corpus; default: none")
                    long documents,
            @Option(names = "--sft", defaultValue = "6000", description = "rows; default: ${DEFAULT-VALUE}") int sft,
            @Option(names = "--pairs", defaultValue = "3000", description = "rows; default: ${DEFAULT-VALUE}")
                    int pairs,
            @Option(names = "--prompts", defaultValue = "1500", description = "rows; default: ${DEFAULT-VALUE}")
                    int prompts,
            @Option(names = "--heldout", defaultValue = "600", description = "rows; default: ${DEFAULT-VALUE}")
                    int heldout,
            @Option(
                            names = "--flawed",
                            defaultValue = "0.35",
                            description =
                                    "share of SFT answers that break a check on purpose; default: ${DEFAULT-VALUE}")
                    double flawed) {
        out().println(CubFiles.generate(out, seed, new CubFiles.Sizes(documents, sft, pairs, prompts, heldout, flawed))
                .toPrettyString());
        return 0;
    }

    @Command(name = "tokenizer", description = "Trains the tokenizer and writes the model directory without weights.")
    int tokenizer(@Option(names = "--out", required = true, description = "the directory to write") Path out) {
        TokenizerFiles.write(out);
        out().println("wrote " + out);
        return 0;
    }

    @Command(name = "variety", description = "Counts distinct sentences, words and 4-grams of the pre-training text.")
    int variety(
            @Option(names = "--seed", defaultValue = "1", description = "default: ${DEFAULT-VALUE}") long seed,
            @Option(names = "--documents", defaultValue = "100000", description = "default: ${DEFAULT-VALUE}")
                    int documents) {
        out().println(Variety.of(seed, documents));
        return 0;
    }

    @Command(
            name = "check",
            description =
                    "Checks answers: rows with the keys check and answer (or lion generate's answers), and family if"
                            + " there is one.")
    int check(
            @Option(names = "--in", required = true, description = "a JSON Lines file; - for standard input") Path in,
            @Option(
                            names = "--out",
                            paramLabel = "FILE.jsonl",
                            description = "the rows again, with a verdict for each answer: passes, score, reasons")
                    @Nullable
                    Path out) {
        PassRates rates = new PassRates();
        StringBuilder rows = new StringBuilder();
        try (JsonLines lines = JsonLines.open(in)) {
            for (JsonLines.Row row : lines) {
                ObjectNode value = row.value().deepCopy();
                ArrayNode verdicts = value.putArray("verdicts");
                for (Checker.Verdict verdict : rates.add(row.value(), in + ":" + row.line())) {
                    ObjectNode one = verdicts.addObject();
                    one.put("passes", verdict.passes()).put("score", verdict.score());
                    verdict.reasons().forEach(one.putArray("reasons")::add);
                }
                rows.append(Json.write(value)).append('\n');
            }
        }
        if (out != null) {
            AtomicFiles.write(out, rows.toString());
        }
        if (rates.table().isEmpty()) {
            throw new BadInput(in + ": expected rows with answers, found none");
        }
        PrintWriter writer = out();
        writer.printf(Locale.ROOT, "%-14s %6s %8s  %s%n", "family", "rows", "pass", "95 % (Wilson)");
        rates.table()
                .forEach(rate -> writer.printf(
                        Locale.ROOT,
                        "%-14s %6d %7.1f%%  %.1f to %.1f%n",
                        rate.family(),
                        rate.rows(),
                        100 * rate.share(),
                        100 * rate.low(),
                        100 * rate.high()));
        writer.flush();
        return 0;
    }

    private PrintWriter out() {
        return spec.commandLine().getOut();
    }
}
