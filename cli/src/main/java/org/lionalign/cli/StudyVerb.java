package org.lionalign.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.function.UnaryOperator;
import org.lionalign.align.study.Study;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.recipe.RecipeReader;
import org.lionalign.core.recipe.StudyRecipe;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code lion study}. */
@Command(
        name = "study",
        mixinStandardHelpOptions = true,
        description = "Varies choices of a recipe over several seeds and reports what each does, with intervals.",
        footer = {
            "",
            "A study is a recipe plus axes (recipes/studies/*.yaml); cells share every artifact that they have in common, also with other",
            "studies in the same folder. Killed, the same command continues.",
            "",
            "Examples:",
            "  ./lion study beta",
            "  ./lion study packing --set compare.limit=200"
        })
final class StudyVerb implements Callable<Integer> {
    @Parameters(paramLabel = "NAME|STUDY.yaml", description = "a shipped study, or a file")
    private String study = "";

    @Option(names = "--out", paramLabel = "DIR", description = "folder of the store (default: runs/studies)")
    private Path out = Path.of("runs/studies");

    @Option(names = "--set", paramLabel = "KEY=VALUE", description = "overrides for all cells; may be repeated")
    private List<String> set = new ArrayList<>();

    @Option(names = "--seeds", split = ",", paramLabel = "N", description = "other seeds than the study's")
    private List<Long> seeds = new ArrayList<>();

    @Option(names = "--json", description = "the result as JSON on standard output")
    private boolean json;

    @Override
    public Integer call() {
        Path home = Path.of(System.getProperty("lion.home", "."));
        Path shipped = home.resolve("recipes/studies").resolve(study + ".yaml");
        Path file = Files.exists(Path.of(study)) ? Path.of(study) : shipped;
        if (!Files.exists(file)) {
            throw new BadInput(
                    study + ": expected a file or a study of " + home.resolve("recipes/studies") + ", found neither");
        }
        StudyRecipe read =
                RecipeReader.read(file, seeds.isEmpty() ? List.of() : List.of("seeds=" + seeds), StudyRecipe.class);
        List<String> overrides = new ArrayList<>();
        if (read.recipe().equals("quickstart")) {
            // The bundled world's data, the same for all seeds: what varies is training and sampling.
            read = over(read, QuickstartVerb.prepare(home, out, 1), out.resolve("data-1"));
        }
        overrides.addAll(set);
        ObjectNode result;
        try (Interruption interruption = new Interruption()) {
            result = new Study(read, out, overrides)
                    .run(
                            (cell, seed, run, runs) -> {
                                System.err.printf("%nlion: run %d of %d: %s, seed %d%n", run, runs, cell.name(), seed);
                                return new RunView(System.err, Terminal.errors());
                            },
                            interruption);
        }
        if (result == null) {
            System.err.println("lion: interrupted; the same command continues");
            return 130;
        }
        if (json) {
            System.out.println(result.toPrettyString());
        } else {
            print(result);
        }
        return 0;
    }

    /** A study of the quickstart over a recipe and data that {@link QuickstartVerb#prepare} wrote. */
    static StudyRecipe over(StudyRecipe read, Path recipe, Path data) {
        UnaryOperator<String> moved = text -> text.replace("runs/quickstart/data/", data + "/");
        return new StudyRecipe(
                read.about(),
                recipe.toString(),
                read.set().stream().map(moved).toList(),
                read.axes().stream()
                        .map(axis -> new StudyRecipe.Axis(
                                axis.name(),
                                axis.cells().stream()
                                        .map(cell -> new StudyRecipe.Cell(
                                                cell.name(),
                                                cell.set().stream().map(moved).toList()))
                                        .toList()))
                        .toList(),
                read.seeds(),
                read.measure(),
                read.also());
    }

    private static void print(ObjectNode result) {
        System.out.printf(
                "%n%s%nscore of %s, mean over seeds %s; 95 %% by Student's t over seeds%n%n",
                result.path("about").asText(), result.path("measure").asText(), result.path("seeds"));
        System.out.printf("%-44s %9s %-18s %10s %s%n", "cell", "score", "", "difference", "");
        for (JsonNode row : result.path("cells")) {
            StringBuilder also = new StringBuilder();
            row.properties().forEach(entry -> {
                if (!List.of("cell", "score", "by_seed", "difference").contains(entry.getKey())) {
                    also.append(String.format(
                            Locale.ROOT,
                            "  %s %.4g",
                            entry.getKey(),
                            entry.getValue().path("mean").asDouble()));
                }
            });
            System.out.printf(
                    Locale.ROOT,
                    "%-44s %9.4f %-18s %10s %s%s%n",
                    row.path("cell").asText(),
                    row.path("score").path("mean").asDouble(),
                    interval(row.path("score")),
                    row.has("difference")
                            ? String.format(
                                    Locale.ROOT,
                                    "%+.4f",
                                    row.path("difference").path("mean").asDouble())
                            : "",
                    interval(row.path("difference")),
                    also);
        }
    }

    private static String interval(JsonNode figure) {
        return figure.has("low")
                ? String.format(
                        Locale.ROOT,
                        "[%.4f, %.4f]",
                        figure.path("low").asDouble(),
                        figure.path("high").asDouble())
                : "";
    }
}
