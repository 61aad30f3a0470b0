package org.lionalign.align.stage;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.lionalign.align.objective.PairLogps;
import org.lionalign.align.objective.PairValue;
import org.lionalign.align.report.RunReport;
import org.lionalign.align.text.AnswerWriter;
import org.lionalign.align.text.TextExport;
import org.lionalign.align.text.TextModel;
import org.lionalign.align.train.Evaluations;
import org.lionalign.align.train.PairObjective;
import org.lionalign.align.train.RunLog;
import org.lionalign.align.train.StepObjective;
import org.lionalign.align.train.TrainStep;
import org.lionalign.align.train.Trainer;
import org.lionalign.align.train.TrainingTask;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.error.CheckFailed;
import org.lionalign.core.format.AtomicFiles;
import org.lionalign.core.json.Json;
import org.lionalign.core.json.JsonLines;
import org.lionalign.core.pack.BestFit;
import org.lionalign.core.pack.PackedBatch;
import org.lionalign.core.recipe.LossRecipe;
import org.lionalign.core.recipe.RecipeReader;
import org.lionalign.core.recipe.StageRecipe;
import org.lionalign.core.stats.Wilson;
import org.lionalign.torch.model.CausalLm;
import org.lionalign.torch.model.LoadOptions;
import org.lionalign.torch.model.LoraAdapters;
import org.lionalign.torch.model.ModelWriter;
import org.lionalign.torch.model.SamplingOptions;
import org.lionalign.torch.tensor.Dtype;

/**
 * One stage from recipe to model: pre-training, supervised fine-tuning, preference learning or a reward model. In the run's folder: {@code recipe.resolved.yaml},
 * {@code ledger.json}, the trainer's logs and checkpoints, {@code summary.json} (held-out before and after) and
 * {@code model/}. The same call again continues.
 */
public final class Stage {
    private static final org.slf4j.Logger LOG = org.slf4j.LoggerFactory.getLogger(Stage.class);

    private final StageRecipe recipe;
    private final StageKind kind;
    private final Path run;
    private Path data;
    private String resolved;
    private final List<String> alarmed = new ArrayList<>();

    private Stage(StageRecipe recipe, StageKind kind, Path run) {
        this.recipe = recipe;
        this.kind = kind;
        this.run = run;
        this.data = run.resolve("data");
        this.resolved = RecipeReader.write(recipe);
    }

    /** The folder of encoded rows, when several runs share one; default {@code data} in the run's. */
    public Stage data(Path folder) {
        this.data = folder;
        return this;
    }

    /** The stage of a kind. */
    public static Stage of(StageKind kind, StageRecipe recipe, Path run) {
        return switch (kind) {
            case PRETRAIN -> pretrain(recipe, run);
            case SFT -> sft(recipe, run);
            case DPO -> dpo(recipe, run);
            case REWARD -> reward(recipe, run);
        };
    }

    /** Whether a preference stage needs the log-probabilities of a fixed reference before it starts. */
    public static boolean needsReferencePass(@Nullable LossRecipe loss) {
        LossRecipe wanted = Objects.requireNonNullElse(loss, LossRecipe.DEFAULT);
        return Losses.of(wanted, wanted.beta()).usesReference();
    }

    /** The resolved recipe with the origin of each value, to be kept with the run instead of the plain one. */
    public Stage resolved(String text) {
        this.resolved = text;
        return this;
    }

    /**
     * Next-token training on plain text. A model folder without weights is trained from random ones, a function of its config and the
     * recipe's seed.
     */
    public static Stage pretrain(StageRecipe recipe, Path run) {
        if (recipe.loss() != null || recipe.reference() != null || recipe.reward() != null) {
            throw new BadInput((recipe.loss() != null ? "loss" : recipe.reference() != null ? "reference" : "reward")
                    + ": expected nothing for pretrain (it is cross-entropy on text), found a section");
        }
        if (recipe.model().template() != null) {
            throw new BadInput("model.template: expected nothing for pretrain (documents have no turns), found "
                    + recipe.model().template());
        }
        Integer probe = recipe.eval().probePrompts();
        if (probe != null && probe > 0) {
            throw new BadInput(
                    "eval.probe_prompts: expected nothing for pretrain (documents ask nothing), found " + probe);
        }
        return new Stage(recipe, StageKind.PRETRAIN, run);
    }

