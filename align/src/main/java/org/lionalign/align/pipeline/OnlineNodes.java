package org.lionalign.align.pipeline;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lionalign.align.judge.Judge;
import org.lionalign.align.judge.JudgementJson;
import org.lionalign.align.judge.Question;
import org.lionalign.align.online.JudgedPrompt;
import org.lionalign.align.online.PairLedger;
import org.lionalign.align.online.Pairing;
import org.lionalign.align.train.StepPlanner;
import org.lionalign.core.format.AtomicFiles;
import org.lionalign.core.json.Json;
import org.lionalign.core.json.JsonLines;
import org.lionalign.core.recipe.RecipeReader;
import org.lionalign.core.recipe.RunRecipe;
import org.lionalign.core.recipe.StageRecipe;

/**
 * Online preference learning as nodes: iteration k samples from policy k−1, judges, makes pairs, trains on them, and a gate looks at the drift.
 * When a gate stops the loop, the nodes of later iterations do nothing.
 */
final class OnlineNodes {
    /** About how many bytes of pair an answer makes, for costs. */
    private static final double BYTES_OF_PAIR = 600;

    private final Graph graph;
    private final RunRecipe.Online section;
    private final RunRecipe recipe;
    private final long seed;

    OnlineNodes(Graph graph, RunRecipe.Online section, RunRecipe recipe) {
        this.graph = graph;
        this.section = section;
        this.recipe = recipe;
        this.seed = graph.seed(section.seed());
    }

    /** All iterations from a policy; what they keep is named {@code online}, or {@code online-1}, {@code online-2} … when there are several. */
    Graph.Model iterations(Graph.Model start) {
        Graph.Model policy = start;
        Node gate = null;
        for (int k = 1; k <= section.iterations(); k++) {
            Graph.Model before = policy;
            Graph.Model trained = iteration(k, start, before, gate);
            Node looked =
                    new Gate(graph, section, recipe, seed).node("online-" + k, start, before, trained, stopped(gate));
            policy = new Graph.Model(
                    "online-" + k,
                    looked.key(),
                    List.of(looked.name()),
                    () -> Gate.kept(Json.read(graph.artifacts().folder(looked).resolve("gate.json")), before, trained));
            gate = looked;
            // Others see what the gate kept, not what was trained.
            graph.rename("online-" + k, section.iterations() == 1 ? "online" : "online-" + k, policy);
        }
        return policy;
    }

    /** @param before the gate of the iteration before, null for the first */
    @SuppressWarnings("NullAway") // a section that may be left out, of a nested type
    private Graph.Model iteration(int k, Graph.Model start, Graph.Model policy, @Nullable Node before) {
        String name = "online-" + k;
        List<String> after = before == null ? List.of() : List.of(before.name());
        Node sample = sample(name, policy, after, before);
        Node judge = judge(name, sample, before);
        Node pairs = pairs(name, judge, before);
        List<StageRecipe.Source> train = new ArrayList<>();
        train.add(graph.made(pairs, "pairs.jsonl", section.onlineFraction(), bytesOfPairs()));
        train.addAll(section.mix());
        RunRecipe.Dpo dpo = new RunRecipe.Dpo(
                StageRecipe.Data.of(train, section.heldOut(), section.maxLengthTokens()),
                section.train(),
                section.loss(),
                null,
                section.eval(),
                seed);
        Graph.Model reference = section.reference().equals("fixed") ? start : policy;
        return new StageNodes(graph)
                .preference(name, "online", dpo, policy, reference, List.of(pairs.name()), stopped(before));
    }

    /** Whether the loop has ended before. */
    private Graph.Skip stopped(@Nullable Node before) {
        return () -> before != null
                && Json.read(graph.artifacts().folder(before).resolve("gate.json"))
                        .path("stop")
                        .asBoolean();
    }

    private double bytesOfPairs() {
        Integer limit = section.promptLimit();
        double bytes = 0;
        for (StageRecipe.Source source : section.prompts()) {
            bytes += Contents.bytes(source);
        }
        return limit == null ? bytes : Math.min(bytes, limit * BYTES_OF_PAIR);
    }

