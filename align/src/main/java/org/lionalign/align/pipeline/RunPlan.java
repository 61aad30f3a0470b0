package org.lionalign.align.pipeline;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lionalign.align.stage.Plan;
import org.lionalign.align.stage.Stage;
import org.lionalign.align.stage.StageKind;
import org.lionalign.core.json.Json;
import org.lionalign.core.recipe.JudgeRecipe;
import org.lionalign.core.recipe.LossRecipe;
import org.lionalign.core.recipe.RunRecipe;
import org.lionalign.core.recipe.SampleRecipe;
import org.lionalign.core.recipe.StageRecipe;

/**
 * {@code lion plan} of a whole run, before anything is spent: for each training stage the plan of {@link Plan} on the base model, whose shape
 * all of the run's models share; for sampling and judging what they read and write at most (every answer as long as it may be), at the rates
 * that are measured here. What runs on a server, and a judge that is another model, has no time.
 */
public final class RunPlan {
    private final RunRecipe recipe;
    private final Path work;
    private final ArrayNode stages = Json.MAPPER.createArrayNode();
    private double trainedTokensPerSecond;

    private RunPlan(RunRecipe recipe, Path work) {
        this.recipe = recipe;
        this.work = work;
    }

    /**
     * The plan: {@code stages} with what each takes, {@code nodes} with seconds by the run's step, {@code seconds}, {@code memory_bytes} of the
     * largest stage and {@code disk_bytes} of all.
     *
     * @param work a folder for encoded rows, to be thrown away
     */
    public static ObjectNode of(RunRecipe recipe, Path work) {
        return new RunPlan(recipe, work).make();
    }

    private ObjectNode make() {
        RunRecipe.Sft sft = recipe.sft();
        if (sft != null) {
            train("sft", StageKind.SFT, stage(sft.data(), sft.train(), null, null, null, sft.eval(), sft.seed()), true);
        }
        RunRecipe.RewardModel reward = recipe.reward();
        if (reward != null) {
            StageRecipe stage =
                    stage(reward.data(), reward.train(), null, null, reward.reward(), reward.eval(), reward.seed());
            train("reward", StageKind.REWARD, stage, true);
        }
        RunRecipe.Dpo dpo = recipe.dpo();
        if (dpo != null) {
            StageRecipe stage =
                    stage(dpo.data(), dpo.train(), dpo.loss(), refresh(dpo.reference()), null, dpo.eval(), dpo.seed());
            train("dpo", StageKind.DPO, stage, Stage.needsReferencePass(dpo.loss()));
        }
        RunRecipe.Online online = recipe.online();
        if (online != null) {
            online(online);
        }
        RunRecipe.Compare compare = recipe.compare();
        if (compare != null && !compare.prompts().isEmpty()) {
            compare(compare);
        }
        return summed();
    }

    private StageRecipe stage(
            StageRecipe.Data data,
            StageRecipe.Train train,
            @Nullable LossRecipe loss,
            StageRecipe.@Nullable Reference reference,
            StageRecipe.@Nullable Reward reward,
            StageRecipe.Eval eval,
            @Nullable Long seed) {
        return new StageRecipe(
                recipe.model(), data, train, loss, reference, reward, eval, seed == null ? recipe.seed() : seed);
    }

    /** Another reference is a model that may not be there yet; when it is refreshed matters. */
    private static StageRecipe.@Nullable Reference refresh(StageRecipe.@Nullable Reference reference) {
        return reference == null
                ? null
                : new StageRecipe.Reference(null, null, reference.refresh(), reference.refreshSteps());
    }

    private ObjectNode train(String name, StageKind kind, StageRecipe stage, boolean reference) {
        ObjectNode plan = Plan.of(stage, kind, work.resolve("data"));
        ObjectNode seconds = plan.withObject("/seconds");
        if (!reference) {
            seconds.put("reference", 0).put("total", seconds.path("training").asDouble());
        }
        trainedTokensPerSecond = seconds.path("tokens_per_second").asDouble();
        ObjectNode named = stages.addObject().put("name", name).put("kind", "train");
        named.setAll(plan);
        return named;
    }

