package org.lionalign.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.DoubleFunction;
import org.lionalign.align.objective.PreferenceLoss;
import org.lionalign.align.reference.ReferenceCache;
import org.lionalign.align.train.PairObjective;
import org.lionalign.align.train.PairTask;
import org.lionalign.align.train.StepObjective;
import org.lionalign.align.train.StepPlanner;
import org.lionalign.align.train.TrainStep;
import org.lionalign.core.format.Folders;
import org.lionalign.core.json.Json;
import org.lionalign.core.json.JsonLines;
import org.lionalign.core.pack.PackedBatch;
import org.lionalign.core.pack.PromptTree;
import org.lionalign.torch.model.CausalLm;
import org.lionalign.torch.model.LoadOptions;
import org.lionalign.torch.model.ModelConfig;
import org.lionalign.torch.optim.AdamW;
import org.lionalign.torch.tensor.Device;
import org.lionalign.torch.tensor.Engine;

/**
 * Whole optimizer steps of preference learning on the pairs that {@code bench/peers/trl_dpo_bench.py} trains on, reference log-probabilities
 * computed before.
 *
 * <pre>
 * bench/run DpoBench train  [INPUTS [STEPS [PAIRS [MICRO]]]]   pairs/s and peak memory of STEPS (5) steps of PAIRS (16) pairs
 * bench/run DpoBench prefix [INPUTS [STEPS [PAIRS [MICRO]]]]   the same pairs with a prompt of their own for each answer, in turns
 * bench/run DpoBench sweep  [INPUTS [STEPS [PAIRS [MICRO]]]]   four β × three losses on one stored reference
 * </pre>
 *
 * INPUTS is the folder of bench/peers/setup.sh, /work/peers; MICRO the tokens of a pass, 1024. Each ends with one line of JSON.
 */
public final class DpoBench {
    private static final double BETA = 0.1;

    /** TRL's max_length in the peer's script: longer pairs are left out on both sides. */
    private static final int LONGEST = 512;

    private final List<PromptTree> pairs;
    private final int steps;
    private final int perStep;
    private final int micro;
    private final CausalLm model;

    private DpoBench(List<PromptTree> pairs, int steps, int perStep, int micro, CausalLm model) {
        this.pairs = pairs;
        this.steps = steps;
        this.perStep = perStep;
        this.micro = micro;
        this.model = model;
    }

    public static void main(String[] args) throws IOException {
        String what = args.length > 0 ? args[0] : "train";
        Path inputs = Path.of(args.length > 1 ? args[1] : "/work/peers");
        int steps = args.length > 2 ? Integer.parseInt(args[2]) : 5;
        int perStep = args.length > 3 ? Integer.parseInt(args[3]) : 16;
        int micro = args.length > 4 ? Integer.parseInt(args[4]) : 1024;
        Engine.start();
        List<PromptTree> pairs = read(inputs.resolve("dpo.jsonl"), (steps + 1) * perStep);
        try (CausalLm model =
                CausalLm.load(inputs.resolve("model"), new LoadOptions(Measure.dtype(), Device.CPU, true, false))) {
            DpoBench bench = new DpoBench(pairs, steps, perStep, micro, model);
            ObjectNode found =
                    switch (what) {
                        case "train" -> bench.train();
                        case "prefix" -> bench.prefix();
                        case "sweep" -> bench.sweep();
                        default -> throw new IllegalArgumentException("train, prefix or sweep, not " + what);
                    };
            found.put("peak_rss_gb", SftBench.peakResident() / 1e9);
            System.out.println(Json.write(found));
        }
    }

    /** The first rows that are short enough, as trees. */
    private static List<PromptTree> read(Path file, int most) {
        List<PromptTree> pairs = new ArrayList<>();
        try (JsonLines lines = JsonLines.open(file)) {
            for (JsonLines.Row row : lines) {
                int[] prompt = Json.MAPPER.convertValue(row.value().get("prompt_ids"), int[].class);
                int[] chosen = Json.MAPPER.convertValue(row.value().get("chosen_ids"), int[].class);
                int[] rejected = Json.MAPPER.convertValue(row.value().get("rejected_ids"), int[].class);
                PromptTree tree = PromptTree.answers("r:" + row.line(), prompt, List.of(chosen, rejected));
                if (tree.longestPath() <= LONGEST && pairs.size() < most) {
                    pairs.add(tree);
                }
            }
        }
        if (pairs.size() < most) {
            throw new IllegalArgumentException(file + ": " + pairs.size() + " pairs for " + most);
        }
        return pairs;
    }

