package org.lionalign.align.train;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.error.CheckFailed;
import org.lionalign.core.format.AtomicFiles;
import org.lionalign.core.json.Json;
import org.lionalign.core.pack.PackedBatch;
import org.lionalign.torch.model.CausalLm;
import org.lionalign.torch.optim.AdamW;
import org.lionalign.torch.optim.LrSchedule;
import org.lionalign.torch.tensor.Engine;

/**
 * The training loop: step plans, updates, metrics, checkpoints. The same call again continues where the newest checkpoint stands, and ends
 * with the same bits as a run that was never interrupted (ARCHITECTURE.md 5).
 *
 * <p>In the run's folder: {@code metrics.jsonl} (one line per step), {@code rows.jsonl} (the loss of every row at every visit),
 * {@code eval.jsonl} and {@code samples.jsonl} (one line per evaluation and prompt), and {@code checkpoints/}.
 */
public final class Trainer {
    private static final org.slf4j.Logger LOG = org.slf4j.LoggerFactory.getLogger(Trainer.class);

    private final CausalLm model;
    private final TrainingTask task;
    private final Settings settings;
    private final Evaluations evaluations;
    private final Checkpoints checkpoints;
    private final Path rehearsed;
    private final RunLog metricsLog;
    private final RunLog rowsLog;
    private final RunLog evalLog;
    private final RunLog samplesLog;

    /**
     * How to train.
     *
     * @param batch size of steps and micro-batches
     * @param epochs passes over the data; a fraction is allowed
     * @param maxSteps optimizer steps at most, 0 for no limit
     * @param schedule shape of the learning rate
     * @param learningRate its maximum
     * @param warmupRatio share of the steps that rise to it
     * @param clipNorm largest gradient norm, 0 for none
     * @param neftuneAlpha embedding noise, 0 for none
     * @param seed of data order, noise and dropout
     * @param shuffle whether an epoch's order is drawn, or the given one is kept
     * @param checkpointEvery steps between checkpoints, 0 for the last step only
     * @param keepLast checkpoints that are kept
     */
    public record Settings(
            StepPlanner.Batch batch,
            double epochs,
            long maxSteps,
            LrSchedule.Kind schedule,
            double learningRate,
            double warmupRatio,
            AdamW.Settings adam,
            double clipNorm,
            double neftuneAlpha,
            long seed,
            boolean shuffle,
            long checkpointEvery,
            int keepLast) {}

    /** Hears of every step, in order; a resumed run does not repeat old ones. */
    public interface Listener {
        /** @param metrics as in {@code metrics.jsonl} */
        void onStep(long step, long totalSteps, ObjectNode metrics);
    }

    public Trainer(CausalLm model, TrainingTask task, Settings settings, Path run) {
        this(model, task, settings, Evaluations.NONE, run);
    }

    public Trainer(CausalLm model, TrainingTask task, Settings settings, Evaluations evaluations, Path run) {
        this.model = model;
        this.task = task;
        this.settings = settings;
        this.evaluations = evaluations;
        this.checkpoints = new Checkpoints(run);
        this.rehearsed = run.resolve("rehearsed.json");
        this.metricsLog = new RunLog(run.resolve("metrics.jsonl"));
        this.rowsLog = new RunLog(run.resolve("rows.jsonl"));
        this.evalLog = new RunLog(run.resolve("eval.jsonl"));
        this.samplesLog = new RunLog(run.resolve("samples.jsonl"));
    }

