package org.lionalign.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.lionalign.align.pipeline.Pipeline;
import org.lionalign.core.json.Json;
import org.lionalign.core.recipe.RecipeReader;
import org.lionalign.core.recipe.RunRecipe;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code lion run} and {@code lion explain}. */
final class RunVerb {
    private RunVerb() {}

    /** Runs a recipe with the live view; prints the comparison and where the report is. */
    static int run(Path recipe, List<String> set, Path out) {
        Pipeline pipeline = Pipeline.of(RecipeReader.read(recipe, set, RunRecipe.class), out);
        long start = System.nanoTime();
        try (Interruption interruption = new Interruption()) {
            if (pipeline.run(new RunView(System.err, Terminal.errors()), interruption) == null) {
                System.err.println("lion: interrupted; the same command continues");
                return 130;
            }
        }
        Path compare = pipeline.artifact("compare");
        if (compare != null) {
            ComparisonTable.print(Json.read(compare.resolve("comparison.json")), System.out);
        }
        Path eval = pipeline.artifact("eval");
        if (eval != null) {
            System.out.println();
            System.out.println(EvalTable.headlines(Json.read(eval.resolve("evaluation.json"))));
        }
        System.out.println();
        System.err.println("lion: done in " + RunView.time((System.nanoTime() - start) / 1e9) + "; the models are in "
                + out.resolve("models") + ", the report is " + out.resolve("report.html"));
        return 0;
    }

    /** What both read. */
    static final class Arguments {
        @Parameters(paramLabel = "RECIPE.yaml", description = "the whole way: sft, reward, dpo, online, compare")
        private Path file = Path.of("recipe.yaml");

        @Option(
                names = "--set",
                paramLabel = "KEY=VALUE",
                description = "overrides a value of the recipe; may be repeated")
        private List<String> set = new ArrayList<>();

        @Option(
                names = "--out",
                required = true,
                paramLabel = "DIR",
                description = "the run's folder; the same command again continues, a changed recipe runs what changed")
        private Path out = Path.of("runs");

        Pipeline pipeline() {
            return Pipeline.of(RecipeReader.read(file, set, RunRecipe.class), out);
        }

        int run() {
            return RunVerb.run(file, set, out);
        }
    }

    /** Runs. */
    @Command(
            name = "run",
            mixinStandardHelpOptions = true,
            description =
                    "The whole way in one command: SFT, reference, DPO, sampling, judging, online DPO, comparison of the stages.",
            footer = {
                "",
                "Finished steps are found again by everything that shaped them; kill it at any point and run it again.",
                "",
                "Example:",
                "  ./lion run recipes/quickstart.yaml --out runs/quickstart"
            })
    static final class Run implements Callable<Integer> {
        @Mixin
        private Arguments arguments = new Arguments();

        @Override
        public Integer call() {
            return arguments.run();
        }
    }

    /** Explains. */
    @Command(
            name = "explain",
            mixinStandardHelpOptions = true,
            description =
                    "What lion run would do: for each step whether it is cached, resumable, stale because of what, or will run.",
            footer = {
                "",
                "Example:",
                "  ./lion explain recipes/quickstart.yaml --out runs/quickstart --set dpo.loss.beta=0.2"
            })
    static final class Explain implements Runnable {
        @Mixin
        private Arguments arguments = new Arguments();

        @Override
        public void run() {
            for (Pipeline.Explained node : arguments.pipeline().explain()) {
                String state = node.state().name().toLowerCase(Locale.ROOT).replace('_', ' ');
                System.out.printf("%-24s %-10s %s%n", node.node(), state, node.key());
                node.why().forEach(why -> System.out.println("    because " + why));
            }
        }
    }
}