    /** A prompt of its own for each answer; only the first token, which sees nothing else, is shared. */
    private static PromptTree apart(PromptTree tree) {
        int[] prompt = tree.nodes().get(0).ids();
        List<PromptTree.Node> nodes = new ArrayList<>();
        nodes.add(new PromptTree.Node(-1, Arrays.copyOf(prompt, 1), new boolean[1]));
        for (int n = 1; n <= 2; n++) {
            int[] answer = tree.nodes().get(n).ids();
            int[] ids = Arrays.copyOfRange(prompt, 1, prompt.length + answer.length);
            System.arraycopy(answer, 0, ids, prompt.length - 1, answer.length);
            boolean[] supervised = new boolean[ids.length];
            Arrays.fill(supervised, prompt.length - 1, ids.length, true);
            nodes.add(new PromptTree.Node(0, ids, supervised));
        }
        return new PromptTree(tree.id(), nodes);
    }

    /** A layout's steps, in a fixed order, each packed as training packs it. */
    private record Layout(PairTask task, List<List<PackedBatch>> steps, double[] seconds) {
        double flops(ModelConfig config) {
            double sum = 0;
            for (List<PackedBatch> step : steps.subList(1, steps.size())) {
                for (PackedBatch batch : step) {
                    sum += 3
                            * config.forwardFlops(
                                    batch.length(),
                                    batch.supervised(),
                                    batch.plan().pairs());
                }
            }
            return sum;
        }

        long tokens() {
            return steps.subList(1, steps.size()).stream()
                    .flatMap(List::stream)
                    .mapToLong(PackedBatch::length)
                    .sum();
        }
    }

    private Layout layout(
            List<PromptTree> trees, List<PairObjective.Reference> references, PreferenceLoss loss, double beta) {
        PairTask task = new PairTask(trees, references, loss, beta);
        StepPlanner planner = new StepPlanner(
                task.examples(), task::length, new StepPlanner.Batch(perStep, 0, micro), 1, "fixed", false);
        List<List<PackedBatch>> all = new ArrayList<>();
        for (int s = 1; s <= steps + 1; s++) {
            all.add(planner.step(s).microBatches().stream().map(task::batch).toList());
        }
        return new Layout(task, all, new double[steps]);
    }

    private double step(TrainStep train, Layout layout, int s) {
        long start = System.nanoTime();
        StepObjective objective = layout.task().objective(layout.steps().get(s));
        train.run(layout.steps().get(s), objective, 1e-6, s, () -> false);
        return (System.nanoTime() - start) / 1e9;
    }

    private ObjectNode train() {
        long start = System.nanoTime();
        List<PairObjective.Reference> references = PairTask.references(model, pairs, micro);
        double pass = (System.nanoTime() - start) / 1e9;
        double[] products = new double[steps + 1]; // between the steps, for the machine's rate changes within minutes
        Layout layout = layout(pairs, references, new PreferenceLoss.Sigmoid(BETA, 0), BETA);
        try (AdamW optimizer = new AdamW(model.weights(), AdamW.Settings.DEFAULT)) {
            TrainStep train = new TrainStep(model, optimizer, 1);
            step(train, layout, 0);
            products[0] = Measure.productRate(model.config());
            for (int s = 0; s < steps; s++) {
                layout.seconds()[s] = step(train, layout, s + 1);
                products[s + 1] = Measure.productRate(model.config());
            }
        }
        double rate = Arrays.stream(products).average().orElseThrow();
        double seconds = Arrays.stream(layout.seconds()).sum();
        ObjectNode found = Json.object().put("bench", "dpo train").put("pairs_per_s", steps * perStep / seconds);
        found.put("pairs_per_s_with_reference", (steps * perStep) / (seconds + pass * steps / (steps + 1.0)));
        found.put("tokens_per_s", layout.tokens() / seconds)
                .put("reference_pass_pairs_per_s", pairs.size() / pass)
                .put("product_share", layout.flops(model.config()) / seconds / rate);
        describe(found);
        System.out.printf(
                Locale.ROOT,
                "dpo: %.2f pairs/s (%.2f with its share of the reference pass), %.0f tokens/s, %.1f %% of the product rate of %.0f GFLOP/s,"
                        + " reference pass %.2f pairs/s%n",
                found.get("pairs_per_s").asDouble(),
                found.get("pairs_per_s_with_reference").asDouble(),
                found.get("tokens_per_s").asDouble(),
                100 * found.get("product_share").asDouble(),
                rate / 1e9,
                found.get("reference_pass_pairs_per_s").asDouble());
        return found;
    }

