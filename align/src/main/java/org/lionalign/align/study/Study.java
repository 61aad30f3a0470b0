package org.lionalign.align.study;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.lionalign.align.pipeline.Pipeline;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.format.AtomicFiles;
import org.lionalign.core.json.Json;
import org.lionalign.core.recipe.RecipeReader;
import org.lionalign.core.recipe.RunRecipe;
import org.lionalign.core.recipe.StudyRecipe;
import org.lionalign.core.stats.StudentT;
import org.lionalign.core.stats.Summary;

/** Runs a study's cells and compares each with the first of its axis. The same call again continues. */
public final class Study {
    private final StudyRecipe recipe;
    private final Path root;
    private final List<String> overrides;

    /**
     * @param root folder of the store; studies may share it, and then share what they have in common
     * @param overrides for all cells, after the study's own
     */
    public Study(StudyRecipe recipe, Path root, List<String> overrides) {
        this.recipe = recipe;
        this.root = root;
        this.overrides = List.copyOf(overrides);
    }

    /** One combination of the axes' cells. */
    public record Cell(String name, List<String> set) {}

    /** Hears which run begins. */
    @FunctionalInterface
    public interface Listener {
        /** @return hears of the run's nodes */
        Pipeline.Listener onRun(Cell cell, long seed, int run, int runs);
    }

    /** All combinations; the first holds the first cell of every axis. */
    public List<Cell> cells() {
        List<Cell> cells = List.of(new Cell("", List.of()));
        for (StudyRecipe.Axis axis : recipe.axes()) {
            List<Cell> more = new ArrayList<>();
            for (Cell cell : cells) {
                for (StudyRecipe.Cell value : axis.cells()) {
                    List<String> set = new ArrayList<>(cell.set());
                    set.addAll(value.set());
                    String name = axis.name() + " " + value.name();
                    more.add(new Cell(cell.name().isEmpty() ? name : cell.name() + ", " + name, set));
                }
            }
            cells = more;
        }
        return cells;
    }

    /** The recipe of a cell and seed. */
    public RunRecipe recipe(Cell cell, long seed) {
        List<String> set = new ArrayList<>(recipe.set());
        set.addAll(overrides);
        set.addAll(cell.set());
        set.add("seed=" + seed);
        return RecipeReader.read(Path.of(recipe.recipe()), set, RunRecipe.class);
    }

    /**
     * Runs what is missing.
     *
     * @return the study's result, or null when interrupted
     */
    public @Nullable ObjectNode run(Listener listener, BooleanSupplier interrupted) {
        List<Cell> cells = cells();
        int runs = cells.size() * recipe.seeds().size();
        int at = 0;
        Map<String, List<double[]>> scores = new LinkedHashMap<>(); // by cell: a seed's figures, the measure first
        // Seed by seed, so that an interrupted study is a smaller study and not a lopsided one.
        for (long seed : recipe.seeds()) {
            for (Cell cell : cells) {
                Pipeline pipeline = Pipeline.of(recipe(cell, seed), root);
                Map<String, JsonNode> summaries = pipeline.run(listener.onRun(cell, seed, ++at, runs), interrupted);
                if (summaries == null) {
                    return null;
                }
                scores.computeIfAbsent(cell.name(), name -> new ArrayList<>()).add(figures(pipeline, summaries));
            }
        }
        ObjectNode result = result(scores);
        AtomicFiles.write(root.resolve("study.json"), result.toPrettyString() + "\n");
        return result;
    }

    private double[] figures(Pipeline pipeline, Map<String, JsonNode> summaries) {
        double[] figures = new double[1 + recipe.also().size()];
        Path compare = pipeline.artifact("compare");
        if (compare == null) {
            throw new BadInput(
                    recipe.recipe() + ": compare: expected a section, for a study measures with it, found none");
        }
        JsonNode means = Json.read(compare.resolve("comparison.json"))
                .path("judges")
                .path(0)
                .path("means");
        figures[0] = Double.NaN;
        List<String> names = new ArrayList<>();
        for (JsonNode mean : means) {
            names.add(mean.path("model").asText());
            // With several iterations the last one's policy is what the online stage made.
            if (mean.path("model").asText().matches(Pattern.quote(recipe.measure()) + "(-\\d+)?")) {
                figures[0] = mean.path("mean").asDouble();
            }
        }
        if (Double.isNaN(figures[0])) {
            throw new BadInput("measure: expected one of " + names + ", found " + recipe.measure());
        }
        for (int i = 0; i < recipe.also().size(); i++) {
            String path = recipe.also().get(i);
            int dot = path.indexOf('.');
            JsonNode value = summaries
                    .getOrDefault(dot < 0 ? path : path.substring(0, dot), Json.object())
                    .at("/" + path.substring(dot + 1).replace('.', '/'));
            figures[1 + i] = value.isNumber() ? value.asDouble() : Double.NaN;
        }
        return figures;
    }

    private ObjectNode result(Map<String, List<double[]>> scores) {
        ObjectNode result = Json.object().put("about", recipe.about()).put("measure", recipe.measure());
        recipe.seeds().forEach(result.putArray("seeds")::add);
        List<double[]> base = scores.values().iterator().next();
        ArrayNode rows = result.putArray("cells");
        scores.forEach((name, seeds) -> {
            ObjectNode row = rows.addObject().put("cell", name);
            double[] values = seeds.stream().mapToDouble(s -> s[0]).toArray();
            figure(row.putObject("score"), values);
            for (double value : values) {
                row.withArray("by_seed").add(value);
            }
            if (seeds != base) {
                double[] differences = new double[values.length];
                for (int s = 0; s < values.length; s++) {
                    differences[s] = values[s] - base.get(s)[0];
                }
                figure(row.putObject("difference"), differences);
            }
            for (int i = 0; i < recipe.also().size(); i++) {
                int at = 1 + i;
                figure(
                        row.putObject(recipe.also().get(i)),
                        seeds.stream().mapToDouble(s -> s[at]).toArray());
            }
        });
        return result;
    }

    /** Mean over seeds with its 95 % interval by Student's t; none for a single seed. */
    private static void figure(ObjectNode node, double[] values) {
        Summary summary = Summary.of(values);
        node.put("mean", summary.mean());
        if (values.length > 1) {
            double half = StudentT.quantile975(values.length - 1) * summary.standardError();
            node.put("low", summary.mean() - half).put("high", summary.mean() + half);
        }
    }
}
