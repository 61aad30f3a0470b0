package org.lionalign.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.lionalign.align.stage.DataPreview;
import org.lionalign.core.json.Json;
import org.lionalign.core.recipe.StageRecipe;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code lion data}. */
@Command(
        name = "data",
        mixinStandardHelpOptions = true,
        description = "What a recipe would train on: sources, counts, what is set aside and why, lengths, packing.",
        footer = {"", "Example:", "  ./lion data sft.yaml --show 3"})
final class DataVerb implements Callable<Integer> {
    private static final String GREEN = "\u001b[32m";
    private static final String DIM = "\u001b[2m";
    private static final String PLAIN = "\u001b[0m";

    @Mixin
    private RecipeArguments arguments = new RecipeArguments();

    @Option(
            names = "--show",
            paramLabel = "N",
            description = "prints the first N examples: supervised text in green, in «» where there are no colours")
    private int show;

    @Option(names = "--json", description = "one JSON per packed pass: ids, supervised flags, positions, tree ends")
    private boolean json;

    @Override
    public Integer call() {
        StageRecipe recipe = arguments.read();
        arguments.temporarily(folder -> {
            DataPreview preview = new DataPreview(recipe, arguments.kind(recipe), folder);
            if (json) {
                preview.passes(pass -> System.out.println(Json.write(pass)));
            } else {
                table(preview.summary());
                for (List<DataPreview.Piece> example : preview.examples(show)) {
                    System.out.println("-".repeat(72));
                    example.forEach(DataVerb::print);
                    System.out.println();
                }
            }
            return 0;
        });
        return 0;
    }

    private static void print(DataPreview.Piece piece) {
        boolean colours = Terminal.colours();
        String mark = piece.node().isEmpty() || piece.node().equals("prompt") ? "" : "\n[" + piece.node() + "] ";
        System.out.print(
                colours
                        ? mark + (piece.supervised() ? GREEN : DIM) + piece.text() + PLAIN
                        : mark + (piece.supervised() ? "«" + piece.text() + "»" : piece.text()));
    }

    private static void table(ObjectNode summary) {
        System.out.printf(
                "%-40s %-12s %9s %9s %7s %11s  %s%n",
                "source", "layout", "rows", "kept", "cut", "supervised", "set aside");
        for (Map.Entry<String, JsonNode> source : summary.get("sources").properties()) {
            JsonNode counts = source.getValue();
            if (!counts.isObject()) {
                System.out.printf("%s: %s%n", source.getKey(), counts);
                continue;
            }
            String name = source.getKey();
            double supervised = counts.path("supervised_tokens").asDouble();
            System.out.printf(
                    Locale.ROOT,
                    "%-40s %-12s %9d %9d %7d %9.1f %%  %s%n",
                    name.length() > 40 ? "…" + name.substring(name.length() - 39) : name,
                    counts.path("layouts").properties().stream()
                            .map(Map.Entry::getKey)
                            .collect(Collectors.joining(",")),
                    counts.path("in").asLong(),
                    counts.path("kept").asLong() + counts.path("repeated").asLong(),
                    counts.path("cut").asLong(),
                    100
                            * supervised
                            / Math.max(
                                    1,
                                    supervised + counts.path("context_tokens").asDouble()),
                    counts.path("set_aside").properties().stream()
                            .map(reason -> reason.getKey() + " " + reason.getValue())
                            .collect(Collectors.joining(", ")));
        }
        JsonNode length = summary.get("length");
        System.out.printf(
                Locale.ROOT,
                "%n%,d rows, %,d tokens: %,d supervised, %,d context%n",
                summary.get("rows").asLong(),
                summary.get("tokens").asLong(),
                summary.get("supervised_tokens").asLong(),
                summary.get("context_tokens").asLong());
        System.out.printf(
                "length: %s shortest, %s median, %s at 90 %%, %s at 99 %%, %s longest%n",
                length.get("shortest"), length.get("p50"), length.get("p90"), length.get("p99"), length.get("longest"));
        System.out.printf(
                Locale.ROOT,
                "an epoch: %d steps in %d passes, %.1f %% filled%n",
                summary.get("steps_per_epoch").asLong(),
                summary.get("passes_per_epoch").asLong(),
                100 * summary.get("fill").asDouble());
    }
}
