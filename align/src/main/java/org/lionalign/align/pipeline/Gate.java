package org.lionalign.align.pipeline;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.lionalign.align.judge.Judge;
import org.lionalign.align.judge.Question;
import org.lionalign.align.online.Drift;
import org.lionalign.align.online.JudgedPrompt;
import org.lionalign.align.online.WinTest;
import org.lionalign.align.sample.Drawn;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.format.AtomicFiles;
import org.lionalign.core.json.Json;
import org.lionalign.core.pack.BestFit;
import org.lionalign.core.pack.PackedBatch;
import org.lionalign.core.pack.PromptTree;
import org.lionalign.core.recipe.JudgeRecipe;
import org.lionalign.core.recipe.RecipeReader;
import org.lionalign.core.recipe.RunRecipe;
import org.lionalign.core.recipe.SampleRecipe;
import org.lionalign.core.recipe.StageRecipe;
import org.lionalign.torch.model.CausalLm;

/**
 * The look at an iteration of the online stage before the next one: how far its policy drifted, on answers to a few held-out prompts that it
 * samples itself, and whether it is kept. {@code gate.json}: the figures, which limits were crossed, {@code keep} and {@code stop}.
 */
final class Gate {
    /** Prompts that are looked at. */
    static final int PROMPTS = 64;

    /** Largest probability of a false verdict of the win test. */
    private static final double ALPHA = 0.05;

    private static final int TOKENS_PER_PASS = 8192;

    private final Graph graph;
    private final RunRecipe.Online section;
    private final List<StageRecipe.Source> prompts;
    private final List<JudgeRecipe> judges;
    private final SampleRecipe sample;
    private final long seed;

    Gate(Graph graph, RunRecipe.Online section, RunRecipe recipe, long seed) {
        this.graph = graph;
        this.section = section;
        this.seed = seed;
        RunRecipe.Compare compare = recipe.compare();
        if (compare != null && !compare.prompts().isEmpty()) {
            this.prompts = compare.prompts();
            this.judges = section.stop().winRate() ? compare.judges().subList(0, 1) : List.of();
        } else {
            this.prompts = section.prompts();
            this.judges = List.of();
        }
        if (section.stop().winRate() && judges.isEmpty()) {
            throw new BadInput("online.stop.win_rate: expected compare.prompts and compare.judges with it, found none");
        }
        // Temperature 1 with nothing cut off: only then is the mean log-ratio an estimate of the KL.
        this.sample = new SampleRecipe(
                1,
                1.0,
                1.0,
                0,
                section.sample().maxNewTokens(),
                section.sample().stop(),
                section.sample().batch(),
                null,
                null);
    }

    /**
     * @param start the model that the online stage started from
     * @param policy the one before this iteration
     * @param trained this iteration's
     */
    Node node(String name, Graph.Model start, Graph.Model policy, Graph.Model trained, Graph.Skip stopped) {
        Graph.Model from = graph.models().getOrDefault("sft", start);
        ObjectNode options = Json.object();
        options.set("stop", RecipeReader.tree(section.stop()));
        options.set("sample", Shaping.sample(sample));
        options.set("prompts", Graph.described(prompts));
        options.put("seed", seed);
        ObjectNode inputs = Json.object();
        inputs.put("policy", policy.key()).put("trained", trained.key()).put("from", from.key());
        inputs.set("prompts", graph.sources(prompts));
        List<String> needs = new ArrayList<>(trained.needs());
        if (!judges.isEmpty()) {
            Judging judging = new Judging(graph, judges, "compare.judges");
            options.set("judges", judging.options());
            inputs.set("judges", judging.inputs());
            needs.addAll(judging.needs());
        }
        double cost = 8 * graph.parameters() * PROMPTS * 2 * 100;
        return graph.add(new Node(
                name + "/gate", "gate", options, inputs, needs, cost, "online", (folder, progress, interrupted) -> {
                    if (stopped.now()) {
                        // The loop ended at the gate before: what it kept stays.
                        ObjectNode same =
                                Json.object().put("keep", policy.name()).put("stop", true);
                        AtomicFiles.write(folder.resolve("gate.json"), same.toPrettyString() + "\n");
                        return same.deepCopy();
                    }
                    return look(folder, policy, trained, from, progress, interrupted);
                }));
    }