    /** Supervised fine-tuning. */
    public static Stage sft(StageRecipe recipe, Path run) {
        if (recipe.reference() != null) {
            throw new BadInput("reference: expected nothing for sft, found a section");
        }
        if (recipe.loss() != null) {
            throw new BadInput("loss: expected nothing for sft (it is cross-entropy), found a section");
        }
        if (recipe.reward() != null) {
            throw new BadInput("reward: expected nothing for sft, found a section");
        }
        return new Stage(recipe, StageKind.SFT, run);
    }

    /** Preference learning. */
    public static Stage dpo(StageRecipe recipe, Path run) {
        if (recipe.reward() != null) {
            throw new BadInput("reward: expected nothing for dpo (its reward is implicit), found a section");
        }
        return new Stage(recipe, StageKind.DPO, run);
    }

    /** A reward model on the pairs of a preference stage (Bradley–Terry), into a sequence classifier that transformers loads. */
    public static Stage reward(StageRecipe recipe, Path run) {
        if (recipe.loss() != null || recipe.reference() != null) {
            throw new BadInput((recipe.loss() != null ? "loss" : "reference")
                    + ": expected nothing for reward (it is Bradley-Terry), found a section");
        }
        Integer probe = recipe.eval().probePrompts();
        if (recipe.eval().prompts() != null || (probe != null && probe > 0)) {
            throw new BadInput((recipe.eval().prompts() != null ? "eval.prompts" : "eval.probe_prompts")
                    + ": expected nothing for reward (it answers nothing), found "
                    + (recipe.eval().prompts() != null ? recipe.eval().prompts() : probe));
        }
        return new Stage(recipe, StageKind.REWARD, run);
    }

    /**
     * The reference pass of preference learning alone: this rank's share of the shards of the recipe's cache.
     *
     * @param data folder of encoded rows; the cache lies beside it unless the recipe names another
     */
    public static void reference(StageRecipe recipe, Path data, int rank, int world) {
        try (StageInputs inputs = StageInputs.open(
                recipe,
                StageKind.DPO,
                data,
                LoadOptions.inference(Dtype.ofCompute(recipe.model().compute())))) {
            inputs.computeReferences(rank, world);
        }
    }

    /**
     * Runs or continues the stage.
     *
     * @return the summary, or null when interrupted (a checkpoint was written)
     */
    public @Nullable ObjectNode run(Trainer.Listener listener, BooleanSupplier interrupted) {
        try (StageInputs inputs = StageInputs.open(recipe, kind, data, null)) {
            CausalLm model = inputs.model();
            write("recipe.resolved.yaml", resolved);
            double rate = inputs.productRate();
            write(
                    "environment.json",
                    Environment.now().put("product_rate", rate).toPrettyString());
            // The reference is this very model before its first step, in the same numeric mode.
            TrainingTask task = inputs.task();
            TrainingTask heldTask = inputs.heldOut();
            write("ledger.json", inputs.data().ledgerJson().toPrettyString());
            inputs.prepareTraining();
            if (!Files.exists(run.resolve("first_batch.json"))) {
                ObjectNode found = FirstBatch.check(model, task, StageInputs.planner(recipe, task));
                write("first_batch.json", found.toPrettyString());
            }
            Evaluations.Look look = look(model, inputs.text(), heldTask);
            boolean looks = heldTask != null || recipe.eval().prompts() != null;
            if (looks && !Files.exists(run.resolve("eval.jsonl")) && !Files.exists(run.resolve("samples.jsonl"))) {
                LOG.info("the model is evaluated once before step 1");
            }
            Evaluations evaluations = looks ? inputs.evaluations(look) : Evaluations.NONE;
            int[] epochBefore = {Integer.MAX_VALUE}; // unknown to a resumed run
            boolean finished = false;
            try {
                finished = new Trainer(model, task, inputs.settings(), evaluations, run)
                        .train(
                                (step, total, metrics) -> {
                                    int epoch = metrics.get("epoch").asInt();
                                    if (kind == StageKind.DPO && comparesWithItself(step, epoch > epochBefore[0])) {
                                        checkReference(step, metrics);
                                    }
                                    epochBefore[0] = epoch;
                                    metrics.put(
                                            "product_share",
                                            metrics.get("flops").asDouble()
                                                    / metrics.get("seconds").asDouble()
                                                    / rate);
                                    listener.onStep(step, total, metrics);
                                },
                                () -> interrupted.getAsBoolean() || !alarmed.isEmpty());
            } finally {
                if (!finished) {
                    RunReport.write(run); // what there is, also when a check stopped the run
                }
            }
            if (!finished) {
                if (!alarmed.isEmpty()) {
                    throw new CheckFailed(run + ": stopped (eval.on_alarm): " + alarmed.get(0)
                            + "; a checkpoint is there, and with eval.on_alarm=report the same command goes on");
                }
                return null;
            }
            if (recipe.model().lora() != null) {
                LoraAdapters.merge(model);
            }
            probe(inputs);
            ObjectNode summary = summary();
            ModelWriter.save(model, run.resolve("model"), inputs.stored(), ModelWriter.SHARD_BYTES);
            if (kind != StageKind.PRETRAIN) {
                TextExport.write(inputs.text(), run.resolve("model"));
            }
            write("summary.json", summary.toPrettyString());
            RunReport.write(run);
            return summary;
        }
    }

