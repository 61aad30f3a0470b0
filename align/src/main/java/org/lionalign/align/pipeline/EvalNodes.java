package org.lionalign.align.pipeline;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.lionalign.align.eval.DataPlaces;
import org.lionalign.align.eval.HubData;
import org.lionalign.align.eval.Suite;
import org.lionalign.align.eval.SuiteJson;
import org.lionalign.align.eval.SuiteResult;
import org.lionalign.align.eval.run.Contender;
import org.lionalign.align.eval.run.Evaluation;
import org.lionalign.align.eval.run.JudgeSource;
import org.lionalign.align.eval.run.SuiteRun;
import org.lionalign.align.eval.run.Suites;
import org.lionalign.align.text.ModelDigest;
import org.lionalign.core.error.CheckFailed;
import org.lionalign.core.format.AtomicFiles;
import org.lionalign.core.json.Json;
import org.lionalign.core.recipe.RunRecipe;
import org.lionalign.torch.model.LoadOptions;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Benchmarks of the stages' models: a node for each model and suite, and one that compares them question by question. Answers and judgements
 * lie beside the artifacts ({@code eval/}), by content, so that another limit or another model pays for what is new alone.
 */
final class EvalNodes {
    private static final Logger LOG = LoggerFactory.getLogger(EvalNodes.class);

    /** Questions of a suite that the report shows. */
    private static final int SHOWN = 100;

    private final Graph graph;
    private final RunRecipe.Compare section;
    private final HubData source;
    private final Path data;
    private final @Nullable Path baseline;
    private final @Nullable JudgeSource judge;
    private final List<Suite> suites;

    EvalNodes(Graph graph, RunRecipe.Compare section) {
        this.graph = graph;
        this.section = section;
        this.source = HubData.parse(String.valueOf(section.suiteData()));
        this.data = source.folder();
        String compared = section.suiteBaseline();
        this.baseline = compared == null ? null : Path.of(compared);
        String spec = section.suiteJudge();
        this.judge = spec == null ? null : JudgeSource.parse(spec, "compare.suite_judge");
        this.suites = new Suites(baseline).named(section.suites(), "compare.suites");
        source.fetch(suites, LOG::info);
        Suites.check(
                suites,
                data,
                spec,
                baseline,
                List.of("compare.suite_data", "compare.suite_judge", "compare.suite_baseline"));
    }

    /** Nodes for all models but the reward model. */
    void build() {
        Map<String, Map<Suite, Node>> results = new LinkedHashMap<>();
        for (Map.Entry<String, Graph.Model> model : graph.models().entrySet()) {
            if (!model.getKey().equals("reward")) {
                Map<Suite, Node> own = new LinkedHashMap<>();
                for (Suite suite : suites) {
                    own.put(suite, node(model.getKey(), model.getValue(), suite));
                }
                results.put(model.getKey(), own);
            }
        }
        compare(results);
    }

    private int limit() {
        Integer limit = section.suiteLimit();
        return limit == null ? 0 : limit;
    }

