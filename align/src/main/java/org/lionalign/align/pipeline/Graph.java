package org.lionalign.align.pipeline;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.json.Json;
import org.lionalign.core.recipe.RecipeReader;
import org.lionalign.core.recipe.StageRecipe;

/** A graph while it is built: nodes so far, the models by name, and what all nodes need to know. */
final class Graph {
    private final Artifacts artifacts;
    private final Contents contents = new Contents();
    private final List<Node> nodes = new ArrayList<>();
    private final Map<String, Model> models = new LinkedHashMap<>();
    private final StageRecipe.Model base;
    private final long seed;
    private final double parameters;

    /**
     * A model that nodes start from.
     *
     * @param name {@code base}, {@code sft}, {@code reward}, {@code dpo}, {@code online-1} …
     * @param key content hash of a folder, or key of the node that makes it
     * @param needs the node that makes it; empty for a folder that is there
     * @param folder where it lies once that node is complete
     */
    record Model(String name, String key, List<String> needs, Supplier<Path> folder) {}

    /** @param parameters of the base model: what costs are made of */
    Graph(Artifacts artifacts, StageRecipe.Model base, long seed, double parameters) {
        this.artifacts = artifacts;
        this.base = base;
        this.seed = seed;
        this.parameters = parameters;
        Path folder = Path.of(base.path());
        models.put("base", new Model("base", contents.model(folder), List.of(), () -> folder));
    }

    Artifacts artifacts() {
        return artifacts;
    }

    Contents contents() {
        return contents;
    }

    List<Node> nodes() {
        return nodes;
    }

    long seed() {
        return seed;
    }

    double parameters() {
        return parameters;
    }

    /** Encoded rows are shared by all nodes of a store: they are found by what shaped them. */
    Path dataCache() {
        return artifacts.root().resolve("data");
    }

    /** How models are computed: the recipe's model section with another folder. */
    StageRecipe.Model computed(Path folder) {
        return new StageRecipe.Model(
                folder.toString(), base.compute(), base.device(), base.template(), base.recompute(), base.lora());
    }

    /** The model section without its path, which the model's key stands for. */
    JsonNode modelOptions() {
        ObjectNode options = RecipeReader.tree(base);
        options.remove("path");
        return options;
    }

    Node add(Node node) {
        nodes.add(node);
        return node;
    }

    /** A model by its name in the graph. */
    void name(String name, Model model) {
        models.put(name, model);
    }

    Map<String, Model> models() {
        return models;
    }

    /** A stage's model folder as a model. */
    Model made(String name, Node node) {
        Model model = new Model(name, node.key(), List.of(node.name()), () -> artifacts
                .folder(node)
                .resolve("model"));
        models.put(name, model);
        return model;
    }

    /** A model that a recipe names: {@code @stage}, or a folder. */
    Model named(String path, String where) {
        if (!path.startsWith("@")) {
            Path folder = Path.of(path);
            return new Model(path, contents.model(folder), List.of(), () -> folder);
        }
        Model model = models.get(path.substring(1));
        if (model == null) {
            throw new BadInput(where + ": expected one of "
                    + models.keySet().stream().map(name -> "@" + name).toList() + ", found " + path);
        }
        return model;
    }

    /** The hash of each source, by its path. */
    ObjectNode sources(List<StageRecipe.Source> sources) {
        ObjectNode hashes = Json.object();
        for (StageRecipe.Source source : sources) {
            String name = source.path() + (source.split() == null ? "" : "#" + source.split());
            hashes.put(name, contents.source(source));
        }
        return hashes;
    }

    /** FLOPs of training on a data section: four bytes are about a token. */
    double trainingCost(List<StageRecipe.Source> sources, StageRecipe.Train train) {
        double tokens = Contents.bytes(sources) / 4 * train.epochs();
        if (train.maxSteps() > 0 && train.tokensPerStep() > 0) {
            tokens = Math.min(tokens, (double) train.maxSteps() * train.tokensPerStep());
        }
        return 6 * parameters * tokens;
    }
}