    private Evaluations.Look look(CausalLm model, TextModel text, @Nullable TrainingTask held) {
        String file = recipe.eval().prompts();
        List<JsonLines.Row> prompts = new ArrayList<>();
        if (file != null) {
            try (JsonLines lines = JsonLines.open(Path.of(file))) {
                lines.forEach(prompts::add);
            }
        }
        SamplingOptions greedy =
                SamplingOptions.greedy(Objects.requireNonNullElse(recipe.eval().maxNewTokens(), 128), text.stops());
        return () -> {
            ObjectNode metrics = held == null ? Json.object() : evaluate(model, held);
            List<ObjectNode> answers = prompts.isEmpty()
                    ? List.of()
                    : new AnswerWriter(model, text, List.of()).answer(prompts, String.valueOf(file), greedy, () -> {});
            if (recipe.eval().onAlarm().equals("stop")) {
                alarmed.addAll(alarms(Json.object()));
            }
            return new Evaluations.Seen(metrics, answers);
        };
    }

    /** @param probe what {@link StopProbe} counted, or nothing */
    private List<String> alarms(ObjectNode probe) {
        return Alarms.of(
                new RunLog(run.resolve("metrics.jsonl")).lines(),
                new RunLog(run.resolve("samples.jsonl")).lines(),
                probe);
    }

    /** Does the model end its answers? Nothing for reward models, which answer nothing, nor where documents have no prompt. */
    private void probe(StageInputs inputs) {
        int prompts = Objects.requireNonNullElse(recipe.eval().probePrompts(), 20);
        if ((kind == StageKind.SFT || kind == StageKind.DPO) && prompts > 0) {
            ObjectNode probe = StopProbe.run(inputs.model(), inputs.text(), inputs.heldOutOrTrained(), prompts);
            write("probe.json", probe.toPrettyString());
        }
    }

    /** Held-out metrics before the first step and after the last, from the run's log. */
    private ObjectNode summary() {
        ObjectNode summary = Json.object();
        List<JsonNode> lines = new RunLog(run.resolve("eval.jsonl")).lines();
        if (!lines.isEmpty()) {
            summary.set("held_out_before", lines.get(0));
            JsonNode last = lines.get(lines.size() - 1);
            summary.set("held_out_after", last);
            if (last.has("rewards/accuracies")) {
                summary.set("held_out_accuracy", accuracy(last));
            }
        }
        double seconds = 0;
        long supervised = 0;
        for (JsonNode line : new RunLog(run.resolve("metrics.jsonl")).lines()) {
            seconds += line.path("seconds").asDouble();
            supervised += line.path("supervised").asLong();
        }
        ObjectNode probe = Json.object();
        if (Files.exists(run.resolve("probe.json"))) {
            probe = (ObjectNode) Json.read(run.resolve("probe.json"));
            probe.remove("answers");
            summary.set("probe", probe);
        }
        List<String> alarms = alarms(probe);
        if (!alarms.isEmpty()) {
            alarms.forEach(summary.putArray("alarms")::add);
        }
        summary.put("training_seconds", seconds).put("supervised_tokens", supervised);
        Path plan = run.resolve("plan.json");
        if (Files.exists(plan)) {
            summary.set("plan", Plan.compared((ObjectNode) Json.read(plan), seconds));
        }
        return summary;
    }

