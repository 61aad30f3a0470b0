package org.lionalign.align.pipeline;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
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

    /** What a section says, as the recipe of a single stage on {@code start}. */
    private record Plan(String name, String group, StageKind kind, Graph.Model start, StageRecipe recipe) {}

    /** A reference pass and the model that it runs. */
    private record Pass(Node node, Graph.Model model) {}

    Graph.Model sft(RunRecipe.Sft section, Graph.Model start) {
        StageRecipe recipe = new StageRecipe(
                graph.computed(start.name()),
                section.data(),
                section.train(),
                null,
                null,
                null,
                section.eval(),
                graph.seed(section.seed()));
        return train(new Plan("sft", "sft", StageKind.SFT, start, recipe), null, List.of(), () -> false);
    }

    Graph.Model reward(RunRecipe.RewardModel section, Graph.Model start) {
        StageRecipe recipe = new StageRecipe(
                graph.computed(start.name()),
                section.data(),
                section.train(),
                null,
                null,
                section.reward(),
                section.eval(),
                graph.seed(section.seed()));
        return train(new Plan("reward", "reward", StageKind.REWARD, start, recipe), null, List.of(), () -> false);
    }

    /**
     * A reference pass, if the loss reads one, and the training on its values.
     *
     * @param reference the model that the loss refers to when the section names no other
     * @param needs nodes that make the section's files
     * @param skip whether there is nothing to train
     */
    Graph.Model preference(
            String name,
            String group,
            RunRecipe.Dpo section,
            Graph.Model start,
            Graph.Model reference,
            List<String> needs,
            Graph.Skip skip) {
        StageRecipe.Reference wanted = section.reference();
        String path = wanted == null ? null : wanted.path();
        Graph.Model compared = path == null ? reference : graph.named(path, name + ".reference.path");
        StageRecipe recipe = new StageRecipe(
                graph.computed(start.name()),
                section.data(),
                section.train(),
                section.loss(),
                wanted,
                null,
                section.eval(),
                graph.seed(section.seed()));
        Plan plan = new Plan(name, group, StageKind.DPO, start, recipe);
        Pass pass = Stage.needsReferencePass(section.loss()) ? pass(plan, compared, needs, skip) : null;
        return train(plan, pass, needs, skip);
    }

    /** The pass depends on models and pairs alone, so that every β and every loss pays for it once. */
    private Pass pass(Plan plan, Graph.Model compared, List<String> needed, Graph.Skip skip) {
        ObjectNode options = Json.object();
        options.set("data", RecipeReader.tree(plan.recipe().data()));
        options.put("seed", plan.recipe().seed()); // which rows are drawn, and which get an empty system turn
        options.set("model", graph.modelOptions());
        ObjectNode inputs = Json.object();
        inputs.put("model", compared.key()).put("tokenizer_of", plan.start().key());
        inputs.setAll(files(plan.recipe()));
        List<String> needs = new ArrayList<>(needed);
        needs.addAll(plan.start().needs());
        needs.addAll(compared.needs());
        double cost = graph.trainingCost(plan.recipe().data().train(), StageRecipe.Train.DEFAULT) / 3;
        return new Pass(
                graph.add(new Node(
                        plan.name() + "/reference",
                        "reference",
                        options,
                        inputs,
                        needs,
                        cost,
                        plan.group(),
                        graph.skipping(skip, (folder, progress, interrupted) -> {
                            Stage.reference(at(plan, reference(compared, plan, folder)), graph.dataCache(), 0, 1);
                            return Json.object();
                        }))),
                compared);
    }

    private Graph.Model train(Plan plan, @Nullable Pass pass, List<String> needed, Graph.Skip skip) {
        ObjectNode options = Shaping.stage(plan.recipe());
        options.set("model", graph.modelOptions());
        ObjectNode inputs = Json.object();
        inputs.put("model", plan.start().key());
        inputs.setAll(files(plan.recipe()));
        String prompts = plan.recipe().eval().prompts();
        if (prompts != null) {
            inputs.put(prompts, graph.contents().file(Path.of(prompts)));
        }
        List<String> needs = new ArrayList<>(needed);
        needs.addAll(plan.start().needs());
        if (pass != null) {
            inputs.put("reference", pass.node().key());
            needs.add(pass.node().name());
        }
        Node node = new Node(
                plan.name(),
                plan.kind().name().toLowerCase(Locale.ROOT),
                options,
                inputs,
                needs,
                graph.trainingCost(plan.recipe().data().train(), plan.recipe().train()),
                plan.group(),
                graph.skipping(skip, (folder, progress, interrupted) -> {
                    StageRecipe.Reference reference = pass == null
                            ? plan.recipe().reference()
                            : reference(pass.model(), plan, graph.artifacts().folder(pass.node()));
                    return Stage.of(plan.kind(), at(plan, reference), folder)
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
                }));
        return graph.made(plan.name(), graph.add(node));
    }

    /** Files that the data section names, by content; those that other nodes make, by these nodes' keys. */
    private ObjectNode files(StageRecipe recipe) {
        ObjectNode inputs = Json.object();
        inputs.set("train", graph.sources(recipe.data().train()));
        inputs.set("held_out", graph.sources(recipe.data().eval()));
        for (String benchmark : recipe.data().decontaminate()) {
            inputs.put(benchmark, graph.contents().file(Path.of(benchmark)));
        }
        return inputs;
    }

    /** The plan's recipe once the models it starts from are there, and with them the files that other nodes make. */
    private StageRecipe at(Plan plan, StageRecipe.@Nullable Reference reference) {
        StageRecipe recipe = plan.recipe();
        return new StageRecipe(
                graph.computed(plan.start().folder().get().toString()),
                data(recipe.data()),
                recipe.train(),
                recipe.loss(),
                reference,
                recipe.reward(),
                recipe.eval(),
                recipe.seed());
    }

    private StageRecipe.Data data(StageRecipe.Data data) {
        return data.withSources(graph.resolved(data.train()), graph.resolved(data.eval()));
    }

    private static StageRecipe.Reference reference(Graph.Model compared, Plan plan, Path cache) {
        boolean same = Objects.equals(compared.key(), plan.start().key());
        StageRecipe.Reference wanted = plan.recipe().reference();
        return new StageRecipe.Reference(
                same ? null : compared.folder().get().toString(),
                cache.toString(),
                wanted == null ? "never" : wanted.refresh(),
                wanted == null ? null : wanted.refreshSteps());
    }
}