    private void describe(ObjectNode found) {
        long prompt =
                pairs.stream().mapToLong(t -> t.nodes().get(0).ids().length).sum();
        long chosen =
                pairs.stream().mapToLong(t -> t.nodes().get(1).ids().length).sum();
        long rejected =
                pairs.stream().mapToLong(t -> t.nodes().get(2).ids().length).sum();
        found.put("steps", steps).put("pairs_per_step", perStep).put("tokens_per_pass", micro);
        found.put("mean_prompt", (double) prompt / pairs.size())
                .put("mean_chosen", (double) chosen / pairs.size())
                .put("mean_rejected", (double) rejected / pairs.size());
    }

    /** Both layouts in turns, so that whatever else the machine does meets both. */
    private ObjectNode prefix() {
        List<PairObjective.Reference> references = PairTask.references(model, pairs, micro);
        PreferenceLoss loss = new PreferenceLoss.Sigmoid(BETA, 0);
        Layout shared = layout(pairs, references, loss, BETA);
        Layout separate = layout(pairs.stream().map(DpoBench::apart).toList(), references, loss, BETA);
        try (AdamW optimizer = new AdamW(model.weights(), AdamW.Settings.DEFAULT)) {
            TrainStep train = new TrainStep(model, optimizer, 1);
            step(train, shared, 0);
            step(train, separate, 0);
            for (int s = 0; s < steps; s++) {
                shared.seconds()[s] = step(train, shared, s + 1);
                separate.seconds()[s] = step(train, separate, s + 1);
            }
        }
        double measured = Arrays.stream(separate.seconds()).sum()
                / Arrays.stream(shared.seconds()).sum();
        double tokens = (double) separate.tokens() / shared.tokens();
        double flops = separate.flops(model.config()) / shared.flops(model.config());
        ObjectNode found = Json.object().put("bench", "dpo prefix").put("measured", measured);
        found.put("theory_tokens", tokens).put("theory_flops", flops);
        found.put("share_of_tokens", measured / tokens).put("share_of_flops", measured / flops);
        describe(found);
        System.out.printf(
                Locale.ROOT,
                "prefix sharing: %.3f times as fast as our own unshared layout; theory (2P+C+R)/(P+C+R) = %.3f: %.2f of it"
                        + " (goal 0.9); by FLOPs, attention and head counted, %.3f: %.2f of it%n",
                measured,
                tokens,
                measured / tokens,
                flops,
                measured / flops);
        return found;
    }

    /** Twelve runs of some steps each on the values of one pass, through the cache on disk. */
    private ObjectNode sweep() throws IOException {
        Path folder = Files.createTempDirectory("lion-dpo-bench");
        try {
            ReferenceCache cache = new ReferenceCache(folder, Json.object().put("bench", true), pairs.size(), 64);
            long start = System.nanoTime();
            cache.compute(model, pairs, micro, 0, 1, () -> {});
            double pass = (System.nanoTime() - start) / 1e9;
            List<DoubleFunction<PreferenceLoss>> losses = List.of(
                    b -> new PreferenceLoss.Sigmoid(b, 0),
                    b -> new PreferenceLoss.Ipo(b, true),
                    b -> new PreferenceLoss.SigmoidNorm(b));
            int runs = 0;
            double reading = 0;
            double training = 0;
            try (AdamW optimizer = new AdamW(model.weights(), AdamW.Settings.DEFAULT)) {
                TrainStep train = new TrainStep(model, optimizer, 1);
                for (double beta : new double[] {0.01, 0.05, 0.1, 0.5}) {
                    for (DoubleFunction<PreferenceLoss> loss : losses) {
                        start = System.nanoTime();
                        List<PairObjective.Reference> stored = cache.read();
                        Layout layout = layout(pairs, stored, loss.apply(beta), beta);
                        reading += (System.nanoTime() - start) / 1e9;
                        for (int s = 0; s < steps; s++) {
                            training += step(train, layout, s);
                        }
                        runs++;
                    }
                }
            }
            if (cache.missing() != 0) {
                throw new IllegalStateException("a shard is missing");
            }
            ObjectNode found = Json.object().put("bench", "dpo sweep").put("runs", runs);
            found.put("reference_pass_seconds", pass).put("reading_seconds", reading);
            found.put("training_seconds", training).put("saved_seconds", (runs - 1) * pass - reading);
            describe(found);
            System.out.printf(
                    Locale.ROOT,
                    "sweep: %d runs (4 beta x 3 losses) of %d steps pay for one reference pass of %.2f s and %.3f s of reading it;"
                            + " a pass for each would have been %.2f s%n",
                    runs,
                    steps,
                    pass,
                    reading,
                    runs * pass);
            return found;
        } finally {
            Folders.delete(folder);
        }
    }
}