    /** The share of held-out pairs whose chosen answer has the larger reward, with Wilson's 95 % interval. */
    private static ObjectNode accuracy(JsonNode evaluation) {
        long pairs = evaluation.get("examples").asLong();
        long right = Math.round(evaluation.get("rewards/accuracies").asDouble() * pairs);
        Wilson interval = Wilson.interval(right, pairs);
        return Json.object()
                .put("pairs", pairs)
                .put("right", right)
                .put("accuracy", (double) right / pairs)
                .put("low", interval.low())
                .put("high", interval.high())
                .put("above_chance", interval.low() > 0.5);
    }

    /** Whether the reference is the policy as it is before this step. */
    private boolean comparesWithItself(long step, boolean newEpoch) {
        StageRecipe.Lora lora = recipe.model().lora();
        if (recipe.train().neftuneAlpha() > 0 || (lora != null && lora.dropout() > 0)) {
            return false; // noise and dropout make the policy another than itself
        }
        StageRecipe.Reference reference = recipe.reference();
        if (step == 1) {
            return reference == null || reference.path() == null;
        }
        if (reference == null) {
            return false;
        }
        Long every = reference.refreshSteps();
        return (every != null && (step - 1) % every == 0)
                || (newEpoch && reference.refresh().equals("epoch"));
    }

    /**
     * Before the first update policy and reference are the same model: a plain DPO loss must be ln 2 (invariant 6), and whatever the loss, the
     * log-ratios must be 0.
     */
    private void checkReference(long step, JsonNode metrics) {
        boolean exact = recipe.model().compute().equals("f32");
        double loss = metrics.get("loss").asDouble();
        if (Losses.recipe(recipe).plain() && Math.abs(loss - Math.log(2)) > (exact ? 1e-4 : 2e-2)) {
            throw notTheReference(step, "a loss of ln 2 = 0.6931", loss);
        }
        for (String answer : List.of("kl/chosen", "kl/rejected")) {
            double ratio = metrics.path(answer).asDouble();
            if (needsReferencePass(recipe.loss()) && Math.abs(ratio) > (exact ? 1e-4 : 5e-2)) {
                throw notTheReference(step, answer + " of 0", ratio);
            }
        }
    }

    private CheckFailed notTheReference(long step, String expected, double found) {
        StageRecipe.Reference reference = recipe.reference();
        return new CheckFailed(
                run + ": step " + step + ": expected " + expected + " (policy = reference), found " + found
                        + "; the stored log-probabilities are not those of "
                        + recipe.model().path()
                        + (reference == null || reference.cache() == null ? "" : "; they are in " + reference.cache()));
    }

    /** Loss and metrics over all held-out examples, weighted exactly. */
    private ObjectNode evaluate(CausalLm model, TrainingTask task) {
        int[] all = IntStream.range(0, task.examples()).toArray();
        List<PackedBatch> batches = BestFit.pack(
                        all, task::length, recipe.train().microBatchTokens())
                .stream()
                .map(task::batch)
                .toList();
        StepObjective objective = task.objective(batches);
        List<float[]> logps =
                batches.stream().map(batch -> TrainStep.outputs(model, batch)).toList();
        for (int b = 0; b < batches.size(); b++) {
            TrainStep.align(model, batches.get(b), logps.get(b), objective);
            objective.observe(batches.get(b), logps.get(b));
        }
        for (int b = 0; b < batches.size(); b++) {
            objective.gradient(batches.get(b), logps.get(b));
        }
        ObjectNode node = Json.object();
        node.put("examples", task.examples());
        node.put("loss", objective.loss());
        objective.metrics().forEach((name, metric) -> node.put(name, metric[0] / metric[1]));
        if (objective instanceof PairObjective pairs) {
            LossRecipe wanted = Losses.recipe(recipe);
            List<PairLogps> seen = pairs.observed();
            Losses.all(wanted.beta(), Losses.of(wanted, wanted.beta()).usesReference())
                    .forEach((name, loss) -> node.put(
                            "would_be/" + name,
                            loss.evaluate(seen).stream()
                                    .mapToDouble(PairValue::loss)
                                    .average()
                                    .orElse(Double.NaN)));
        }
        return node;
    }

    private void write(String name, String text) {
        try {
            Files.createDirectories(run);
        } catch (IOException e) {
            throw new BadInput(run + ": cannot be made: " + e.getMessage(), e);
        }
        AtomicFiles.write(run.resolve(name), text + "\n");
    }
}
