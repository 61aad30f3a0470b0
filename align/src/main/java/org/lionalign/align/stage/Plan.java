package org.lionalign.align.stage;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.lionalign.align.train.Evaluations;
import org.lionalign.align.train.StepPlan;
import org.lionalign.align.train.StepPlanner;
import org.lionalign.align.train.TrainStep;
import org.lionalign.align.train.TrainingTask;
import org.lionalign.core.json.Json;
import org.lionalign.core.pack.PackedBatch;
import org.lionalign.core.recipe.StageRecipe;
import org.lionalign.torch.model.CausalLm;
import org.lionalign.torch.model.ModelConfig;
import org.lionalign.torch.nn.Weight;
import org.lionalign.torch.optim.AdamW;
import org.lionalign.torch.optim.Gradients;
import org.lionalign.torch.tensor.Engine;

/**
 * {@code lion plan}: tokens, FLOPs, memory, time and disk of a run before anything is spent on it. Time and memory come from running the
 * largest and some usual micro-batches of the run itself, and one optimizer step, on this machine; no weight is kept.
 */
public final class Plan {
    /** Seconds of passes before the clock starts: the first of a process are slower than the rest. */
    private static final double WARM_SECONDS = 2;

    /** Passes that are timed at least, and for how long at least. */
    private static final int TIMED = 3;

    private static final double TIMED_SECONDS = 6;

    private Plan() {}

    /** The plan, in seconds, bytes, FLOPs and tokens. */
    public static ObjectNode of(StageRecipe recipe, StageKind kind, Path cache) {
        try (StageInputs inputs = StageInputs.open(recipe, kind, cache, null)) {
            CausalLm model = inputs.model();
            ModelConfig config = model.config();
            TrainingTask task = kind == StageKind.DPO ? inputs.planned() : inputs.task();
            inputs.prepareTraining();
            StepPlanner planner = StageInputs.planner(recipe, task);
            long steps = planner.steps(StageInputs.epochs(recipe));
            if (recipe.train().maxSteps() > 0) {
                steps = Math.min(steps, recipe.train().maxSteps());
            }
            ObjectNode plan = Json.object();
            long tokens = 0;
            long supervised = 0;
            long passes = 0;
            double flops = 0;
            for (long s = 1; s <= steps; s++) {
                StepPlan step = planner.step(s);
                passes += step.microBatches().size();
                for (int[] micro : step.microBatches()) {
                    PackedBatch batch = task.batch(micro);
                    tokens += batch.length();
                    supervised += batch.supervised();
                    flops += 3
                            * config.forwardFlops(
                                    batch.length(),
                                    batch.supervised(),
                                    batch.plan().pairs());
                }
            }
            plan.put("steps", steps).put("passes", passes);
            plan.put("tokens", tokens).put("supervised_tokens", supervised);
            plan.put("flops", flops);
            if (kind == StageKind.DPO && inputs.readsReference()) {
                plan.put(
                        "reference_flops",
                        flops / 3 / Math.max(1, recipe.train().epochs()));
            }
            calibrate(plan, inputs, task, planner, steps, tokens, kind);
            memory(plan, model, recipe);
            return plan;
        }
    }