    /**
     * Trains to the end, or until {@code interrupted} says true; then a checkpoint of the last whole step is written.
     *
     * @return true when all steps are done
     */
    public boolean train(Listener listener, BooleanSupplier interrupted) {
        StepPlanner planner = new StepPlanner(
                task.examples(), task::length, settings.batch(), settings.seed(), task.digest(), settings.shuffle());
        long total = planner.steps(settings.epochs());
        if (settings.maxSteps() > 0) {
            total = Math.min(total, settings.maxSteps());
        }
        LrSchedule schedule =
                LrSchedule.withRatio(settings.schedule(), settings.learningRate(), settings.warmupRatio(), total);
        try (AdamW optimizer = new AdamW(model.weights(), settings.adam())) {
            long done = resume(optimizer);
            if (done < total) {
                rehearse(planner, optimizer);
                LOG.info("training on {} examples, steps {} to {}", task.examples(), done + 1, total);
            }
            look(planner, done, total);
            TrainStep step = new TrainStep(model, optimizer, settings.clipNorm());
            while (done < total) {
                task.before(planner, done, total, model);
                long started = System.nanoTime();
                StepPlan plan = planner.step(done + 1);
                List<PackedBatch> batches = new ArrayList<>();
                for (int[] micro : plan.microBatches()) {
                    batches.add(task.batch(micro));
                }
                StepObjective objective = task.objective(plan.step(), total, batches);
                long seed = StepPlanner.derivedSeed("step/" + plan.step(), settings.seed());
                model.embeddingNoise(settings.neftuneAlpha(), seed);
                TrainStep.Result result = run(step, plan, batches, objective, schedule.at(done), seed, interrupted);
                model.embeddingNoise(0, 0);
                if (result == null) {
                    save(optimizer, done);
                    return false;
                }
                done++;
                task.after(objective);
                ObjectNode metrics = metrics(plan, batches, result, schedule.at(done - 1), objective);
                metrics.put("seconds", (System.nanoTime() - started) / 1e9);
                metricsLog.append(metrics);
                rowsLog.append(rows(plan, objective));
                listener.onStep(done, total, metrics);
                boolean looked = look(planner, done, total);
                if (done == total
                        || (looked && evaluations.exportBest())
                        || (settings.checkpointEvery() > 0 && done % settings.checkpointEvery() == 0)) {
                    save(optimizer, done);
                }
            }
            long best = best();
            if (evaluations.exportBest() && best > 0 && best != total) {
                LOG.info(
                        "the weights of step {} had the lowest held-out loss and are the ones that are exported", best);
                for (Checkpoints.Saved saved : checkpoints.all()) {
                    if (saved.step() == best) {
                        optimizer.load(saved.directory().resolve("state.safetensors"));
                    }
                }
            }
            return true;
        }
    }

    private static TrainStep.@Nullable Result run(
            TrainStep step,
            StepPlan plan,
            List<PackedBatch> batches,
            StepObjective objective,
            double lr,
            long seed,
            BooleanSupplier interrupted) {
        try {
            return step.run(batches, objective, lr, seed, interrupted);
        } catch (CheckFailed e) {
            throw new CheckFailed(
                    "step " + plan.step() + ": " + e.getMessage()
                            + "; nothing was updated, and earlier checkpoints are intact. A lower learning rate, more warm-up or"
                            + " model.compute: f32 may help; lion why shows a row",
                    e);
        }
    }

    /**
     * The largest micro-batch runs before step 1, so that memory runs out in the first minute or never (PITFALLS 20). Once for a run: when
     * it is started again, it has been shown to fit.
     */
    private void rehearse(StepPlanner planner, AdamW optimizer) {
        if (Files.exists(rehearsed)
                && Json.read(rehearsed).path("identity").asText().equals(identity())) {
            return;
        }
        PackedBatch largest = task.batch(planner.largestMicroBatch());
        TrainStep.backward(model, largest, values -> new float[values.length]);
        optimizer.weights().forEach(weight -> weight.zeroGradient());
        AtomicFiles.write(
                rehearsed,
                Json.object()
                                .put("identity", identity())
                                .put("tokens", largest.length())
                                .put("resident_bytes", Engine.residentBytes())
                                .toPrettyString()
                        + "\n");
    }

    /** Evaluates where it is due and has not been done; returns whether it is due. */
    private boolean look(StepPlanner planner, long step, long total) {
        boolean due = evaluations.due(planner, step, total);
        if (due && evalLog.lines().stream().noneMatch(line -> line.get("step").asLong() == step)) {
            Evaluations.Seen seen = evaluations.look().now();
            for (ObjectNode sample : seen.samples()) {
                samplesLog.append(Json.object().put("step", step).setAll(sample));
            }
            if (!seen.metrics().isEmpty()) {
                evalLog.append(Json.object().put("step", step).setAll(seen.metrics()));
            }
        }
        return due;
    }

