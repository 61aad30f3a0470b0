package org.lionalign.align.pipeline;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.lionalign.align.stage.Stage;
import org.lionalign.align.stage.StageKind;
import org.lionalign.core.json.Json;
import org.lionalign.core.recipe.RecipeReader;
import org.lionalign.core.recipe.RunRecipe;
import org.lionalign.core.recipe.StageRecipe;

/** The nodes that train: each is a single stage's verb on the model before it. */
final class StageNodes {
    private final Graph graph;

    StageNodes(Graph graph) {
        this.graph = graph;
    }

    Graph.Model sft(RunRecipe.Sft section, Graph.Model start) {
        Node node = stage("sft", "sft", StageKind.SFT, start, section.data(), section.eval(), section.train(), null);
        return graph.made("sft", graph.add(node));
    }

    Graph.Model reward(RunRecipe.RewardModel section, Graph.Model start) {
        Node node = stage(
                "reward",
                "reward",
                StageKind.REWARD,
                start,
                section.data(),
                section.eval(),
                section.train(),
                new Extra(null, null, section.reward(), null));
        return graph.made("reward", graph.add(node));
    }

    Graph.Model dpo(RunRecipe.Dpo section, Graph.Model start) {
        return preference("dpo", "dpo", section, start, start);
    }

    /**
     * A reference pass, if the loss reads one, and the training on its values.
     *
     * @param reference the model that the loss refers to when the section names no other
     */
    Graph.Model preference(String name, String group, RunRecipe.Dpo section, Graph.Model start, Graph.Model reference) {
        StageRecipe.Reference wanted = section.reference();
        String path = wanted == null ? null : wanted.path();
        Graph.Model compared = path == null ? reference : graph.named(path, name + ".reference.path");
        Node pass = null;
        if (Stage.needsReferencePass(section.loss())) {
            pass = graph.add(referencePass(name + "/reference", group, section, start, compared));
        }
        Node node = stage(
                name,
                group,
                StageKind.DPO,
                start,
                section.data(),
                section.eval(),
                section.train(),
                new Extra(section.loss(), wanted, null, pass == null ? null : new Pass(pass, compared)));
        return graph.made(name, graph.add(node));
    }

    /** The pass depends on models and pairs alone, so that every β and every loss pays for it once. */
    private Node referencePass(
            String name, String group, RunRecipe.Dpo section, Graph.Model start, Graph.Model compared) {
        ObjectNode options = Json.object();
        options.set("data", RecipeReader.tree(section.data()));
        options.set("model", graph.modelOptions());
        ObjectNode inputs = Json.object();
        inputs.put("model", compared.key());
        inputs.put("tokenizer_of", start.key());
        inputs.setAll(data(section.data(), section.eval()));
        List<String> needs = new ArrayList<>(start.needs());
        needs.addAll(compared.needs());
        double cost = graph.trainingCost(section.data().train(), StageRecipe.Train.DEFAULT) / 3;
        return new Node(name, "reference", options, inputs, needs, cost, group, (folder, progress, interrupted) -> {
            StageRecipe recipe = recipe(
                    start,
                    section.data(),
                    section.eval(),
                    section.train(),
                    new Extra(section.loss(), reference(compared, start, folder), null, null));
            Stage.reference(recipe, graph.dataCache(), 0, 1);
            return Json.object();
        });
    }

    /** What only some stages have. */
    private record Extra(
            StageRecipe.@Nullable Loss loss,
            StageRecipe.@Nullable Reference reference,
            StageRecipe.@Nullable Reward reward,
            @Nullable Pass pass) {
        static final Extra NONE = new Extra(null, null, null, null);
    }

    /** A reference pass and the model that it ran. */
    private record Pass(Node node, Graph.Model model) {}

    private Node stage(
            String name,
            String group,
            StageKind kind,
            Graph.Model start,
            StageRecipe.Data data,
            StageRecipe.Eval eval,
            StageRecipe.Train train,
            @Nullable Extra given) {
        Extra extra = given == null ? Extra.NONE : given;
        ObjectNode options = Json.object();
        options.set("data", RecipeReader.tree(data));
        options.set("eval", RecipeReader.tree(eval));
        options.set("train", RecipeReader.tree(train));
        options.set("model", graph.modelOptions());
        options.put("seed", graph.seed());
        if (extra.loss() != null) {
            options.set("loss", RecipeReader.tree(extra.loss()));
        }
        if (extra.reference() != null) {
            options.set("reference", RecipeReader.tree(extra.reference()));
        }
        if (extra.reward() != null) {
            options.set("reward", RecipeReader.tree(extra.reward()));
        }
        ObjectNode inputs = Json.object();
        inputs.put("model", start.key());
        inputs.setAll(data(data, eval));
        List<String> needs = new ArrayList<>(start.needs());
        Pass pass = extra.pass();
        if (pass != null) {
            inputs.put("reference", pass.node().key());
            needs.add(pass.node().name());
        }
        return new Node(
                name,
                kind.name().toLowerCase(Locale.ROOT),
                options,
                inputs,
                needs,
                graph.trainingCost(data.train(), train),
                group,
                (folder, progress, interrupted) -> {
                    StageRecipe.Reference reference = pass == null
                            ? extra.reference()
                            : reference(pass.model(), start, graph.artifacts().folder(pass.node()));
                    StageRecipe recipe =
                            recipe(start, data, eval, train, new Extra(extra.loss(), reference, extra.reward(), null));
                    return Stage.of(kind, recipe, folder)
                            .data(graph.dataCache())
                            .run(
                                    (step, total, metrics) -> progress.at(
                                            step,
                                            total,
                                            String.format(
                                                    Locale.ROOT,
                                                    "loss %.4f",
                                                    metrics.path("loss").asDouble())),
                                    interrupted);
                });
    }

    /** Files that the data and eval sections name, by content. */
    private ObjectNode data(StageRecipe.Data data, StageRecipe.Eval eval) {
        ObjectNode inputs = Json.object();
        inputs.set("train", graph.sources(data.train()));
        inputs.set("held_out", graph.sources(data.eval()));
        for (String benchmark : data.decontaminate()) {
            inputs.put(benchmark, graph.contents().file(Path.of(benchmark)));
        }
        String prompts = eval.prompts();
        if (prompts != null) {
            inputs.put(prompts, graph.contents().file(Path.of(prompts)));
        }
        return inputs;
    }

    private StageRecipe recipe(
            Graph.Model start, StageRecipe.Data data, StageRecipe.Eval eval, StageRecipe.Train train, Extra extra) {
        return new StageRecipe(
                graph.computed(start.folder().get()),
                data,
                train,
                extra.loss(),
                extra.reference(),
                extra.reward(),
                eval,
                graph.seed());
    }

    private static StageRecipe.Reference reference(Graph.Model compared, Graph.Model start, Path cache) {
        boolean same = compared.key().equals(start.key());
        return new StageRecipe.Reference(same ? null : compared.folder().get().toString(), cache.toString());
    }
}