    private @Nullable ObjectNode look(
            Path folder,
            Graph.Model policy,
            Graph.Model trained,
            Graph.Model from,
            Node.Progress progress,
            BooleanSupplier interrupted) {
        List<JudgedPrompt> before = answers(policy, folder.resolve("before"), progress, interrupted);
        List<JudgedPrompt> now = before == null ? null : answers(trained, folder.resolve("now"), progress, interrupted);
        if (before == null || now == null) {
            return null;
        }
        ObjectNode gate = Json.object();
        List<String> crossed = new ArrayList<>();
        double ratio = Drift.lengthRatio(lengths(now), lengths(before));
        gate.put("length_ratio", ratio);
        if (ratio > section.stop().lengthRatio()) {
            crossed.add(String.format(
                    Locale.ROOT,
                    "answers are %.2f times as long, limit %.2f",
                    ratio,
                    section.stop().lengthRatio()));
        }
        Drift.Kl kl = kl(now, from);
        gate.put("kl_per_token", kl.kl()).put("kl_standard_error", kl.standardError());
        gate.put("kl_low_variance", kl.lowVariance()).put("kl_from", from.name());
        Double limit = section.stop().klPerToken();
        if (limit != null && kl.lowVariance() > limit) {
            crossed.add(String.format(
                    Locale.ROOT, "KL per token from %s is %.4f, limit %.4f", from.name(), kl.lowVariance(), limit));
        }
        if (!judges.isEmpty()) {
            WinTest test = wins(before, now, folder, progress, interrupted);
            if (test == null) {
                return null;
            }
            gate.put("wins", test.wins()).put("losses", test.losses()).put("ties", test.ties());
            gate.put("win_test", test.verdict().name().toLowerCase(Locale.ROOT));
            if (test.verdict() == WinTest.Verdict.WORSE) {
                crossed.add("it loses against " + policy.name() + ": " + test.wins() + " wins, " + test.losses()
                        + " losses");
            }
        }
        ArrayNode reasons = gate.putArray("crossed");
        crossed.forEach(reasons::add);
        gate.put("keep", crossed.isEmpty() ? trained.name() : policy.name());
        gate.put("stop", !crossed.isEmpty());
        AtomicFiles.write(folder.resolve("gate.json"), gate.toPrettyString() + "\n");
        ObjectNode summary = gate.deepCopy();
        return summary.put(
                "say",
                crossed.isEmpty()
                        ? String.format(Locale.ROOT, "kept: KL %.4f per token, length × %.2f", kl.lowVariance(), ratio)
                        : "not kept: " + String.join("; ", crossed));
    }

    private @Nullable List<JudgedPrompt> answers(
            Graph.Model model, Path folder, Node.Progress progress, BooleanSupplier interrupted) {
        ObjectNode done = new Answering(graph)
                .answer(
                        model.folder().get(),
                        sample,
                        Answering.prompts(prompts, PROMPTS, seed),
                        seed,
                        folder,
                        progress,
                        interrupted);
        if (done == null) {
            return null;
        }
        return JudgedPrompt.read(folder.resolve("answers.jsonl"));
    }

    private static List<Integer> lengths(List<JudgedPrompt> prompts) {
        return prompts.stream()
                .flatMap(prompt -> prompt.answers().stream())
                .map(Drawn::tokens)
                .toList();
    }

    /** The sampled tokens under the model that drift is measured from. */
    private Drift.Kl kl(List<JudgedPrompt> prompts, Graph.Model from) {
        List<PromptTree> trees = new ArrayList<>();
        List<float[]> policy = new ArrayList<>();
        for (JudgedPrompt prompt : prompts) {
            int[] promptIds = prompt.promptIds();
            for (Drawn answer : prompt.answers()) {
                int[] ids = answer.ids();
                float[] logprobs = answer.logprobs();
                if (promptIds != null && ids != null && logprobs != null && ids.length > 0) {
                    int[] whole = Arrays.copyOf(promptIds, promptIds.length + ids.length);
                    System.arraycopy(ids, 0, whole, promptIds.length, ids.length);
                    boolean[] supervised = new boolean[whole.length];
                    Arrays.fill(supervised, promptIds.length, whole.length, true);
                    trees.add(PromptTree.document(prompt.id(), whole, supervised));
                    policy.add(logprobs);
                }
            }
        }
        float[][] reference = new float[trees.size()][];
        try (CausalLm model = new Answering(graph).load(from.folder().get())) {
            int[] all = java.util.stream.IntStream.range(0, trees.size()).toArray();
            for (int[] pass : BestFit.pack(all, i -> trees.get(i).length(), TOKENS_PER_PASS)) {
                float[] logps = model.logps(
                        PackedBatch.of(Arrays.stream(pass).mapToObj(trees::get).toList()));
                int at = 0;
                for (int i : pass) {
                    reference[i] = Arrays.copyOfRange(logps, at, at + policy.get(i).length);
                    at += policy.get(i).length;
                }
            }
        }
        return Drift.klPerToken(policy, List.of(reference));
    }

    private @Nullable WinTest wins(
            List<JudgedPrompt> before,
            List<JudgedPrompt> now,
            Path folder,
            Node.Progress progress,
            BooleanSupplier interrupted) {
        List<Question> questions = new ArrayList<>();
        for (int p = 0; p < now.size(); p++) {
            if (!before.get(p).answers().isEmpty() && !now.get(p).answers().isEmpty()) {
                questions.add(new Question(
                        now.get(p).id(),
                        now.get(p).prompt(),
                        List.of(
                                before.get(p).answers().get(0).text(),
                                now.get(p).answers().get(0).text()),
                        now.get(p).row()));
            }
        }
        WinTest test = new WinTest(ALPHA);
        try (Judge judge = new Judging(graph, judges, "compare.judges").open()) {
            ObjectNode usage = Judging.judge(
                    judge, questions, folder.resolve("judgements.jsonl"), progress, interrupted, (q, judgement) -> {
                        double difference = judgement.scores()[1] - judgement.scores()[0];
                        if (!Double.isNaN(difference)) {
                            test.add(difference);
                        }
                    });
            return usage == null ? null : test;
        }
    }

    /** What a gate kept, by the name it wrote. */
    static Path kept(JsonNode gate, Graph.Model policy, Graph.Model trained) {
        return gate.path("keep").asText().equals(trained.name())
                ? trained.folder().get()
                : policy.folder().get();
    }
}