    /** The step whose evaluation had the lowest loss, −1 when there is none. */
    private long best() {
        long best = -1;
        double lowest = Double.POSITIVE_INFINITY;
        for (JsonNode line : evalLog.lines()) {
            double loss = line.path("loss").asDouble(Double.POSITIVE_INFINITY);
            if (loss < lowest && line.get("step").asLong() > 0) {
                lowest = loss;
                best = line.get("step").asLong();
            }
        }
        return best;
    }

    /**
     * The loss of every row, and which rows shared a pass: as numbers into the losses, in the order they stand there; by id where a row has no
     * loss of its own.
     */
    private ObjectNode rows(StepPlan plan, StepObjective objective) {
        ObjectNode line = Json.object().put("step", plan.step());
        ObjectNode losses = line.putObject("losses");
        Map<String, Integer> place = new HashMap<>();
        objective.rowLosses().forEach((row, loss) -> {
            place.put(row, place.size());
            losses.put(row, (float) (loss[0] / loss[1]));
        });
        ArrayNode passes = line.putArray("passes");
        for (int[] micro : plan.microBatches()) {
            ArrayNode pass = passes.addArray();
            for (int example : micro) {
                for (String row : task.rows(example)) {
                    Integer at = place.get(row);
                    if (at == null) {
                        pass.add(row);
                    } else {
                        pass.add(at);
                    }
                }
            }
        }
        return line;
    }

    private long resume(AdamW optimizer) {
        Checkpoints.@Nullable Saved saved = checkpoints.latest(LOG::warn);
        long done = 0;
        if (saved != null) {
            String expected = identity();
            String found = saved.manifest().path("identity").asText();
            if (!found.equals(expected)) {
                throw BadInput.of(
                        saved.directory().resolve("manifest.json"),
                        "identity",
                        "this data, loss and settings (" + expected + ")",
                        found + "; use another run folder, or remove this one");
            }
            optimizer.load(saved.directory().resolve("state.safetensors"));
            try {
                task.load(saved.directory());
            } catch (IOException e) {
                throw new BadInput(saved.directory() + ": cannot be read: " + e.getMessage(), e);
            }
            done = saved.step();
        }
        for (RunLog log : List.of(metricsLog, rowsLog, evalLog, samplesLog)) {
            log.cutAfter(done);
        }
        return done;
    }

    private String identity() {
        return task.digest().substring(0, 16) + " " + settings;
    }

    private void save(AdamW optimizer, long done) {
        if (done == 0) {
            return;
        }
        ObjectNode extra = Json.object().put("identity", identity());
        checkpoints.save(done, extra, part -> {
            optimizer.save(part.resolve("state.safetensors"));
            task.save(part);
        });
        checkpoints.prune(Math.max(1, settings.keepLast()), evaluations.exportBest() ? best() : -1);
    }

    /** Of the model, forward and twice that backward; no credit for what is recomputed. */
    private double flops(PackedBatch batch) {
        return 3
                * model.config()
                        .forwardFlops(
                                batch.length(), batch.supervised(), batch.plan().pairs());
    }

    private ObjectNode metrics(
            StepPlan plan, List<PackedBatch> batches, TrainStep.Result result, double lr, StepObjective objective) {
        ObjectNode metrics = Json.object();
        metrics.put("step", plan.step());
        metrics.put("epoch", plan.epoch());
        metrics.put("loss", result.loss());
        metrics.put("grad_norm", result.gradNorm());
        metrics.put("lr", lr);
        metrics.put("tokens", batches.stream().mapToLong(PackedBatch::length).sum());
        metrics.put(
                "supervised",
                batches.stream().mapToLong(PackedBatch::supervised).sum());
        metrics.put("flops", batches.stream().mapToDouble(this::flops).sum());
        for (Map.Entry<String, double[]> metric : objective.metrics().entrySet()) {
            metrics.put(metric.getKey(), metric.getValue()[0] / metric.getValue()[1]);
        }
        return metrics;
    }
}
