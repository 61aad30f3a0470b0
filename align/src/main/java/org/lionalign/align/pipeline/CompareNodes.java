package org.lionalign.align.pipeline;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.lionalign.align.eval.compare.ModelComparison;
import org.lionalign.align.judge.Judge;
import org.lionalign.align.judge.Judgement;
import org.lionalign.align.judge.Question;
import org.lionalign.align.online.JudgedPrompt;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.format.AtomicFiles;
import org.lionalign.core.json.Json;
import org.lionalign.core.recipe.JudgeRecipe;
import org.lionalign.core.recipe.RunRecipe;
import org.lionalign.core.stats.PairedComparison;

/** The stages' models against each other: each answers the held-out prompts, each judge compares all answers to a prompt. */
final class CompareNodes {
    /** Prompts whose answers the report shows. */
    private static final int SHOWN = 40;

    private final Graph graph;
    private final RunRecipe.Compare section;

    CompareNodes(Graph graph, RunRecipe.Compare section) {
        this.graph = graph;
        this.section = section;
        if (section.sample().answers() != 1) {
            throw new BadInput(
                    "compare.sample.answers: expected 1, for the models are compared on one answer each, found "
                            + section.sample().answers());
        }
    }

    /** Nodes for all models but the reward model. */
    void build() {
        Map<String, Node> answers = new LinkedHashMap<>();
        for (Map.Entry<String, Graph.Model> model : graph.models().entrySet()) {
            if (!model.getKey().equals("reward")) {
                answers.put(model.getKey(), answers(model.getKey(), model.getValue()));
            }
        }
        compare(answers);
    }

    private Node answers(String name, Graph.Model model) {
        ObjectNode options = Json.object();
        options.set("sample", Shaping.sample(section.sample()));
        options.set("prompts", Graph.described(section.prompts()));
        options.put("limit", section.limit()).put("seed", graph.seed(null));
        options.set("model", graph.modelOptions());
        ObjectNode inputs = Json.object().put("model", model.key());
        inputs.set("prompts", graph.sources(section.prompts()));
        double bytes = section.prompts().stream().mapToDouble(Contents::bytes).sum();
        return graph.add(new Node(
                "compare/" + name,
                "answers",
                options,
                inputs,
                model.needs(),
                20 * graph.parameters() * bytes / 4,
                "compare",
                (folder, progress, interrupted) -> new Answering(graph)
                        .answer(
                                model.folder().get(),
                                section.sample(),
                                Answering.prompts(section.prompts(), section.limit(), graph.seed(null)),
                                graph.seed(null),
                                folder,
                                progress,
                                interrupted)));
    }

    private void compare(Map<String, Node> answers) {
        Judging all = new Judging(graph, section.judges(), "compare.judges");
        ObjectNode options = Json.object();
        options.set("judges", all.options());
        ObjectNode inputs = all.inputs();
        List<String> needs = new ArrayList<>(all.needs());
        double cost = 0;
        for (Map.Entry<String, Node> one : answers.entrySet()) {
            inputs.put("answers of " + one.getKey(), one.getValue().key());
            needs.add(one.getValue().name());
            cost += one.getValue().cost() / 10;
        }
        graph.add(new Node("compare", "compare", options, inputs, needs, cost, "compare", (folder, progress, stop) -> {
            List<String> models = List.copyOf(answers.keySet());
            List<Question> questions = questions(answers);
            ObjectNode comparison = Json.object().put("prompts", questions.size());
            models.forEach(comparison.putArray("models")::add);
            ArrayNode tables = comparison.putArray("judges");
            ArrayNode samples = samples(models, questions);
            ObjectNode used = Json.object();
            StringBuilder said = new StringBuilder();
            for (int j = 0; j < section.judges().size(); j++) {
                JudgeRecipe recipe = section.judges().get(j);
                Judgement[] judgements = new Judgement[questions.size()];
                try (Judge judge = new Judging(graph, List.of(recipe), "compare.judges").open()) {
                    ObjectNode usage = Judging.judge(
                            judge,
                            questions,
                            folder.resolve("judgements-" + (j + 1) + ".jsonl"),
                            progress,
                            stop,
                            (q, judgement) -> judgements[q] = judgement);
                    if (usage == null) {
                        return null;
                    }
                    if (!usage.isEmpty()) {
                        used.set(recipe.title(), usage);
                    }
                }
                ModelComparison made = ModelComparison.of(models, recipe.title(), questions, List.of(judgements));
                tables.add(made.toJson());
                for (int q = 0; q < samples.size(); q++) {
                    scores((ObjectNode) samples.get(q), recipe.title(), judgements[q]);
                }
                if (j == 0) {
                    for (int i = 1; i < models.size(); i++) {
                        PairedComparison.Verdict verdict =
                                made.successive().get(i - 1).verdict();
                        said.append(i > 1 ? ", " : "")
                                .append(models.get(i))
                                .append(' ')
                                .append(verdict);
                    }
                }
            }
            comparison.set("samples", samples);
            AtomicFiles.write(folder.resolve("comparison.json"), comparison.toPrettyString() + "\n");
            ObjectNode summary = Json.object().put("prompts", questions.size()).put("say", said.toString());
            if (!used.isEmpty()) {
                summary.set("usage", used);
            }
            return summary;
        }));
    }

    /** A question for each prompt that every model answered. */
    private List<Question> questions(Map<String, Node> answers) {
        Map<String, List<String>> texts = new LinkedHashMap<>();
        Map<String, JudgedPrompt> prompts = new LinkedHashMap<>();
        for (Node node : answers.values()) {
            for (JudgedPrompt prompt :
                    JudgedPrompt.read(graph.artifacts().folder(node).resolve("answers.jsonl"))) {
                prompts.putIfAbsent(prompt.promptId(), prompt);
                if (!prompt.answers().isEmpty()) {
                    texts.computeIfAbsent(prompt.promptId(), id -> new ArrayList<>())
                            .add(prompt.answers().get(0).text());
                }
            }
        }
        List<Question> questions = new ArrayList<>();
        for (JudgedPrompt prompt : prompts.values()) {
            List<String> all = texts.getOrDefault(prompt.promptId(), List.of());
            if (all.size() == answers.size()) {
                questions.add(new Question(prompt.id(), prompt.prompt(), all, prompt.row()));
            }
        }
        if (questions.isEmpty()) {
            throw new BadInput("compare.prompts: expected prompts that every model answers, found none");
        }
        return questions;
    }

    private static ArrayNode samples(List<String> models, List<Question> questions) {
        ArrayNode samples = Json.MAPPER.createArrayNode();
        for (Question question : questions.subList(0, Math.min(SHOWN, questions.size()))) {
            ObjectNode sample = samples.addObject();
            sample.put(
                    "prompt",
                    question.prompt().messages().size() == 1
                            ? question.prompt().messages().get(0).content()
                            : String.join(
                                    "\n",
                                    question.prompt().messages().stream()
                                            .map(turn -> turn.role() + ": " + turn.content())
                                            .toList()));
            for (int m = 0; m < models.size(); m++) {
                sample.withObject("/answers")
                        .put(models.get(m), question.answers().get(m));
            }
        }
        return samples;
    }

    private static void scores(ObjectNode sample, String judge, Judgement judgement) {
        ArrayNode scores = sample.withObject("/scores").putArray(judge);
        for (double score : judgement.scores()) {
            if (Double.isNaN(score)) {
                scores.addNull();
            } else {
                scores.add(score);
            }
        }
    }
}
