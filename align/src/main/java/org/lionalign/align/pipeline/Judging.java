package org.lionalign.align.pipeline;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.lionalign.align.judge.Judge;
import org.lionalign.align.judge.Judgement;
import org.lionalign.align.judge.JudgementJson;
import org.lionalign.align.judge.Judges;
import org.lionalign.align.judge.Question;
import org.lionalign.align.text.ModelDigest;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.error.CheckFailed;
import org.lionalign.core.format.AppendLog;
import org.lionalign.core.json.Json;
import org.lionalign.core.recipe.JudgeRecipe;

/** The judges of a recipe as a part of nodes: their share of a key, and judging that goes on where it was killed. */
final class Judging {
    /** Questions between two marks of progress; a judge whose results depend on its neighbours sees the same ones whatever was killed. */
    private static final int CHUNK = 32;

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
     * @param file judgements by the question's content, appended
     * @return what the judge used, or null when interrupted
     */
    static @Nullable ObjectNode judge(
            Judge judge,
            List<Question> questions,
            Path file,
            Node.Progress progress,
            BooleanSupplier interrupted,
            BiConsumer<Integer, Judgement> sink) {
        AppendLog log = new AppendLog(file);
        java.util.Map<String, ObjectNode> known = new java.util.HashMap<>();
        log.read((place, line) -> {
            ObjectNode node = (ObjectNode) Json.parse(line, file.toString());
            if (!failed(node)) {
                known.put(node.path("key").asText(), node);
            }
        });
        String identity = judge.identity();
        boolean scored = questions.isEmpty();
        for (int from = 0; from < questions.size(); from += CHUNK) {
            if (interrupted.getAsBoolean()) {
                return null;
            }
            List<Question> chunk = questions.subList(from, Math.min(questions.size(), from + CHUNK));
            List<String> keys =
                    chunk.stream().map(question -> key(identity, question)).toList();
            if (!known.keySet().containsAll(keys)) {
                List<Judgement> judgements = judge.judge(chunk);
                for (int q = 0; q < chunk.size(); q++) {
                    if (!known.containsKey(keys.get(q))) {
                        ObjectNode node = JudgementJson.write(judgements.get(q)).put("key", keys.get(q));
                        log.append(Json.write(node));
                        known.put(keys.get(q), node);
                    }
                }
            }
            for (int q = 0; q < chunk.size(); q++) {
                ObjectNode node = known.get(keys.get(q));
                if (node == null) {
                    throw new BadInput(
                            file + ": the judgement of " + chunk.get(q).id() + " is gone");
                }
                Judgement judgement =
                        JudgementJson.read(node, chunk.get(q).answers().size(), file.toString());
                for (double score : judgement.scores()) {
                    scored |= !Double.isNaN(score);
                }
                sink.accept(from + q, judgement);
            }
            progress.at(Math.min(questions.size(), from + CHUNK), questions.size(), "questions");
        }
        if (!scored) {
            // Complete, it would be found again for ever; a key that was missing may be there the next time.
            throw new CheckFailed(file + ": the judge " + identity + " has no score for any answer; it used "
                    + judge.usage() + "; the same command asks it again");
        }
        return judge.usage();
    }

    /** A judgement with failures is asked for again by the next start: a server that was silent may have come back. */
    private static boolean failed(ObjectNode judgement) {
        for (JsonNode failure : judgement.path("failures")) {
            if (!failure.isNull()) {
                return true;
            }
        }
        return false;
    }

    private static String key(String identity, Question question) {
        ObjectNode node = Json.object().put("judge", identity).put("id", question.id());
        node.set("prompt", question.prompt().toContext(true));
        node.set("row", question.row());
        ArrayNode answers = node.putArray("answers");
        question.answers().forEach(answers::add);
        return ModelDigest.text(Json.write(node));
    }
}