    private Node node(String name, Graph.Model model, Suite suite) {
        ObjectNode options = Json.object().put("suite", suite.name()).put("limit", limit());
        options.set("model", graph.modelOptions());
        ObjectNode inputs = Json.object().put("model", model.key());
        inputs.set("data", files(suite));
        if (judge != null && suite.needs().judge()) {
            options.put("judge", section.suiteJudge());
            switch (judge.kind()) {
                case REPLAY -> inputs.put("judge", graph.contents().file(Path.of(judge.at())));
                case FOLDER -> inputs.put("judge", graph.contents().model(Path.of(judge.at())));
                case SERVER -> {} // who it is stands in the options; what it says cannot be known before
            }
        }
        if (baseline != null && Suites.readsBaseline(suite)) {
            inputs.put("baseline", graph.contents().file(baseline));
        }
        long asked = suite.asked(limit());
        return graph.add(new Node(
                "eval/" + name + "/" + suite.name(),
                "eval",
                options,
                inputs,
                model.needs(),
                2 * graph.parameters() * 200 * Math.max(100, asked),
                "compare",
                (folder, progress, interrupted) -> {
                    LoadOptions how = new LoadOptions(graph.compute(), graph.device(), false, false);
                    Path store = graph.artifacts().root().resolve("eval");
                    try (Contender contender = Contender.load(
                                    name, model.folder().get(), graph.base().template(), how);
                            JudgeSource.Opened opened = judge == null
                                            || !suite.needs().judge()
                                    ? null
                                    : judge.open(graph.artifacts().root().resolve("replies.jsonl"), how)) {
                        SuiteResult result = new SuiteRun(data, store, limit(), opened, 0)
                                .run(
                                        suite,
                                        contender,
                                        done -> progress.at(done, Math.max(done, asked), "questions"),
                                        interrupted);
                        if (result == null) {
                            return null;
                        }
                        refuseSilence(suite, result);
                        AtomicFiles.write(
                                folder.resolve("result.json"),
                                SuiteJson.whole(result).toPrettyString() + "\n");
                        ObjectNode summary = SuiteJson.shown(result);
                        return summary.put("say", said(result));
                    }
                }));
    }

    /** Complete, a result without a judge would be found again for ever; a server that was silent may be there the next time. */
    private void refuseSilence(Suite suite, SuiteResult result) {
        boolean silent = result.failures().keySet().stream()
                .anyMatch(reason -> reason.startsWith("judge_") && !reason.equals("judge_unparsed"));
        if (judge != null && judge.kind() == JudgeSource.Kind.SERVER && silent && result.withheld()) {
            throw new CheckFailed(
                    "compare.suite_judge: " + judge.at() + " gave no verdict on " + result.failed() + " of "
                            + result.items().size() + " questions of " + suite.name() + ": " + result.failures()
                            + "; the same command asks again for these alone");
        }
    }

    private static String said(SuiteResult result) {
        if (result.withheld() || result.metrics().isEmpty()) {
            return "withheld: " + result.failed() + " of " + result.items().size() + " questions failed";
        }
        return result.metrics().get(0).name() + " "
                + String.format(
                        java.util.Locale.ROOT, "%.4g", result.metrics().get(0).value());
    }

    /** Each file that the suite reads, by content. */
    private ObjectNode files(Suite suite) {
        ObjectNode files = Json.object();
        StringBuilder all = new StringBuilder();
        int count = 0;
        for (Suite.Data one : suite.needs().data()) {
            for (Path file : DataPlaces.first(data, one.places())) {
                all.append(data.relativize(file))
                        .append(' ')
                        .append(graph.contents().file(file))
                        .append('\n');
                count++;
            }
        }
        return files.put("files", count).put("content", ModelDigest.text(all.toString()));
    }

    private void compare(Map<String, Map<Suite, Node>> results) {
        ObjectNode inputs = Json.object();
        List<String> needs = new ArrayList<>();
        results.forEach((model, own) -> own.values().forEach(node -> {
            inputs.put(node.name(), node.key());
            needs.add(node.name());
        }));
        ObjectNode options = Json.object().put("limit", limit());
        graph.add(new Node("eval", "evaluation", options, inputs, needs, 1, "compare", (folder, progress, stop) -> {
            Evaluation evaluation = new Evaluation(List.copyOf(results.keySet()), limit());
            evaluation.readFrom(source.commits(suites));
            results.forEach((model, own) -> own.forEach((suite, node) -> evaluation.add(
                    suite,
                    model,
                    SuiteJson.read(Json.read(graph.artifacts().folder(node).resolve("result.json"))))));
            AtomicFiles.write(
                    folder.resolve("evaluation.json"), evaluation.toJson(SHOWN).toPrettyString() + "\n");
            return Json.object().put("say", evaluation.said());
        }));
    }
}