    private void online(RunRecipe.Online section) {
        long seed = section.seed() == null ? recipe.seed() : section.seed();
        SampleRecipe sample = section.sample();
        double perPrompt =
                section.pairs().rule().equals("all_above_margin") ? sample.answers() * (sample.answers() - 1) / 2.0 : 1;
        PlannedAnswers.Prompts prompts;
        List<StageRecipe.Source> train = new ArrayList<>();
        try (PlannedAnswers answers = new PlannedAnswers(recipe.model(), sample)) {
            prompts = answers.prompts(section.prompts(), section.promptLimit(), seed);
            train.add(answers.pairs(
                    prompts,
                    section.maxLengthTokens(),
                    section.onlineFraction() * perPrompt,
                    work.resolve("planned-pairs.jsonl")));
        }
        train.addAll(section.mix());
        StageRecipe stage = stage(
                StageRecipe.Data.of(train, section.heldOut(), section.maxLengthTokens()),
                section.train(),
                section.loss(),
                null,
                null,
                section.eval(),
                seed);
        ObjectNode first = null;
        for (int k = 1; k <= section.iterations(); k++) {
            String name = "online-" + k;
            sampling(name + "/sample", sample, sample.answers(), prompts, prompts.count());
            judging(name + "/judge", section.judges(), prompts, sample, sample.answers());
            if (first == null) {
                first = train(name, StageKind.DPO, stage, Stage.needsReferencePass(section.loss()));
            } else {
                stages.add(first.deepCopy().put("name", name)); // every iteration has as many pairs at most
            }
            sampling(name + "/gate", sample, 2, prompts, Math.min(Gate.PROMPTS, prompts.count()));
        }
    }

    /** @param answers to each prompt */
    private void sampling(String name, SampleRecipe sample, int answers, PlannedAnswers.Prompts prompts, int count) {
        long tokens = (long) count * answers * sample.maxNewTokens();
        ObjectNode stage = stages.addObject().put("name", name).put("kind", "sample");
        stage.put("prompts", count).put("answers", (long) count * answers).put("tokens", tokens);
        if (sample.server() == null) {
            double rate = prompts.tokensPerSecond();
            stage.putObject("seconds").put("total", tokens / rate).put("tokens_per_second", rate);
        }
    }

    private void judging(
            String name, List<JudgeRecipe> judges, PlannedAnswers.Prompts prompts, SampleRecipe sample, int answers) {
        long read = prompts.tokens() + (long) prompts.count() * answers * sample.maxNewTokens();
        long twos = (long) prompts.count() * answers * (answers - 1);
        for (JudgeRecipe judge : judges) {
            ObjectNode stage = stages.addObject().put("name", name).put("kind", "judge");
            stage.put("judge", judge.title()).put("prompts", prompts.count());
            switch (judge.type()) {
                case "reward", "implicit" -> {
                    // A pass forwards is a third of a step's work; the implicit reward takes two.
                    long tokens = read * (judge.type().equals("implicit") ? 2 : 1);
                    stage.put("tokens", tokens);
                    if (trainedTokensPerSecond > 0
                            && String.valueOf(judge.path()).startsWith("@")) {
                        stage.putObject("seconds").put("total", tokens / (3 * trainedTokensPerSecond));
                    }
                }
                case "llm" ->
                    stage.put("requests", "score".equals(judge.mode()) ? (long) prompts.count() * answers : twos);
                case "pairrm" -> stage.put("comparisons", twos);
                default -> stage.putObject("seconds").put("total", 0);
            }
        }
    }

    private void compare(RunRecipe.Compare section) {
        SampleRecipe sample = section.sample();
        PlannedAnswers.Prompts prompts;
        try (PlannedAnswers answers = new PlannedAnswers(recipe.model(), sample)) {
            prompts = answers.prompts(section.prompts(), section.limit(), recipe.seed());
        }
        List<String> models = new ArrayList<>(List.of("base"));
        if (recipe.sft() != null) {
            models.add("sft");
        }
        if (recipe.dpo() != null) {
            models.add("dpo");
        }
        RunRecipe.Online online = recipe.online();
        for (int k = 1; online != null && k <= online.iterations(); k++) {
            models.add(online.iterations() == 1 ? "online" : "online-" + k);
        }
        models.forEach(model -> sampling("compare/" + model, sample, sample.answers(), prompts, prompts.count()));
        judging("compare", section.judges(), prompts, sample, models.size());
    }

    private ObjectNode summed() {
        ObjectNode plan = Json.object();
        plan.set("stages", stages);
        ObjectNode nodes = plan.putObject("nodes");
        ArrayNode unknown = Json.MAPPER.createArrayNode();
        double seconds = 0;
        double memory = 0;
        double disk = 0;
        for (JsonNode stage : stages) {
            String name = stage.path("name").asText();
            JsonNode time = stage.path("seconds");
            if (!time.has("total")) {
                unknown.add(name);
                continue;
            }
            seconds += time.path("total").asDouble();
            double reference = time.path("reference").asDouble();
            if (reference > 0) {
                nodes.put(name + "/reference", reference);
            }
            nodes.put(name, nodes.path(name).asDouble() + time.path("total").asDouble() - reference);
            memory =
                    Math.max(memory, stage.path("memory_bytes").path("resident").asDouble());
            disk += stage.path("disk_bytes").path("checkpoints").asDouble()
                    + stage.path("disk_bytes").path("model").asDouble();
        }
        plan.put("seconds", seconds).put("memory_bytes", memory).put("disk_bytes", disk);
        if (!unknown.isEmpty()) {
            plan.set("without_a_time", unknown);
        }
        return plan;
    }
}
