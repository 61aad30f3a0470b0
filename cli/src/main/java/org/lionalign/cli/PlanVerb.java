package org.lionalign.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.lionalign.align.pipeline.RunPlan;
import org.lionalign.align.stage.Plan;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.format.AtomicFiles;
import org.lionalign.core.recipe.RunRecipe;
import org.lionalign.core.recipe.StageRecipe;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code lion plan}. */
@Command(
        name = "plan",
        mixinStandardHelpOptions = true,
        description = "Tokens, FLOPs, memory, time and disk of a run, from a short calibration on this machine.",
        footer = {
            "",
            "Of a whole run: each stage, and what is sampled and judged at most (every answer at its length limit).",
            "",
            "Examples:",
            "  ./lion plan sft.yaml --out runs/sft   (the run then says how far off the plan was)",
            "  ./lion plan recipes/quickstart.yaml --out runs/quickstart"
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
        boolean whole = arguments.isRun();
        ObjectNode plan;
        if (whole) {
            RunRecipe recipe = arguments.readRun();
            plan = arguments.temporarily(folder -> RunPlan.of(recipe, folder));
        } else {
            StageRecipe recipe = arguments.read();
            plan = arguments.temporarily(folder -> Plan.of(recipe, arguments.kind(recipe), folder));
        }
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
        } else if (whole) {
            stages(plan);
        } else {
            stage(plan);
        }
        return 0;
    }

    private static void stage(ObjectNode plan) {
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
        JsonNode seconds = plan.path("seconds");
        line(
                "time",
                "%s at %.0f tokens/s",
                RunView.time(seconds.path("total").asDouble()),
                seconds.path("tokens_per_second").asDouble());
    }

    private static void stages(ObjectNode plan) {
        System.out.printf("%-20s %10s %16s %12s %12s  %s%n", "step", "steps", "tokens", "memory", "time", "");
        for (JsonNode stage : plan.path("stages")) {
            JsonNode memory = stage.path("memory_bytes").path("resident");
            JsonNode total = stage.path("seconds").path("total");
            System.out.printf(
                    Locale.ROOT,
                    "%-20s %10s %16s %12s %12s  %s%n",
                    stage.path("name").asText(),
                    number(stage.path("steps")),
                    number(stage.path("tokens")),
                    memory.isNumber() ? size(memory.asDouble()) : "",
                    total.isNumber() ? RunView.time(total.asDouble()) : "?",
                    said(stage));
        }
        System.out.println();
        line("time", "%s", RunView.time(plan.path("seconds").asDouble()));
        line("memory", "%s at most", size(plan.path("memory_bytes").asDouble()));
        line("disk", "%s", size(plan.path("disk_bytes").asDouble()));
        if (plan.has("without_a_time")) {
            line("without a time", "%s", plan.path("without_a_time"));
        }
    }

    private static String said(JsonNode stage) {
        if (stage.has("judge")) {
            String of = stage.path("judge").asText() + ", " + number(stage.path("prompts")) + " prompts";
            return stage.has("requests")
                    ? of + ", " + number(stage.path("requests")) + " requests"
                    : stage.has("comparisons") ? of + ", " + number(stage.path("comparisons")) + " comparisons" : of;
        }
        return stage.has("answers") ? "at most; " + number(stage.path("answers")) + " answers" : "";
    }

    private static String number(JsonNode value) {
        return value.isNumber() ? String.format(Locale.ROOT, "%,d", value.asLong()) : "";
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
