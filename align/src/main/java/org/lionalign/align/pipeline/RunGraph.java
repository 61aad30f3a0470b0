package org.lionalign.align.pipeline;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.lionalign.core.recipe.RunRecipe;
import org.lionalign.torch.model.ConfigReader;

/** A recipe as a graph: base ─▶ sft ─▶ dpo ─▶ online, the reward model beside it, the comparison of all at the end. */
final class RunGraph {
    private final Graph graph;

    RunGraph(RunRecipe recipe, Artifacts artifacts) {
        double parameters = ConfigReader.read(Path.of(recipe.model().path())).parameters();
        graph = new Graph(artifacts, recipe.model(), recipe.seed(), parameters);
        StageNodes stages = new StageNodes(graph);
        Graph.Model policy = graph.named("@base", "model");
        if (recipe.sft() != null) {
            policy = stages.sft(recipe.sft(), policy);
        }
        if (recipe.reward() != null) {
            stages.reward(recipe.reward(), policy);
        }
        if (recipe.dpo() != null) {
            policy = stages.preference("dpo", "dpo", recipe.dpo(), policy, policy, List.of(), () -> false);
        }
        if (recipe.online() != null) {
            new OnlineNodes(graph, recipe.online(), recipe).iterations(policy);
        }
        RunRecipe.Compare compare = recipe.compare();
        if (compare != null && !compare.prompts().isEmpty()) {
            new CompareNodes(graph, compare).build();
        }
        if (compare != null && !compare.suites().isEmpty()) {
            new EvalNodes(graph, compare).build();
        }
    }

    /** Folders of the models that stages made, by name; only once all nodes are complete. */
    Map<String, Path> models() {
        Map<String, Path> folders = new LinkedHashMap<>();
        graph.models().forEach((name, model) -> {
            if (!model.needs().isEmpty()) {
                folders.put(name, model.folder().get());
            }
        });
        return folders;
    }

    List<Node> nodes() {
        return List.copyOf(graph.nodes());
    }
}
