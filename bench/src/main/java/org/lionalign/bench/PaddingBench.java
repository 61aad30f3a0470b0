package org.lionalign.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.IntStream;
import org.lionalign.align.train.SftTask;
import org.lionalign.align.train.StepObjective;
import org.lionalign.align.train.StepPlanner;
import org.lionalign.align.train.TrainStep;
import org.lionalign.core.json.Json;
import org.lionalign.core.json.JsonLines;
import org.lionalign.core.pack.BestFit;
import org.lionalign.core.pack.PackedBatch;
import org.lionalign.core.pack.PromptTree;
import org.lionalign.torch.model.CausalLm;
import org.lionalign.torch.model.LoadOptions;
import org.lionalign.torch.optim.AdamW;
import org.lionalign.torch.tensor.Device;
import org.lionalign.torch.tensor.Engine;

/**
 * The paper's first claim as a table: padding against packing on the same rows in the same steps, with the held-out loss of both.
 *
 * <pre>
 * bench/run PaddingBench [INPUTS [STEPS [ROWS [MICRO]]]]
 * </pre>
 *
 * STEPS (8) steps of ROWS (16) rows of {@code sft.jsonl} in INPUTS (/work/peers, bench/peers/setup.sh), packed passes of MICRO (4096) tokens; {@code
 * padded} fills a step up to its longest row; {@code packed} lays the same rows end to end; {@code packed by tokens}
 * fills passes from all of the rows, which is Lion's default and not the same steps.
 */
public final class PaddingBench {
    private static final int HELD_OUT = 64;

    /** A padded step is one pass, as other tools have it. */
    private static final int WHOLE = 1 << 20;

    private PaddingBench() {}

    private record Result(
            String name,
            double seconds,
            long real,
            long computed,
            long supervised,
            int steps,
            double trainLoss,
            double heldLoss) {}

    public static void main(String[] args) throws IOException {
        Path inputs = Path.of(args.length > 0 ? args[0] : "/work/peers");
        int steps = args.length > 1 ? Integer.parseInt(args[1]) : 8;
        int perStep = args.length > 2 ? Integer.parseInt(args[2]) : 16;
        int micro = args.length > 3 ? Integer.parseInt(args[3]) : 4096;
        Engine.start();
        List<PromptTree> rows = rows(inputs.resolve("sft.jsonl"));
        List<PromptTree> held = rows.subList(rows.size() - HELD_OUT, rows.size());
        List<PromptTree> train = rows.subList(0, Math.min(steps * perStep, rows.size() - HELD_OUT));
        List<Result> results = new ArrayList<>();
        for (String name : List.of("padded", "packed", "packed by tokens")) {
            SftTask.Layout layout = name.equals("padded") ? SftTask.Layout.PADDED : SftTask.Layout.ISOLATED;
            StepPlanner.Batch batch = name.endsWith("tokens")
                    ? new StepPlanner.Batch(0, micro, micro)
                    : new StepPlanner.Batch(
                            perStep,
                            0,
                            layout == SftTask.Layout.PADDED ? WHOLE : micro,
                            layout == SftTask.Layout.PADDED);
            results.add(run(name, inputs.resolve("model"), new SftTask(train, layout), batch, held, micro));
        }
        table(results, train.size());
    }

    private static List<PromptTree> rows(Path file) {
        List<PromptTree> rows = new ArrayList<>();
        try (JsonLines lines = JsonLines.open(file)) {
            for (JsonLines.Row row : lines) {
                JsonNode labels = row.value().get("labels");
                int[] ids = Json.MAPPER.convertValue(row.value().get("input_ids"), int[].class);
                boolean[] supervised = new boolean[ids.length];
                for (int i = 0; i < ids.length; i++) {
                    supervised[i] = labels.get(i).asInt() >= 0;
                }
                PromptTree tree = PromptTree.document("r:" + row.line(), ids, supervised);
                if (tree.supervisedTokens() > 0) {
                    rows.add(tree);
                }
            }
        }
        return rows;
    }

