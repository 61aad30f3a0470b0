package org.lionalign.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.lionalign.align.stage.Plan;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.format.AtomicFiles;
import org.lionalign.core.recipe.StageRecipe;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code lion plan}. */
@Command(
        name = "plan",
        mixinStandardHelpOptions = true,
        description = "Tokens, FLOPs, memory, time and disk of a run, from a short calibration on this machine.",
        footer = {"", "Example:", "  ./lion plan sft.yaml --out runs/sft   (the run then says how far off the plan was)"
        })
final class PlanVerb implements Callable<Integer> {
    @Mixin
    private RecipeArguments arguments = new RecipeArguments();

    @Option(names = "--json", description = "the whole plan as JSON, in seconds, bytes and FLOPs")
    private boolean json;

    @Option(names = "--out", paramLabel = "DIR", description = "the run's folder: keeps the plan there")
    private @Nullable Path out;

    @Override
    public Integer call() throws IOException {
        StageRecipe recipe = arguments.read();
        ObjectNode plan = arguments.temporarily(folder -> Plan.of(recipe, arguments.kind(recipe), folder));
        if (out != null) {
            try {
                Files.createDirectories(out);
            } catch (IOException e) {
                throw new BadInput(out + ": cannot be made: " + e.getMessage(), e);
            }
            AtomicFiles.write(out.resolve("plan.json"), plan.toPrettyString());
        }
        if (json) {
            System.out.println(plan.toPrettyString());
            return 0;
        }
        line(
                "steps",
                "%,d in %,d passes",
                plan.path("steps").asLong(),
                plan.path("passes").asLong());
        line(
                "tokens",
                "%,d, of which %,d supervised",
                plan.path("tokens").asLong(),
                plan.path("supervised_tokens").asLong());
        line("compute", "%.3g FLOPs", plan.path("flops").asDouble());
        plan.path("memory_bytes")
                .properties()
                .forEach(part -> line(
                        "memory: " + part.getKey().replace('_', ' '),
                        "%s",
                        size(part.getValue().asDouble())));
        plan.path("disk_bytes")
                .properties()
                .forEach(part -> line(
                        "disk: " + part.getKey().replace('_', ' '),
                        "%s",
                        size(part.getValue().asDouble())));
        double seconds = plan.path("seconds").path("total").asDouble();
        line(
                "time",
                "%s at %.0f tokens/s",
                seconds < 600 ? Math.round(seconds) + " s" : String.format(Locale.ROOT, "%.1f h", seconds / 3600),
                plan.path("seconds").path("tokens_per_second").asDouble());
        return 0;
    }

    private static String size(double bytes) {
        return bytes >= 1e9
                ? String.format(Locale.ROOT, "%.2f GB", bytes / 1e9)
                : String.format(Locale.ROOT, "%.1f MB", bytes / 1e6);
    }

    private static void line(String name, String format, Object... values) {
        System.out.printf("%-24s %s%n", name, String.format(Locale.ROOT, format, values));
    }
}
