package org.lionalign.align.pipeline;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.lionalign.align.text.ModelDigest;
import org.lionalign.core.chat.ChatTemplate;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.json.Json;
import org.lionalign.core.recipe.RecipeReader;
import org.lionalign.core.recipe.StageRecipe;
import org.lionalign.torch.tensor.Device;
import org.lionalign.torch.tensor.Dtype;

/** A graph while it is built: nodes so far, the models by name, and what all nodes need to know. */
final class Graph {
    private final Artifacts artifacts;
    private final Contents contents = new Contents();
    private final List<Node> nodes = new ArrayList<>();
    private final Map<String, Model> models = new LinkedHashMap<>();
    private final Map<String, Made> made = new LinkedHashMap<>();
    private final StageRecipe.Model base;
    private final long seed;
    private final double parameters;
    private final ObjectNode modelOptions;

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
        this.modelOptions = modelOptions(base);
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

    /** A stage's seed: its own, or the run's. */
    long seed(@Nullable Long own) {
        return own == null ? seed : own;
    }

    double parameters() {
        return parameters;
    }

    /** Encoded rows are shared by all nodes of a store: they are found by what shaped them. */
    Path dataCache() {
        return artifacts.root().resolve("data");
    }

    /** How models are computed: the recipe's model section with another folder. */
    StageRecipe.Model computed(String folder) {
        return new StageRecipe.Model(
                folder, base.compute(), base.device(), base.template(), base.recompute(), base.lora());
    }

    /** The model section without its path, which a model's key stands for. */
    ObjectNode modelOptions() {
        return modelOptions.deepCopy();
    }

    private static ObjectNode modelOptions(StageRecipe.Model base) {
        ObjectNode options = RecipeReader.tree(base);
        options.remove("path");
        String template = base.template();
        if (template != null) {
            // What it says, not only what it is called.
            options.put(
                    "template_source",
                    ModelDigest.text(
                            ChatTemplate.named(template, Path.of(base.path())).source()));
        }
        return options;
    }

    Dtype compute() {
        return Dtype.ofCompute(base.compute());
    }

    Device device() {
        return Device.parse(base.device());
    }

    StageRecipe.Model base() {
        return base;
    }

    Node add(Node node) {
        nodes.add(node);
        return node;
    }

    /** Whether a node has nothing to do, known once the nodes it needs are complete. */
    @FunctionalInterface
    interface Skip {
        boolean now();
    }

    /** Work that is skipped when there is nothing to do. */
    Node.Work skipping(Skip skip, Node.Work work) {
        return (folder, progress, interrupted) -> skip.now()
                ? Json.object().put("skipped", true).put("say", "the loop had ended")
                : work.run(folder, progress, interrupted);
    }

    /** Puts a model in the place of another, under a name of its own. */
    void rename(String old, String name, Model model) {
        models.remove(old);
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

    /**
     * A file of rows that a node makes, as a source: {@code @node}.
     *
     * @param bytes about how many it will have
     */
    StageRecipe.Source made(Node node, String file, double fraction, double bytes) {
        String name = "@" + node.name();
        made.put(name, new Made(node.key(), () -> artifacts.folder(node).resolve(file), bytes));
        return new StageRecipe.Source(name, null, fraction, null);
    }

    /** A file that a node makes. */
    private record Made(String key, Supplier<Path> file, double bytes) {}

    /** The hash of each source by its path; of one that a node makes, the node's key. */
    ObjectNode sources(List<StageRecipe.Source> sources) {
        ObjectNode hashes = Json.object();
        for (StageRecipe.Source source : sources) {
            String name = source.path() + (source.split() == null ? "" : "#" + source.split());
            Made file = made.get(source.path());
            hashes.put(name, file == null ? contents.source(source) : file.key());
        }
        return hashes;
    }

    /** Sources as the recipe has them, which say how much of a file is used and what its columns mean. */
    static ArrayNode described(List<StageRecipe.Source> sources) {
        ArrayNode list = Json.MAPPER.createArrayNode();
        sources.forEach(source -> list.add(RecipeReader.tree(source)));
        return list;
    }

    /** Sources that nodes make, as the files they are once these are complete. */
    List<StageRecipe.Source> resolved(List<StageRecipe.Source> sources) {
        List<StageRecipe.Source> resolved = new ArrayList<>();
        for (StageRecipe.Source source : sources) {
            Made file = made.get(source.path());
            resolved.add(
                    file == null
                            ? source
                            : new StageRecipe.Source(
                                    file.file().get().toString(), null, source.fraction(), source.layout()));
        }
        return resolved;
    }

    /** FLOPs, or what takes as long, of answers to prompts from files of so many bytes: a token takes longer to draw than to train on, but a prompt's row is mostly not its words. */
    double samplingCost(double bytes, int answers) {
        return 2 * parameters * bytes / 4 * answers;
    }

    /** FLOPs of training on sources: four bytes are about a token. */
    double trainingCost(List<StageRecipe.Source> sources, StageRecipe.Train train) {
        double bytes = 0;
        for (StageRecipe.Source source : sources) {
            Made file = made.get(source.path());
            bytes += file == null ? Contents.bytes(source) : file.bytes() * source.fraction();
        }
        double tokens = bytes / 4 * train.epochs();
        if (train.maxSteps() > 0 && train.tokensPerStep() > 0) {
            tokens = Math.min(tokens, (double) train.maxSteps() * train.tokensPerStep());
        }
        return 6 * parameters * tokens;
    }
}
