package org.lionalign.align.pipeline;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.lionalign.align.judge.Judge;
import org.lionalign.align.judge.Judges;
import org.lionalign.align.judge.KeptJudgements;
import org.lionalign.align.judge.Question;
import org.lionalign.core.error.CheckFailed;
import org.lionalign.core.json.Json;
import org.lionalign.core.recipe.JudgeRecipe;

/** The judges of a recipe as a part of nodes: their share of a key, and judging that goes on where it was killed. */
final class Judging {
    private final Graph graph;
    private final List<JudgeRecipe> recipes;
    private final String where;
    private final List<String> needs = new ArrayList<>();

    /** @param where the section's name, for errors */
    Judging(Graph graph, List<JudgeRecipe> recipes, String where) {
        this.graph = graph;
        this.recipes = recipes;
        this.where = where;
    }

    /** Nodes that make the judges' models; complete after {@link #inputs}. */
    List<String> needs() {
        return needs;
    }

    ArrayNode options() {
        ArrayNode list = Json.MAPPER.createArrayNode();
        recipes.forEach(recipe -> list.add(Shaping.judge(recipe)));
        return list;
    }

    /** Models and files of the judges, by their names in the recipe. */
    ObjectNode inputs() {
        ObjectNode inputs = Json.object();
        for (JudgeRecipe recipe : recipes) {
            recipe.withModels(name -> {
                Graph.Model model = graph.named(name, where + ".path");
                inputs.put(name, model.key());
                needs.addAll(model.needs());
                return name;
            });
            if (recipe.type().equals("replay") && recipe.path() != null) {
                inputs.put(recipe.path(), graph.contents().file(Path.of(recipe.path())));
            }
            if (recipe.prompt() != null) {
                inputs.put(recipe.prompt(), graph.contents().file(Path.of(recipe.prompt())));
            }
        }
        return inputs;
    }

    /** The judge, its models where they are now; servers' replies are kept for the whole store. */
    Judge open() {
        List<JudgeRecipe> resolved = recipes.stream()
                .map(recipe -> recipe.withModels(
                        name -> graph.named(name, where).folder().get().toString()))
                .toList();
        return Judges.open(
                resolved,
                new Judges.Context(
                        Judges.cached(graph.artifacts().root().resolve("replies.jsonl")),
                        graph.compute(),
                        graph.device(),
                        graph.base().template(),
                        8192));
    }

    /**
     * Judges what is not in the file yet and hands every question's judgement on, in order.
     *
     * @param file judgements by the question's content, appended; failures are not kept, and the next call asks again
     * @return what the judge used, or null when interrupted
     */
    static @Nullable ObjectNode judge(
            Judge judge,
            List<Question> questions,
            Path file,
            Node.Progress progress,
            BooleanSupplier interrupted,
            Judge.Sink sink) {
        boolean[] scored = {questions.isEmpty()};
        boolean finished = new KeptJudgements(file)
                .judge(
                        judge,
                        questions,
                        done -> progress.at(done, questions.size(), "questions"),
                        interrupted,
                        (q, judgement) -> {
                            scored[0] |= Arrays.stream(judgement.scores()).anyMatch(score -> !Double.isNaN(score));
                            sink.onJudgement(q, judgement);
                        });
        if (!finished) {
            return null;
        }
        if (!scored[0]) {
            // Complete, it would be found again for ever; a key that was missing may be there the next time.
            throw new CheckFailed(file + ": the judge " + judge.identity() + " has no score for any answer; it used "
                    + judge.usage() + "; the same command asks it again");
        }
        return judge.usage();
    }
}
