package org.lionalign.align.pipeline;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.lionalign.align.eval.compare.ModelComparison;
import org.lionalign.align.eval.run.Contest;
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
                graph.samplingCost(bytes, section.sample().answers()),
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
            cost += one.getValue().cost(); // as if a model judged: reading takes about as long as writing did
        }
        graph.add(new Node("compare", "compare", options, inputs, needs, cost, "compare", (folder, progress, stop) -> {
            List<String> models = List.copyOf(answers.keySet());
            Contest contest = Contest.of(
                    models,
                    answers.values().stream()
                            .map(node -> JudgedPrompt.read(
                                    graph.artifacts().folder(node).resolve("answers.jsonl")))
                            .toList(),
                    "compare.prompts");
            List<Question> questions = contest.questions();
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
                ModelComparison made = contest.judged(recipe.title(), List.of(judgements));
                if (j == 0 && !contest.withheld()) {
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
            AtomicFiles.write(
                    folder.resolve("comparison.json"), contest.toJson().toPrettyString() + "\n");
            ObjectNode summary = Json.object().put("prompts", questions.size()).put("say", said.toString());
            if (!used.isEmpty()) {
                summary.set("usage", used);
            }
            return summary;
        }));
    }
}
