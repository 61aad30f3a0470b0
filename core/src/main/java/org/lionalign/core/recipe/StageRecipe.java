package org.lionalign.core.recipe;

import static org.lionalign.core.recipe.Checks.require;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lionalign.core.machine.Processor;

/**
 * A single training stage: {@code lion pretrain}, {@code lion sft}, {@code lion dpo} and {@code lion reward}. A value that the recipe leaves out arrives as null and is replaced by its
 * default here, in the compact constructors; what stays nullable says so.
 *
 * @param model what is trained
 * @param data rows
 * @param train how
 * @param loss the preference loss of {@code lion dpo}; must be absent for {@code lion sft}
 * @param reference of {@code lion dpo}: what the policy is compared with; default the start model
 * @param reward the reward model of {@code lion reward}
 * @param eval looking at the model while it is trained
 * @param seed of data order, noise and dropout (default 42)
 */
public record StageRecipe(
        Model model,
        Data data,
        Train train,
        @Nullable LossRecipe loss,
        @Nullable Reference reference,
        @Nullable Reward reward,
        Eval eval,
        Long seed) {
    public StageRecipe {
        eval = eval == null ? Eval.DEFAULT : eval;
        require(model != null, "model", "a section", "nothing");
        require(data != null, "data", "a section", "nothing");
        eval.check(data.eval(), "data.eval", "eval");
        train = train == null ? Train.DEFAULT : train;
        require(
                !data.faithful() || !data.packing().equals("wrap") || train.epochs() % 1 == 0,
                "train.epochs",
                "a whole number with data.faithful (documents are repeated before they are packed)",
                train.epochs());
        seed = seed == null ? 42L : seed;
    }

    /**
     * @param path model folder
     * @param compute {@code bf16}, {@code f32} or {@code auto} (default), which is written out as one of the two: bf16 where the hardware multiplies
     *     it ({@link Processor#preferredCompute})
     * @param device {@code cpu} (default), {@code cuda:0} or {@code auto}
     * @param template chat template: a file, {@code chatml} or {@code plain}; default the model's own
     * @param recompute run blocks again going backwards: less memory, a third more work (default false)
     * @param lora adapters instead of all weights
     */
    public record Model(
            String path,

            @OneOf(
                    value = {"auto", "bf16", "f32"},
                    byMachine = "auto")
            String compute,

            String device,
            @Nullable String template,
            Boolean recompute,
            @Nullable Lora lora) {
        public Model {
            require(path != null, "model.path", "a model folder", "nothing");
            device = device == null ? "cpu" : device;
            compute =
                    compute == null || compute.equals("auto") ? Processor.here().preferredCompute(device) : compute;
            require(List.of("bf16", "f32").contains(compute), "model.compute", "auto, bf16 or f32", compute);
            recompute = recompute != null && recompute;
        }
    }

    /** LoRA: rank (16), alpha (32), dropout (0), targets (all-linear). */
    public record Lora(Integer rank, Double alpha, Double dropout, List<String> targets) {
        public Lora {
            rank = rank == null ? 16 : rank;
            alpha = alpha == null ? 32.0 : alpha;
            dropout = dropout == null ? 0.0 : dropout;
            targets = targets == null ? List.of("all-linear") : List.copyOf(targets);
        }
    }

    /**
     * @param train sources: files (JSONL, also .gz; JSON array; Parquet), folders with splits, or sections that say more
     * @param eval held-out sources (default none)
     * @param maxLengthTokens longest example (default the model's context)
     * @param overlong {@code error} (default), {@code set_aside}; for conversations {@code cut_end} or {@code cut_middle_turns}; for pairs
     *     {@code cut_prompt} (whole turns from its middle, then the middle of its longest turn) or {@code cut_answer} (to what the prompt leaves, without a stop token)
     * @param lossOn {@code assistant} (default), {@code last_turn} or {@code all}; not for pairs
     * @param packing {@code best_fit} (default: documents are never cut), {@code wrap} (the paper's windows of max_length_tokens) or
     *     {@code none} (padded); not for pairs
     * @param isolation whether packed documents are kept from seeing each other (default true); not for pairs, nor for packing none
     * @param positions {@code reset} (default: each document counts from 0) or {@code running} (over a whole window, as the original does;
     *     the same model up to rounding where positions are rotary); running only with packing wrap, isolated
     * @param faithful the original's order, packing and marker-searched masks instead of Lion's (default false), with packing wrap; for pairs
     *     its tokenisation and truncation (LION.md 2.7), with max_prompt_tokens
     * @param deduplicate rows whose conversation (for pairs: prompt and answers) occurred before are set aside (default true)
     * @param emptySystemProbability how often a conversation without a system turn gets an empty one, 0
     * @param nearDuplicates similarity from which a text counts as seen before, e.g. 0.8; default off
     * @param decontaminate files of benchmark prompts: rows with 13 words in a row of one are set aside; default none
     * @param maxPromptTokens to what faithful pairs cut a prompt that is too long with its answers; only with faithful
     * @param keepPrompt {@code end} (default) or {@code start}: which part of such a prompt is kept
     * @param select which pairs are trained on; default all
     * @param setAsideShare largest share of a source's rows that may be set aside as unusable before the run fails, 0.5
     * @param text what {@code lion pretrain} reads, and what makes a recipe one of pre-training: rows are documents, all of their tokens
     *     supervised; {@code {}} for every default
     */
    public record Data(
            List<Source> train,
            List<Source> eval,
            @Nullable Integer maxLengthTokens,

            @OneOf({"error", "set_aside", "cut_end", "cut_middle_turns", "cut_prompt", "cut_answer"})
            String overlong,

            @OneOf({"assistant", "last_turn", "all"}) String lossOn,
            @OneOf({"best_fit", "wrap", "none"}) String packing,
            Boolean isolation,
            @OneOf({"reset", "running"}) String positions,
            Boolean faithful,
            Boolean deduplicate,
            Double emptySystemProbability,
            @Nullable Double nearDuplicates,
            List<String> decontaminate,
            @Nullable Integer maxPromptTokens,
            @OneOf({"end", "start"}) @Nullable String keepPrompt,
            @Nullable SelectRecipe select,
            Double setAsideShare,
            @Nullable Text text) {
        public Data {
            require(train != null && !train.isEmpty(), "data.train", "at least one file", "none");
            train = List.copyOf(train);
            eval = eval == null ? List.of() : List.copyOf(eval);
            overlong = overlong == null ? "error" : overlong;
            require(
                    List.of("error", "set_aside", "cut_end", "cut_middle_turns", "cut_prompt", "cut_answer")
                            .contains(overlong),
                    "data.overlong",
                    "error, set_aside, cut_end, cut_middle_turns, cut_prompt or cut_answer",
                    overlong);
            lossOn = lossOn == null ? "assistant" : lossOn;
            require(
                    List.of("assistant", "last_turn", "all").contains(lossOn),
                    "data.loss_on",
                    "assistant, last_turn or all",
                    lossOn);
            packing = packing == null ? "best_fit" : packing;
            require(
                    List.of("best_fit", "wrap", "none").contains(packing),
                    "data.packing",
                    "best_fit, wrap or none",
                    packing);
            require(
                    !packing.equals("wrap") || overlong.equals("error"),
                    "data.overlong",
                    "nothing with packing wrap, whose windows cut every document where they end",
                    overlong);
            isolation = isolation == null || isolation;
            require(isolation || !packing.equals("none"), "data.isolation", "true with packing none", false);
            faithful = faithful != null && faithful;
            positions = positions == null
                    ? (faithful && isolation && packing.equals("wrap") ? "running" : "reset")
                    : positions;
            require(List.of("reset", "running").contains(positions), "data.positions", "reset or running", positions);
            require(
                    positions.equals("reset") || (packing.equals("wrap") && isolation),
                    "data.positions",
                    "reset, or packing wrap and isolation with running",
                    positions);
            require(
                    !faithful || packing.equals("wrap") != (maxPromptTokens != null),
                    "data.faithful",
                    "packing wrap (conversations) or max_prompt_tokens (pairs) with it",
                    packing.equals("wrap") ? "both" : "neither");
            require(
                    maxPromptTokens == null || (faithful && maxPromptTokens > 0),
                    "data.max_prompt_tokens",
                    "above 0, and faithful with it",
                    maxPromptTokens);
            require(
                    keepPrompt == null || maxPromptTokens != null,
                    "data.keep_prompt",
                    "max_prompt_tokens with it",
                    "none");
            keepPrompt = keepPrompt == null && maxPromptTokens != null ? "end" : keepPrompt;
            require(
                    keepPrompt == null || List.of("end", "start").contains(keepPrompt),
                    "data.keep_prompt",
                    "end or start",
                    keepPrompt);
            deduplicate = deduplicate == null || deduplicate;
            emptySystemProbability = emptySystemProbability == null ? 0.0 : emptySystemProbability;
            require(
                    emptySystemProbability >= 0 && emptySystemProbability <= 1,
                    "data.empty_system_probability",
                    "0 to 1",
                    emptySystemProbability);
            require(
                    nearDuplicates == null || (nearDuplicates > 0 && nearDuplicates <= 1),
                    "data.near_duplicates",
                    "above 0 and at most 1",
                    nearDuplicates);
            decontaminate = decontaminate == null ? List.of() : List.copyOf(decontaminate);
            setAsideShare = setAsideShare == null ? 0.5 : setAsideShare;
            require(setAsideShare >= 0 && setAsideShare <= 1, "data.set_aside_share", "0 to 1", setAsideShare);
        }

        /** The same data from other sources. */
        public Data withSources(List<Source> train, List<Source> eval) {
            return new Data(
                    train,
                    eval,
                    this.maxLengthTokens,
                    this.overlong,
                    this.lossOn,
                    this.packing,
                    this.isolation,
                    this.positions,
                    this.faithful,
                    this.deduplicate,
                    this.emptySystemProbability,
                    this.nearDuplicates,
                    this.decontaminate,
                    this.maxPromptTokens,
                    this.keepPrompt,
                    this.select,
                    this.setAsideShare,
                    this.text);
        }

        /** Sources whose over-long rows are set aside, all else at its default. */
        @SuppressWarnings("NullAway") // null asks for the default
        public static Data of(List<Source> train, List<Source> eval, @Nullable Integer maxLengthTokens) {
            return new Data(
                    train,
                    eval,
                    maxLengthTokens,
                    "set_aside",
                    null,
                    null,
                    null,
                    null,
                    null,
                    null,
                    null,
                    null,
                    null,
                    null,
                    null,
                    null,
                    null,
                    null);
        }
    }

    /**
     * Documents of plain text.
     *
     * @param column of JSONL and Parquet rows, {@code text}
     * @param separator what stands between the documents of a {@code .txt}, {@code <|endoftext|>}
     * @param end the token after each document; default the tokenizer's {@code eos_token}
     */
    public record Text(
            String column, String separator, @Nullable String end) {
        public Text {
            column = column == null ? "text" : column;
            separator = separator == null ? "<|endoftext|>" : separator;
            require(!separator.isEmpty(), "data.text.separator", "some text", "none");
        }
    }

    /**
     * @param epochs 1
     * @param maxSteps no limit
     * @param examplesPerStep pairs or conversations of a step; exactly one of this and tokens_per_step may be given
     * @param tokensPerStep 16,384 unless examples_per_step is given
     * @param microBatchTokens tokens of one forward pass, 4,096
     * @param learningRate 1e-3 for pre-training, 2e-5 for SFT, 5e-7 for DPO, 1e-5 for reward models
     * @param schedule {@code cosine} (default), {@code linear} or {@code constant}
     * @param warmupRatio 0.1; must be 0 or absent for {@code constant}
     * @param weightDecay 0
     * @param clipNorm 1
     * @param adamBeta2 0.999
     * @param neftuneAlpha noise on the embeddings (NEFTune), 0 for none
     * @param maskEmbedGrad rows of embedding and head that are trained; default all
     * @param checkpointEverySteps 200
     * @param keepCheckpoints newest ones that are kept, 2
     */
    public record Train(
            Double epochs,
            Long maxSteps,
            Integer examplesPerStep,
            Long tokensPerStep,
            Integer microBatchTokens,
            @Nullable Double learningRate,
            @OneOf({"cosine", "linear", "constant"}) String schedule,
            Double warmupRatio,
            Double weightDecay,
            Double clipNorm,
            Double adamBeta2,
            Double neftuneAlpha,
            @Nullable Rows maskEmbedGrad,
            Long checkpointEverySteps,
            Integer keepCheckpoints) {
        /** Every value at its default. */
        @SuppressWarnings("NullAway") // null asks for the default
        public static final Train DEFAULT =
                new Train(null, null, null, null, null, null, null, null, null, null, null, null, null, null, null);

        public Train {
            epochs = epochs == null ? 1.0 : epochs;
            require(epochs > 0, "train.epochs", "above 0", epochs);
            maxSteps = maxSteps == null ? 0L : maxSteps;
            require(
                    examplesPerStep == null || examplesPerStep == 0 || tokensPerStep == null || tokensPerStep == 0,
                    "train.examples_per_step",
                    "not both it and tokens_per_step",
                    "both");
            examplesPerStep = examplesPerStep == null ? 0 : examplesPerStep;
            tokensPerStep = tokensPerStep == null ? (examplesPerStep > 0 ? 0L : 16_384L) : tokensPerStep;
            microBatchTokens = microBatchTokens == null ? 4096 : microBatchTokens;
            require(microBatchTokens > 0, "train.micro_batch_tokens", "above 0", microBatchTokens);
            schedule = schedule == null ? "cosine" : schedule;
            require(
                    List.of("cosine", "linear", "constant").contains(schedule),
                    "train.schedule",
                    "cosine, linear or constant",
                    schedule);
            require(
                    !schedule.equals("constant") || warmupRatio == null || warmupRatio == 0,
                    "train.warmup_ratio",
                    "0 or absent with schedule constant",
                    warmupRatio);
            warmupRatio = warmupRatio == null ? (schedule.equals("constant") ? 0.0 : 0.1) : warmupRatio;
            require(warmupRatio >= 0 && warmupRatio < 1, "train.warmup_ratio", "0 to 1", warmupRatio);
            weightDecay = weightDecay == null ? 0.0 : weightDecay;
            clipNorm = clipNorm == null ? 1.0 : clipNorm;
            require(learningRate == null || learningRate > 0, "train.learning_rate", "above 0", learningRate);
            adamBeta2 = adamBeta2 == null ? 0.999 : adamBeta2;
            require(adamBeta2 > 0 && adamBeta2 < 1, "train.adam_beta2", "between 0 and 1", adamBeta2);
            neftuneAlpha = neftuneAlpha == null ? 0.0 : neftuneAlpha;
            require(neftuneAlpha >= 0, "train.neftune_alpha", "0 or above", neftuneAlpha);
            checkpointEverySteps = checkpointEverySteps == null ? 200L : checkpointEverySteps;
            keepCheckpoints = keepCheckpoints == null ? 2 : keepCheckpoints;
            require(keepCheckpoints > 0, "train.keep_checkpoints", "above 0", keepCheckpoints);
        }
    }

    /**
     * One source of rows; a text alone is its path.
     *
     * @param path a file, or a folder with splits
     * @param split in a folder (default train)
     * @param fraction how much of it: above 1 repeats rows, 0 drops the source (default 1)
     * @param layout the columns' meaning, by name; default by looking at them
     */
    public record Source(
            String path,
            @Nullable String split,
            Double fraction,
            @Nullable String layout) {
        @JsonCreator(mode = JsonCreator.Mode.PROPERTIES)
        public Source(
                @JsonProperty("path") String path,
                @JsonProperty("split") @Nullable String split,
                @JsonProperty("fraction") @Nullable Double fraction,
                @JsonProperty("layout") @Nullable String layout) {
            require(path != null, "data source: path", "a file or folder", "nothing");
            this.path = path;
            this.split = split;
            this.fraction = fraction == null ? 1.0 : fraction;
            require(this.fraction >= 0, "data source " + path + ": fraction", "0 or above", this.fraction);
            this.layout = layout;
        }

        /** The path's last name: what draws depend on, so that the same data in another folder gives the same draws. */
        public String lastName() {
            return path.substring(path.replaceFirst("/+$", "").lastIndexOf('/') + 1);
        }

        /** All of a file. */
        @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
        public static Source of(String path) {
            return new Source(path, null, null, null);
        }
    }

    /**
     * The reference of a preference loss.
     *
     * @param path another model folder than {@code model.path}; must have the same tokenizer
     * @param cache folder that {@code lion reference} wrote, or where to keep the log-probabilities; default in the run's folder
     * @param refresh {@code never} (default), {@code steps} or {@code epoch}: when it becomes the policy as it is then (TR-DPO); held-out pairs keep the first
     * @param refreshSteps steps between two refreshes, with {@code refresh: steps}
     */
    public record Reference(
            @Nullable String path,
            @Nullable String cache,
            @OneOf({"never", "steps", "epoch"}) String refresh,
            @Nullable Long refreshSteps) {
        public Reference {
            refresh = refresh == null ? "never" : refresh;
            require(
                    List.of("never", "steps", "epoch").contains(refresh),
                    "reference.refresh",
                    "never, steps or epoch",
                    refresh);
            require(
                    refresh.equals("steps") == (refreshSteps != null),
                    "reference.refresh_steps",
                    "a number with refresh steps, nothing with " + refresh,
                    refreshSteps);
            require(refreshSteps == null || refreshSteps > 0, "reference.refresh_steps", "above 0", refreshSteps);
        }
    }

    /**
     * A reward model's loss beside Bradley–Terry.
     *
     * @param centring weight of (chosen + rejected)², which keeps rewards around 0; default 0
     * @param marginScale by how much the chosen reward should win, for each point of difference between the rows' scores; default 0
     */
    public record Reward(Double centring, Double marginScale) {
        /** Bradley–Terry alone. */
        public static final Reward DEFAULT = new Reward(0.0, 0.0);

        public Reward {
            marginScale = marginScale == null ? 0.0 : marginScale;
            require(marginScale >= 0, "reward.margin_scale", "0 or above", marginScale);
            centring = centring == null ? 0.0 : centring;
            require(centring >= 0, "reward.centring", "0 or above", centring);
        }
    }

    /** Rows {@code [from, to)} of a matrix. */
    public record Rows(Long from, Long to) {
        public Rows {
            require(from != null && to != null && from >= 0 && from < to, "rows", "from below to", from + " to " + to);
        }
    }

    /**
     * Looking at the model while it is trained, always before the first step and after the last; needs {@code data.eval} or {@code prompts}.
     *
     * @param everySteps steps between evaluations; 0 (default) for before the first step and after the last
     * @param everyEpoch whether the model is also evaluated after each epoch (default false)
     * @param export {@code last} (default) or {@code best}: which evaluation's weights become the model, by held-out loss; best needs every_steps or every_epoch
     * @param prompts JSONL of prompts that are answered, greedily, at every evaluation
     * @param maxNewTokens of such an answer, 128
     * @param probePrompts prompts of the run's own rows that the trained model answers, to see whether it stops; 20, 0 for none
     * @param onAlarm {@code report} (default) or {@code stop}: what an evaluation does that finds a run going wrong
     */
    public record Eval(
            Long everySteps,
            Boolean everyEpoch,
            @OneOf({"last", "best"}) String export,
            @Nullable String prompts,
            @Nullable Integer maxNewTokens,
            @Nullable Integer probePrompts,
            @OneOf({"report", "stop"}) String onAlarm) {
        /** Every value at its default. */
        @SuppressWarnings("NullAway") // null asks for the default
        public static final Eval DEFAULT = new Eval(null, null, null, null, null, null, null);

        public Eval {
            everySteps = everySteps == null ? 0L : everySteps;
            require(everySteps >= 0, "eval.every_steps", "0 or above", everySteps);
            everyEpoch = everyEpoch != null && everyEpoch;
            export = export == null ? "last" : export;
            require(List.of("last", "best").contains(export), "eval.export", "last or best", export);
            require(
                    export.equals("last") || everySteps > 0 || everyEpoch,
                    "eval.export",
                    "every_steps or every_epoch with best, for one evaluation after the last step has nothing to choose from",
                    "neither");
            onAlarm = onAlarm == null ? "report" : onAlarm;
            require(List.of("report", "stop").contains(onAlarm), "eval.on_alarm", "report or stop", onAlarm);
            require(
                    onAlarm.equals("report") || everySteps > 0 || everyEpoch,
                    "eval.on_alarm",
                    "every_steps or every_epoch with stop",
                    "neither");
            require(maxNewTokens == null || maxNewTokens > 0, "eval.max_new_tokens", "above 0", maxNewTokens);
            require(prompts != null || maxNewTokens == null, "eval.max_new_tokens", "prompts with it", "none");
            maxNewTokens = maxNewTokens == null && prompts != null ? Integer.valueOf(128) : maxNewTokens;
            require(probePrompts == null || probePrompts >= 0, "eval.probe_prompts", "0 or above", probePrompts);
        }

        /**
         * What looks at held-out rows must have some.
         *
         * @param heldOut the rows' sources
         * @param sources their key, for errors
         * @param section this section's key, for errors
         */
        void check(List<Source> heldOut, String sources, String section) {
            require(
                    !heldOut.isEmpty() || prompts != null || (everySteps == 0 && !everyEpoch),
                    section + (everyEpoch ? ".every_epoch" : ".every_steps"),
                    sources + " or " + section + ".prompts with it",
                    "neither");
            require(!heldOut.isEmpty() || export.equals("last"), section + ".export", sources + " with best", "none");
        }
    }
}
