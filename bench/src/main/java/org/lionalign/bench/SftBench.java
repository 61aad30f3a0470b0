package org.lionalign.bench;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.lionalign.align.train.SftTask;
import org.lionalign.align.train.StepPlanner;
import org.lionalign.align.train.Trainer;
import org.lionalign.core.format.Folders;
import org.lionalign.core.json.Json;
import org.lionalign.core.json.JsonLines;
import org.lionalign.core.pack.PromptTree;
import org.lionalign.torch.model.CausalLm;
import org.lionalign.torch.model.LoadOptions;
import org.lionalign.torch.model.ModelConfig;
import org.lionalign.torch.optim.AdamW;
import org.lionalign.torch.optim.LrSchedule;
import org.lionalign.torch.tensor.Device;
import org.lionalign.torch.tensor.Engine;

/**
 * Whole optimizer steps of supervised fine-tuning on the rows that {@code bench/peers/trl_sft_bench.py} trains on: bench/run SftBench
 * [/work/peers] [packed|padded] [steps] [tokens per step] [tokens per pass]; the last line is JSON.
 */
public final class SftBench {
    private SftBench() {}

    public static void main(String[] args) throws IOException {
        Path inputs = Path.of(args.length > 0 ? args[0] : "/work/peers");
        boolean padded = args.length > 1 && args[1].equals("padded");
        int steps = args.length > 2 ? Integer.parseInt(args[2]) : 5;
        long tokensPerStep = args.length > 3 ? Long.parseLong(args[3]) : 4096;
        int perPass = args.length > 4 ? Integer.parseInt(args[4]) : 4096;
        Engine.start();
        List<PromptTree> rows = new ArrayList<>();
        try (JsonLines lines = JsonLines.open(inputs.resolve("sft.jsonl"))) {
            for (JsonLines.Row row : lines) {
                JsonNode ids = row.value().get("input_ids");
                int n = Math.min(1024, ids.size());
                int[] tokens = new int[n];
                boolean[] supervised = new boolean[n];
                for (int i = 0; i < n; i++) {
                    tokens[i] = ids.get(i).asInt();
                    supervised[i] = row.value().get("labels").get(i).asInt() >= 0;
                }
                PromptTree tree = PromptTree.document("r:" + row.line(), tokens, supervised);
                if (tree.supervisedTokens() > 0) {
                    rows.add(tree);
                }
            }
        }
        Path run = Files.createTempDirectory("lion-sft-bench");
        try (CausalLm model =
                CausalLm.load(inputs.resolve("model"), new LoadOptions(Measure.dtype(), Device.CPU, true, false))) {
            ModelConfig config = model.config();
            // Between steps, for the machine's rate changes within minutes: a step is held to those before and after
            // it.
            double[] products = new double[steps + 1];
            SftTask task = new SftTask(rows, padded ? SftTask.Layout.PADDED : SftTask.Layout.ISOLATED);
            StepPlanner.Batch batch = padded
                    ? new StepPlanner.Batch(16, 0, 16 * 1024, true)
                    : new StepPlanner.Batch(0, tokensPerStep, perPass);
            StepPlanner planner = new StepPlanner(task.examples(), task::length, batch, 1, task.digest(), true);
            Trainer.Settings settings = new Trainer.Settings(
                    batch,
                    1,
                    steps + 1,
                    LrSchedule.Kind.CONSTANT,
                    1e-5,
                    0,
                    AdamW.Settings.DEFAULT,
                    1,
                    0,
                    1,
                    true,
                    0,
                    1);
            double[] seconds = new double[steps];
            double[] shares = new double[steps];
            double[] modelShares = new double[steps];
            double[] rates = new double[steps];
            double[] supervisedRates = new double[steps];
            new Trainer(model, task, settings, run)
                    .train(
                            (step, total, metrics) -> {
                                products[(int) step - 1] = Measure.productRate(config);
                                if (step > 1) {
                                    int at = (int) step - 2;
                                    double flops = 0; // computed: the head at supervised tokens only
                                    double modelFlops = 0; // 6N per token and attention, as utilisation is mostly given
                                    for (int[] micro : planner.step(step).microBatches()) {
                                        var packed = task.batch(micro);
                                        long tokens = packed.length();
                                        long pairs = packed.plan().pairs();
                                        flops += 3 * config.forwardFlops(tokens, packed.supervised(), pairs);
                                        modelFlops += 3 * config.forwardFlops(tokens, tokens, pairs);
                                    }
                                    seconds[at] = metrics.get("seconds").asDouble();
                                    double rate = (products[at] + products[at + 1]) / 2;
                                    shares[at] = flops / seconds[at] / rate;
                                    modelShares[at] = modelFlops / seconds[at] / rate;
                                    long real = Arrays.stream(planner.step(step).microBatches().stream()
                                                    .flatMapToInt(Arrays::stream)
                                                    .toArray())
                                            .mapToLong(task::length)
                                            .sum();
                                    rates[at] = real / seconds[at];
                                    supervisedRates[at] =
                                            metrics.get("supervised").asLong() / seconds[at];
                                }
                            },
                            () -> false);
            for (double[] values : List.of(seconds, shares, modelShares, rates, supervisedRates, products)) {
                Arrays.sort(values);
            }
            System.out.printf(
                    Locale.ROOT,
                    "sft %s: %.0f real tokens/s, %.0f supervised tokens/s (medians of %d steps), %.1f %% of the product rate of %.0f GFLOP/s"
                            + " (%.1f to %.1f %%; with the head at every token %.1f %%), peak resident %.2f GB%n",
                    padded ? "padded" : "packed",
                    Measure.median(rates),
                    Measure.median(supervisedRates),
                    steps,
                    100 * Measure.median(shares),
                    Measure.median(products) / 1e9,
                    100 * shares[0],
                    100 * shares[steps - 1],
                    100 * Measure.median(modelShares),
                    peakResident() / 1e9);
            System.out.println(Json.write(Json.object()
                    .put("bench", padded ? "sft padded" : "sft packed")
                    .put("tokens_per_s", Measure.median(rates))
                    .put("supervised_tokens_per_s", Measure.median(supervisedRates))
                    .put("product_share", Measure.median(shares))
                    .put("model_flops_share", Measure.median(modelShares))
                    .put("tokens_per_step", tokensPerStep)
                    .put("tokens_per_pass", perPass)
                    .put("peak_rss_gb", peakResident() / 1e9)));
        } finally {
            Folders.delete(run);
        }
    }

    /** Linux's high-water mark. */
    static double peakResident() throws IOException {
        try (var lines = Files.lines(Path.of("/proc/self/status"))) {
            return lines.filter(line -> line.startsWith("VmHWM"))
                    .mapToDouble(line -> Double.parseDouble(line.replaceAll("\\D", "")) * 1024)
                    .findFirst()
                    .orElse(Double.NaN);
        }
    }
}