    /** One epoch from the same weights; what warms the machine up is not counted. */
    private static Result run(
            String name, Path folder, SftTask task, StepPlanner.Batch batch, List<PromptTree> held, int micro) {
        StepPlanner planner = new StepPlanner(task.examples(), task::length, batch, 1, "fixed", true);
        try (CausalLm model = CausalLm.load(folder, new LoadOptions(Measure.dtype(), Device.CPU, true, false));
                AdamW optimizer = new AdamW(model.weights(), AdamW.Settings.DEFAULT)) {
            TrainStep step = new TrainStep(model, optimizer, 1);
            PackedBatch warm = task.batch(planner.largestMicroBatch());
            TrainStep.backward(model, warm, logps -> new float[logps.length]);
            model.weights().forEach(weight -> weight.zeroGradient());
            double seconds = 0;
            double last = 0;
            long real = 0;
            long computed = 0;
            long supervised = 0;
            int steps = planner.stepsIn(0);
            for (int s = 1; s <= steps; s++) {
                List<int[]> plan = planner.step(s).microBatches();
                List<PackedBatch> batches = plan.stream().map(task::batch).toList();
                long start = System.nanoTime();
                StepObjective objective = task.objective(batches);
                last = Objects.requireNonNull(step.run(batches, objective, 3e-4, s, () -> false))
                        .loss();
                seconds += (System.nanoTime() - start) / 1e9;
                for (int[] pass : plan) {
                    real += IntStream.of(pass).mapToLong(task::length).sum();
                }
                computed += batches.stream().mapToLong(PackedBatch::length).sum();
                supervised +=
                        batches.stream().mapToLong(PackedBatch::supervised).sum();
            }
            return new Result(name, seconds, real, computed, supervised, steps, last, heldOut(model, held, micro));
        }
    }

    private static double heldOut(CausalLm model, List<PromptTree> held, int micro) {
        double sum = 0;
        long count = 0;
        int[] all = IntStream.range(0, held.size()).toArray();
        for (int[] pass : BestFit.pack(all, i -> held.get(i).length(), micro)) {
            for (float logp : model.logps(
                    PackedBatch.of(IntStream.of(pass).mapToObj(held::get).toList()))) {
                sum -= logp;
                count++;
            }
        }
        return sum / count;
    }

    private static void table(List<Result> results, int rows) {
        System.out.printf(
                Locale.ROOT,
                "%d rows, one epoch from the same weights, bf16, learning rate 3e-4%n%n"
                        + "| layout | steps | seconds | real tokens/s | supervised tokens/s | filling | loss of the last step | held-out loss |%n"
                        + "|---|---:|---:|---:|---:|---:|---:|---:|%n",
                rows);
        ObjectNode json = Json.object().put("bench", "padding");
        for (Result r : results) {
            double filling = 1 - (double) r.real() / r.computed();
            System.out.printf(
                    Locale.ROOT,
                    "| %s | %d | %.1f | %.0f | %.0f | %.0f %% | %.4f | %.4f |%n",
                    r.name(),
                    r.steps(),
                    r.seconds(),
                    r.real() / r.seconds(),
                    r.supervised() / r.seconds(),
                    100 * filling,
                    r.trainLoss(),
                    r.heldLoss());
            json.putObject(r.name())
                    .put("seconds", r.seconds())
                    .put("supervised_tokens_per_s", r.supervised() / r.seconds())
                    .put("filling", filling)
                    .put("held_out_loss", r.heldLoss());
        }
        System.out.printf(
                Locale.ROOT,
                "%npacking is %.2f times as fast as padding; held-out losses differ by %.5f%n",
                results.get(0).seconds() / results.get(1).seconds(),
                Math.abs(results.get(0).heldLoss() - results.get(1).heldLoss()));
        System.out.println(Json.write(json));
    }
}