    private static void calibrate(
            ObjectNode plan,
            StageInputs inputs,
            TrainingTask task,
            StepPlanner planner,
            long steps,
            long tokens,
            StageKind kind) {
        CausalLm model = inputs.model();
        long before = Engine.residentBytes();
        pass(model, task.batch(planner.largestMicroBatch()));
        plan.put("resident_with_largest_pass", Engine.residentBytes()).put("resident_before_it", before);
        double perToken = secondsPerToken(model, task, planner, steps);
        double update;
        try (AdamW optimizer = new AdamW(model.weights(), inputs.settings().adam())) {
            optimizer.step(0); // touches the moments for the first time
            long start = System.nanoTime();
            Gradients.clip(optimizer.weights(), 1);
            optimizer.step(0);
            update = (System.nanoTime() - start) / 1e9;
        }
        double training = perToken * tokens + update * steps;
        PackedBatch batch = task.batch(planner.step(1).microBatches().get(0));
        TrainStep.outputs(model, batch); // warms up
        long start = System.nanoTime();
        TrainStep.outputs(model, batch);
        double forward = (System.nanoTime() - start) / 1e9 / batch.length();
        long held = inputs.heldOutTokens();
        double reference = 0;
        if (kind == StageKind.DPO && inputs.readsReference()) {
            long trained =
                    IntStream.range(0, task.examples()).mapToLong(task::length).sum();
            reference = forward * (trained + held);
        }
        long evaluations = held == 0 ? 0 : evaluations(inputs, planner, steps);
        double evaluation = forward * held * evaluations;
        plan.put("evaluations", evaluations);
        ObjectNode time = plan.putObject("seconds");
        time.put("training", training).put("reference", reference).put("evaluation", evaluation);
        time.put("total", training + reference + evaluation);
        time.put("tokens_per_second", 1 / perToken).put("optimizer_step", update);
    }

    /** Over the run's own micro-batches, from its first step on. */
    private static double secondsPerToken(CausalLm model, TrainingTask task, StepPlanner planner, long steps) {
        double seconds = -WARM_SECONDS;
        long tokens = 0;
        int passes = 0;
        for (long step = 1; ; step = step % steps + 1) {
            for (int[] micro : planner.step(step).microBatches()) {
                long start = System.nanoTime();
                PackedBatch batch = task.batch(micro);
                pass(model, batch);
                double spent = (System.nanoTime() - start) / 1e9;
                if (seconds < 0) {
                    seconds = Math.min(0, seconds + spent);
                    continue;
                }
                seconds += spent;
                tokens += batch.length();
                passes++;
                if (passes >= TIMED && seconds >= TIMED_SECONDS) {
                    return seconds / tokens;
                }
            }
        }
    }

    /** Before the first step, after the last, and where the recipe says. */
    private static long evaluations(StageInputs inputs, StepPlanner planner, long steps) {
        Evaluations when = inputs.evaluations(Evaluations.NONE.look());
        return LongStream.rangeClosed(0, steps)
                .filter(step -> when.due(planner, step, steps))
                .count();
    }

    private static void pass(CausalLm model, PackedBatch batch) {
        TrainStep.backward(model, batch, values -> {
            float[] gradient = new float[values.length];
            Arrays.fill(gradient, -1f / Math.max(1, values.length));
            return gradient;
        });
        model.weights().forEach(Weight::zeroGradient);
    }

    private static void memory(ObjectNode plan, CausalLm model, StageRecipe recipe) {
        long trained = 0;
        long all = 0;
        for (Weight weight : model.weights()) {
            long n = weight.numel();
            all += n;
            trained += weight.trainable() ? n : 0;
        }
        boolean half = recipe.model().compute().equals("bf16");
        ObjectNode memory = plan.putObject("memory_bytes");
        memory.put("weights", trained > 0 && recipe.model().lora() == null ? 4 * all : (half ? 2 : 4) * all);
        memory.put("gradients", 4 * trained);
        memory.put("adam_moments", 8 * trained);
        long pass = plan.path("resident_with_largest_pass").asLong()
                - plan.path("resident_before_it").asLong();
        memory.put("largest_pass", Math.max(0, pass));
        memory.put("resident", plan.path("resident_with_largest_pass").asLong() + 8 * trained);
        ObjectNode disk = plan.putObject("disk_bytes");
        disk.put("checkpoint", 12 * trained);
        disk.put("checkpoints", 12 * trained * (recipe.train().keepCheckpoints() + 1L));
        disk.put("model", model.config().parameters() * (half ? 2 : 4));
    }

    /** How far off a plan was, for the run's summary. */
    static ObjectNode compared(ObjectNode plan, double seconds) {
        double planned = plan.path("seconds").path("training").asDouble();
        return Json.object()
                .put("planned_seconds", planned)
                .put("actual_seconds", seconds)
                .put("off", planned > 0 ? seconds / planned - 1 : 0);
    }
}