    private Node sample(String name, Graph.Model policy, List<String> after, @Nullable Node before) {
        ObjectNode options = Json.object();
        options.set("sample", Shaping.sample(section.sample()));
        options.set("prompts", Graph.described(section.prompts()));
        options.put("prompt_limit", section.promptLimit());
        long drawn = StepPlanner.derivedSeed(name, seed) & Long.MAX_VALUE;
        options.put("seed", drawn);
        options.set("model", graph.modelOptions());
        ObjectNode inputs = Json.object().put("policy", policy.key());
        inputs.set("prompts", graph.sources(section.prompts()));
        List<String> needs = new ArrayList<>(policy.needs());
        needs.addAll(after);
        double cost = graph.samplingCost(bytesOfPairs(), section.sample().answers());
        return graph.add(new Node(
                name + "/sample",
                "sample",
                options,
                inputs,
                needs,
                cost,
                "online",
                graph.skipping(stopped(before), (folder, progress, interrupted) -> new Answering(graph)
                        .answer(
                                policy.folder().get(),
                                section.sample(),
                                Answering.prompts(section.prompts(), section.promptLimit(), seed),
                                drawn,
                                folder,
                                progress,
                                interrupted))));
    }

    private Node judge(String name, Node sample, @Nullable Node before) {
        Judging judging = new Judging(graph, section.judges(), "online.judges");
        ObjectNode options = Json.object();
        options.set("judges", judging.options());
        ObjectNode inputs = judging.inputs();
        inputs.put("answers", sample.key());
        List<String> needs = new ArrayList<>(List.of(sample.name()));
        needs.addAll(judging.needs());
        return graph.add(new Node(
                name + "/judge",
                "judge",
                options,
                inputs,
                needs,
                sample.cost() / 10,
                "online",
                graph.skipping(stopped(before), (folder, progress, interrupted) -> {
                    Path answers = graph.artifacts().folder(sample).resolve("answers.jsonl");
                    List<JsonNode> rows = new ArrayList<>();
                    List<Question> questions = new ArrayList<>();
                    List<Integer> at = new ArrayList<>();
                    try (JsonLines lines = JsonLines.open(answers)) {
                        for (JsonLines.Row line : lines) {
                            Question question = JudgedPrompt.of(line.value(), answers, line.line())
                                    .question();
                            if (question != null) {
                                questions.add(question);
                                at.add(rows.size());
                            }
                            rows.add(line.value());
                        }
                    }
                    ObjectNode usage;
                    long[] failed = {0};
                    try (Judge judge = judging.open()) {
                        usage = Judging.judge(
                                judge,
                                questions,
                                folder.resolve("judgements.jsonl"),
                                progress,
                                interrupted,
                                (q, judgement) -> {
                                    ObjectNode said = JudgementJson.write(judgement);
                                    ((ObjectNode) rows.get(at.get(q)))
                                            .set("judgement", said.put("judge", judge.identity()));
                                    for (String failure : judgement.failures()) {
                                        failed[0] += failure == null ? 0 : 1;
                                    }
                                });
                    }
                    if (usage == null) {
                        return null;
                    }
                    AtomicFiles.writeLines(
                            folder.resolve("judged.jsonl"), out -> rows.forEach(row -> out.accept(Json.write(row))));
                    ObjectNode summary =
                            Json.object().put("questions", questions.size()).put("failed_answers", failed[0]);
                    summary.put("say", questions.size() + " prompts judged, " + failed[0] + " answers without a score");
                    if (!usage.isEmpty()) {
                        summary.set("usage", usage);
                    }
                    return summary;
                })));
    }

    private Node pairs(String name, Node judge, @Nullable Node before) {
        ObjectNode options = Json.object();
        options.set("pairs", RecipeReader.tree(section.pairs()));
        options.put("seed", seed);
        ObjectNode inputs = Json.object().put("judged", judge.key());
        return graph.add(new Node(
                name + "/pairs",
                "pairs",
                options,
                inputs,
                List.of(judge.name()),
                judge.cost() / 100,
                "online",
                graph.skipping(stopped(before), (folder, progress, interrupted) -> {
                    PairLedger ledger = new Pairing(section.pairs(), seed)
                            .write(
                                    graph.artifacts().folder(judge).resolve("judged.jsonl"),
                                    folder.resolve("pairs.jsonl"));
                    AtomicFiles.write(
                            folder.resolve("pair-ledger.json"), ledger.toJson().toPrettyString() + "\n");
                    ObjectNode summary = ledger.toJson();
                    summary.remove("unpaired_prompts");
                    return summary.put("say", ledger.pairs() + " pairs from " + ledger.prompts() + " prompts");
                })));
    }
}
