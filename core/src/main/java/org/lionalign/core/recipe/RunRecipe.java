package org.lionalign.core.recipe;

import static org.lionalign.core.recipe.Checks.require;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The whole way in one file: {@code lion run}. Stages follow each other in the order of the components; one that is left out is skipped, and
 * the next starts from the model before it. The parts are those of the single stages.
 *
 * @param model the base model, and how it is computed
 * @param sft supervised fine-tuning
 * @param reward a reward model from the sft model, for judges that name {@code @reward}
 * @param dpo offline preference learning
 * @param online sample, judge, pair, train
 * @param compare the stages against each other on held-out prompts
 * @param seed of everything, 42
 */
public record RunRecipe(
        StageRecipe.Model model,
        @Nullable Sft sft,
        @Nullable RewardModel reward,
        @Nullable Dpo dpo,
        @Nullable Online online,
        @Nullable Compare compare,
        Long seed) {
    public RunRecipe {
        require(model != null, "model", "a section", "nothing");
        require(
                sft != null || reward != null || dpo != null || online != null || compare != null,
                "recipe",
                "at least one of sft, reward, dpo, online, compare",
                "none");
        seed = seed == null ? 42L : seed;
    }

    /**
     * As {@code lion sft}.
     *
     * @param seed of this stage, the run's
     */
    public record Sft(
            StageRecipe.Data data,
            StageRecipe.Train train,
            StageRecipe.Eval eval,
            @Nullable Long seed) {
        public Sft {
            require(data != null, "sft.data", "a section", "nothing");
            train = train == null ? StageRecipe.Train.DEFAULT : train;
            eval = eval == null ? StageRecipe.Eval.DEFAULT : eval;
            eval.check(data.eval(), "sft.data.eval", "sft.eval");
        }
    }

    /**
     * As {@code lion reward}.
     *
     * @param seed of this stage, the run's
     */
    public record RewardModel(
            StageRecipe.Data data,
            StageRecipe.Train train,
            StageRecipe.@Nullable Reward reward,
            StageRecipe.Eval eval,
            @Nullable Long seed) {
        public RewardModel {
            require(data != null, "reward.data", "a section", "nothing");
            train = train == null ? StageRecipe.Train.DEFAULT : train;
            eval = eval == null ? StageRecipe.Eval.DEFAULT : eval;
            eval.check(data.eval(), "reward.data.eval", "reward.eval");
        }
    }

    /**
     * As {@code lion dpo}; the reference is the model that the stage starts from, unless it names another.
     *
     * @param seed of this stage, the run's
     */
    public record Dpo(
            StageRecipe.Data data,
            StageRecipe.Train train,
            @Nullable LossRecipe loss,
            StageRecipe.@Nullable Reference reference,
            StageRecipe.Eval eval,
            @Nullable Long seed) {
        public Dpo {
            require(data != null, "dpo.data", "a section", "nothing");
            require(
                    reference == null || reference.cache() == null,
                    "dpo.reference.cache",
                    "nothing in a run, which keeps the log-probabilities among its artifacts",
                    reference == null ? null : reference.cache());
            train = train == null ? StageRecipe.Train.DEFAULT : train;
            eval = eval == null ? StageRecipe.Eval.DEFAULT : eval;
            eval.check(data.eval(), "dpo.data.eval", "dpo.eval");
        }
    }

    /**
     * Online preference learning: iteration k samples from policy k−1 and, unless the reference is fixed, refers to it.
     *
     * @param prompts sources of prompts: rows with {@code prompt}, {@code messages}, or pairs, whose prompt is taken
     * @param promptLimit prompts of each iteration (the first of the seeded order), all
     * @param iterations 1 (LION's)
     * @param judges one, or an ensemble
     * @param mix offline pairs that are mixed in by the ordinary mixer
     * @param onlineFraction of the online pairs in that mix, 1
     * @param heldOut held-out pairs, none
     * @param maxLengthTokens longest pair, default the model's context
     * @param reference {@code previous} (default: the policy that sampled) or {@code fixed} (the model that the online stage started from)
     * @param eval looking at the policy while it is trained, in every iteration
     * @param stop when to stop before all iterations are done, and which to keep
     * @param seed of this stage, the run's
     */
    public record Online(
            List<StageRecipe.Source> prompts,
            @Nullable Integer promptLimit,
            Integer iterations,
            SampleRecipe sample,
            List<JudgeRecipe> judges,
            PairsRecipe pairs,
            List<StageRecipe.Source> mix,
            Double onlineFraction,
            List<StageRecipe.Source> heldOut,
            @Nullable Integer maxLengthTokens,
            StageRecipe.Train train,
            @Nullable LossRecipe loss,
            @OneOf({"previous", "fixed"}) String reference,
            StageRecipe.Eval eval,
            Stop stop,
            @Nullable Long seed) {
        public Online {
            require(prompts != null && !prompts.isEmpty(), "online.prompts", "at least one source", "none");
            prompts = List.copyOf(prompts);
            require(promptLimit == null || promptLimit > 0, "online.prompt_limit", "above 0", promptLimit);
            iterations = iterations == null ? 1 : iterations;
            require(iterations > 0, "online.iterations", "above 0", iterations);
            sample = sample == null ? SampleRecipe.DEFAULT : sample;
            require(sample.answers() > 1, "online.sample.answers", "2 or more", sample.answers());
            require(judges != null && !judges.isEmpty(), "online.judges", "at least one judge", "none");
            judges = List.copyOf(judges);
            pairs = pairs == null ? PairsRecipe.DEFAULT : pairs;
            mix = mix == null ? List.of() : List.copyOf(mix);
            onlineFraction = onlineFraction == null ? 1.0 : onlineFraction;
            require(onlineFraction > 0, "online.online_fraction", "above 0", onlineFraction);
            heldOut = heldOut == null ? List.of() : List.copyOf(heldOut);
            train = train == null ? StageRecipe.Train.DEFAULT : train;
            reference = reference == null ? "previous" : reference;
            require(
                    List.of("previous", "fixed").contains(reference),
                    "online.reference",
                    "previous or fixed",
                    reference);
            eval = eval == null ? StageRecipe.Eval.DEFAULT : eval;
            eval.check(heldOut, "online.held_out", "online.eval");
            stop = stop == null ? Stop.DEFAULT : stop;
        }
    }

    /**
     * Limits of drift between iterations; the iteration that crossed one is not kept.
     *
     * @param klPerToken largest mean KL from the model that the online stage started from, per answer token; default no limit
     * @param lengthRatio largest ratio of mean answer lengths, 2
     * @param winRate whether an iteration must beat the policy before it on held-out prompts by a sequential test; needs {@code compare}
     */
    public record Stop(@Nullable Double klPerToken, Double lengthRatio, Boolean winRate) {
        /** Every value at its default. */
        @SuppressWarnings("NullAway") // null asks for the default
        public static final Stop DEFAULT = new Stop(null, null, null);

        public Stop {
            require(klPerToken == null || klPerToken > 0, "online.stop.kl_per_token", "above 0", klPerToken);
            lengthRatio = lengthRatio == null ? 2.0 : lengthRatio;
            require(lengthRatio > 1, "online.stop.length_ratio", "above 1", lengthRatio);
            winRate = winRate != null && winRate;
        }
    }

    /**
     * The comparison of the stages' models.
     *
     * @param prompts held-out prompts
     * @param limit of them, all
     * @param sample one greedy answer by default
     * @param judges each gives a table of its own
     * @param suites benchmarks of {@code lion eval} that every compared model is put through, none
     * @param suiteLimit questions of each task, all
     * @param suiteData folder of their files; {@code DIR,hub} fetches what it lacks, {@code hub} is {@code eval-data,hub}
     * @param suiteJudge of suites that need one, as {@code lion eval --judge}: {@code URL,MODEL}, {@code replay:FILE} or a model folder
     * @param suiteBaseline answers that {@code alpaca_eval} or {@code arena_hard} compares with, the suite's own
     */
    public record Compare(
            List<StageRecipe.Source> prompts,
            @Nullable Integer limit,
            SampleRecipe sample,
            List<JudgeRecipe> judges,
            List<String> suites,
            @Nullable Integer suiteLimit,
            @Nullable String suiteData,
            @Nullable String suiteJudge,
            @Nullable String suiteBaseline) {
        public Compare {
            prompts = prompts == null ? List.of() : List.copyOf(prompts);
            suites = suites == null ? List.of() : List.copyOf(suites);
            judges = judges == null ? List.of() : List.copyOf(judges);
            require(
                    prompts.isEmpty() == judges.isEmpty(),
                    "compare.prompts",
                    "prompts and judges together",
                    "one alone");
            require(!prompts.isEmpty() || !suites.isEmpty(), "compare", "prompts and judges, or suites", "neither");
            require(limit == null || limit > 0, "compare.limit", "above 0", limit);
            sample = sample == null ? SampleRecipe.GREEDY : sample;
            require(suites.isEmpty() == (suiteData == null), "compare.suite_data", "given with suites", suiteData);
            require(
                    suiteLimit == null || (suiteLimit > 0 && !suites.isEmpty()),
                    "compare.suite_limit",
                    "above 0, with suites",
                    suiteLimit);
            require(suiteJudge == null || !suites.isEmpty(), "compare.suite_judge", "given with suites", suiteJudge);
            require(
                    suiteBaseline == null || !suites.isEmpty(),
                    "compare.suite_baseline",
                    "given with suites",
                    suiteBaseline);
        }
    }
}
