package org.lionalign.align.stage;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import org.lionalign.align.objective.BetaSchedule;
import org.lionalign.align.reference.ReferenceCache;
import org.lionalign.align.text.ModelDigest;
import org.lionalign.align.text.TextModel;
import org.lionalign.align.train.Evaluations;
import org.lionalign.align.train.PairObjective;
import org.lionalign.align.train.PairTask;
import org.lionalign.align.train.ReferenceRefresh;
import org.lionalign.align.train.RewardTask;
import org.lionalign.align.train.SftTask;
import org.lionalign.align.train.StepPlanner;
import org.lionalign.align.train.Trainer;
import org.lionalign.align.train.TrainingTask;
import org.lionalign.core.chat.ChatTemplate;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.format.Checkpoint;
import org.lionalign.core.json.Json;
import org.lionalign.core.pack.PromptTree;
import org.lionalign.core.recipe.LossRecipe;
import org.lionalign.core.recipe.StageRecipe;
import org.lionalign.torch.model.CausalLm;
import org.lionalign.torch.model.ClassifierInit;
import org.lionalign.torch.model.ConfigReader;
import org.lionalign.torch.model.LoadOptions;
import org.lionalign.torch.model.LoraAdapters;
import org.lionalign.torch.optim.AdamW;
import org.lionalign.torch.optim.LrSchedule;
import org.lionalign.torch.tensor.Device;
import org.lionalign.torch.tensor.Dtype;
import org.lionalign.torch.tensor.ProductRate;

/** What a recipe names, opened: text model, weights, trees, and how to train. Training, planning and checking start from the same. */
final class StageInputs implements AutoCloseable {
    private static final org.slf4j.Logger LOG = org.slf4j.LoggerFactory.getLogger(StageInputs.class);

    /** Half a per cent of a stored reference is computed again when it is read (PITFALLS 12), but not more than so many pairs. */
    private static final int MOST_VERIFIED = 64;

    /** Pairs in a shard of the reference cache. */
    private static final int REFERENCE_SHARD = 256;

    private final StageRecipe recipe;
    private final Path cache;
    private final StageKind kind;
    private final TextModel text;
    private final CausalLm model;
    private final StageData data;
    private final List<PromptTree> train;
    private final List<PromptTree> held;

    private StageInputs(StageRecipe recipe, StageKind kind, TextModel text, CausalLm model, Path cache) {
        this.recipe = recipe;
        this.cache = cache;
        this.kind = kind;
        this.text = text;
        this.model = model;
        this.data = new StageData(
                text, recipe.data(), recipe.seed(), model.config().longestSequence(), new DataCache(cache));
        this.train = data.trees(kind, recipe.data().train(), false);
        List<StageRecipe.Source> evalSources = recipe.data().eval();
        this.held = evalSources.isEmpty() ? List.of() : data.trees(kind, evalSources, true);
    }

    /**
     * @param cache folder of encoded rows
     * @param options how to load the weights; null for what the recipe says
     */
    static StageInputs open(StageRecipe recipe, StageKind kind, Path cache, @Nullable LoadOptions options) {
        Path source = Path.of(recipe.model().path());
        TextModel text = TextModel.open(source, recipe.model().template());
        Path start = source;
        if (kind == StageKind.PRETRAIN && !Checkpoint.present(source)) {
            start = RandomStart.write(source, cache.resolveSibling("start"), recipe.seed());
        }
        if (kind == StageKind.REWARD && !ConfigReader.read(source).isClassifier()) {
            // Stages of several runs may share the cache, so the start is named by what it is made of.
            ClassifierInit.Padding padding = padding(text);
            start = cache.resolveSibling("start-" + ModelDigest.weights(source).substring(0, 16) + "-" + recipe.seed()
                    + (padding == null ? "" : "-" + padding.id()));
            ClassifierInit.write(source, start, recipe.seed(), padding);
        }
        CausalLm model = CausalLm.load(start, options != null ? options : loadOptions(recipe));
        try {
            return new StageInputs(recipe, kind, text, model, cache);
        } catch (RuntimeException e) {
            model.close();
            throw e;
        }
    }

    /** A control token that ends no answer, for what pads batches of a reward model elsewhere; null where the tokenizer has none. */
    private static ClassifierInit.@Nullable Padding padding(TextModel text) {
        List<String> candidates = new ArrayList<>();
        Map<String, String> control = ChatTemplate.controlTokens(text.directory());
        for (String name : List.of("pad_token", "unk_token", "bos_token")) {
            candidates.add(control.getOrDefault(name, ""));
        }
        for (JsonNode added :
                Json.read(text.directory().resolve("tokenizer.json")).path("added_tokens")) {
            if (added.path("special").asBoolean()) {
                candidates.add(added.path("content").asText());
            }
        }
        for (String token : candidates) {
            OptionalInt id = text.tokenizer().idOf(token);
            if (id.isPresent() && !text.stops().contains(id.getAsInt())) {
                return new ClassifierInit.Padding(token, id.getAsInt());
            }
        }
        LOG.warn(
                "{}: no control token but the stop tokens: transformers will read this reward model's scores one token early",
                text.directory());
        return null;
    }

    /** As the recipe says. */
    static LoadOptions loadOptions(StageRecipe recipe) {
        return new LoadOptions(
                computeDtype(recipe),
                Device.parse(recipe.model().device()),
                recipe.model().lora() == null,
                recipe.model().recompute());
    }

    TextModel text() {
        return text;
    }

    /** What the weights are stored in: as the start model's, or as the config of a folder without weights says. */
    Dtype stored() {
        Path source = Path.of(recipe.model().path());
        return Dtype.ofSafetensors(
                Checkpoint.present(source)
                        ? Checkpoint.open(source)
                                .tensors()
                                .values()
                                .iterator()
                                .next()
                                .dtype()
                        : ConfigReader.read(source).storedDtype());
    }

    CausalLm model() {
        return model;
    }

    StageData data() {
        return data;
    }

    List<PromptTree> train() {
        return train;
    }

    /** What is trained; a preference loss's reference is the model as it is now. */
    TrainingTask task() {
        return switch (kind) {
            case PRETRAIN, SFT -> data.packed(train, model.config().longestSequence(), recipe.train());
            case DPO -> pairs(train, "train", Losses.beta(recipe), refresh(recipe));
            case REWARD -> rewards(train);
        };
    }

    private RewardTask rewards(List<PromptTree> pairs) {
        StageRecipe.Reward reward = Objects.requireNonNullElse(recipe.reward(), StageRecipe.Reward.DEFAULT);
        if (reward.marginScale() == 0) {
            return new RewardTask(pairs, reward.centring());
        }
        double[] margins = data.margins(pairs).clone();
        for (int i = 0; i < margins.length; i++) {
            if (Double.isNaN(margins[i])) {
                throw new BadInput("reward.margin_scale: expected rows with scores of both answers, found none in "
                        + pairs.get(i).id());
            }
            margins[i] *= reward.marginScale();
        }
        return new RewardTask(pairs, reward.centring(), margins);
    }

    /** The pairs that would be trained, without their reference. */
    TrainingTask planned() {
        return planned(recipe, train);
    }

    static PairTask planned(StageRecipe recipe, List<PromptTree> trees) {
        LossRecipe loss = Losses.recipe(recipe);
        return PairTask.planned(trees, beta -> Losses.of(loss, beta), Losses.beta(recipe), refresh(recipe));
    }

    private static ReferenceRefresh refresh(StageRecipe recipe) {
        StageRecipe.Reference reference = recipe.reference();
        if (reference == null || reference.refresh().equals("never")) {
            return ReferenceRefresh.NEVER;
        }
        Long steps = reference.refreshSteps();
        return new ReferenceRefresh(
                steps == null ? 0 : steps, steps == null, recipe.train().microBatchTokens());
    }

    @Nullable
    TrainingTask heldOut() {
        if (held.isEmpty()) {
            return null;
        }
        return switch (kind) {
            case PRETRAIN -> data.packed(held, model.config().longestSequence(), recipe.train());
            case SFT -> data.heldOut(held);
            // β and reference of the start, whatever they become, so that evaluations can be compared.
            case DPO ->
                pairs(held, "eval", BetaSchedule.constant(Losses.recipe(recipe).beta()), ReferenceRefresh.NEVER);
            case REWARD -> rewards(held);
        };
    }

    /** Tokens of everything that is held out. */
    long heldOutTokens() {
        return held.stream().mapToLong(PromptTree::length).sum();
    }

    /** Whether the loss compares the policy with a fixed reference. */
    boolean readsReference() {
        LossRecipe loss = Losses.recipe(recipe);
        return Losses.of(loss, loss.beta()).usesReference();
    }

    /** When the recipe looks at the model. */
    Evaluations evaluations(Evaluations.Look look) {
        return new Evaluations(
                recipe.eval().everySteps(),
                recipe.eval().everyEpoch(),
                recipe.eval().export().equals("best"),
                look);
    }

    /** Rows to ask the model about. */
    List<PromptTree> heldOutOrTrained() {
        return held.isEmpty() ? train : held;
    }

    /**
     * This machine's matrix-product rate in the model's shapes and computing dtype, FLOP/s, from a second or two of products. A model too small
     * to show what the machine can do is measured as if it were larger, and on a CPU a large one as if it were smaller, whose products take
     * many seconds and are no faster.
     */
    double productRate() {
        Device device = model.options().device();
        boolean cpu = device.equals(Device.CPU);
        long hidden = Math.max(512, model.config().hiddenSize());
        long intermediate = Math.max(1024, model.config().intermediateSize());
        return ProductRate.ofModel(
                model.options().compute(),
                device,
                1024,
                cpu ? Math.min(2048, hidden) : hidden,
                cpu ? Math.min(4096, intermediate) : intermediate,
                3,
                2);
    }

    /** Adapters and masks of the recipe; after the reference was computed. */
    void prepareTraining() {
        if (recipe.model().lora() != null) {
            attach(model);
        }
        StageRecipe.Rows rows = recipe.train().maskEmbedGrad();
        if (rows != null) {
            trainOnly(model, rows);
        }
    }

    private TrainingTask pairs(List<PromptTree> trees, String name, BetaSchedule beta, ReferenceRefresh refresh) {
        LossRecipe loss = Losses.recipe(recipe);
        boolean compares = readsReference();
        if (!compares && recipe.reference() != null) {
            throw new BadInput("reference: expected nothing, for the loss reads none, found a section");
        }
        return new PairTask(
                trees, compares ? references(trees, name) : List.of(), b -> Losses.of(loss, b), beta, refresh);
    }

    /** Reference log-probabilities of the training pairs ({@code train}) and the held-out ones ({@code eval}), computed where they are missing. */
    List<PairObjective.Reference> references(List<PromptTree> trees, String name) {
        return references(trees, name, 0, 1);
    }

    /** What {@code lion reference} does: a rank's share of both passes. */
    void computeReferences(int rank, int world) {
        references(train, "train", rank, world);
        if (!held.isEmpty()) {
            references(held, "eval", rank, world);
        }
    }

    private List<PairObjective.Reference> references(List<PromptTree> trees, String name, int rank, int world) {
        StageRecipe.Reference wanted = recipe.reference();
        String path = wanted == null ? null : wanted.path();
        String cacheFolder = wanted == null ? null : wanted.cache();
        Path from = Path.of(path == null ? recipe.model().path() : path);
        Path folder = (cacheFolder == null ? cache.resolveSibling("reference") : Path.of(cacheFolder)).resolve(name);
        ObjectNode identity =
                ReferenceIdentity.of(from, text, recipe.model().compute(), SftTask.digestOf("reference", trees));
        ReferenceCache references = new ReferenceCache(folder, identity, trees.size(), REFERENCE_SHARD);
        boolean fresh = references.missing() > 0;
        LOG.info(
                "the reference of the {} pairs is {} (weights {})",
                name.equals("eval") ? "held-out" : "training",
                from,
                identity.path("model").asText().substring(0, 16));
        CausalLm model = path == null ? this.model : CausalLm.load(from, LoadOptions.inference(computeDtype(recipe)));
        try {
            references.compute(model, trees, recipe.train().microBatchTokens(), rank, world, () -> {});
            if (world > 1 && references.missing() > 0) {
                return List.of();
            }
            List<PairObjective.Reference> stored = references.read();
            if (!fresh) {
                double tolerance = recipe.model().compute().equals("f32") ? 1e-4 : 0.5;
                int sample = Math.min(MOST_VERIFIED, Math.max(4, stored.size() / 200));
                ReferenceCache.verify(model, trees, stored, sample, tolerance, recipe.seed());
            }
            return stored;
        } finally {
            if (model != this.model) {
                model.close();
            }
        }
    }

    private static Dtype computeDtype(StageRecipe recipe) {
        return Dtype.ofCompute(recipe.model().compute());
    }

    /** LION's embedding-gradient mask: the head too, where it is a matrix of its own. */
    private static void trainOnly(CausalLm model, StageRecipe.Rows rows) {
        if (!model.embedding().trainable()) {
            throw new BadInput(
                    "train.mask_embed_grad: expected a model whose embedding is trained, found adapters alone");
        }
        model.embedding().trainRows(rows.from(), rows.to());
        if (model.head() != model.embedding()) {
            model.head().trainRows(rows.from(), rows.to());
        }
    }

    private void attach(CausalLm model) {
        StageRecipe.Lora lora = Objects.requireNonNull(recipe.model().lora());
        LoraAdapters.attach(
                model,
                new LoraAdapters.Config(lora.rank(), lora.alpha(), lora.dropout(), lora.targets()),
                recipe.seed());
        model.linears().forEach(linear -> linear.adapters().forEach(part -> {
            part.a().train();
            part.b().train();
        }));
    }

    /** The order and packing of steps that training will use. */
    static StepPlanner planner(StageRecipe recipe, TrainingTask task) {
        return new StepPlanner(task.examples(), task::length, batch(recipe), recipe.seed(), task.digest(), true);
    }

    /** Passes over what the task holds: the original's windows hold all epochs. */
    static double epochs(StageRecipe recipe) {
        boolean unrolled = recipe.data().faithful() && recipe.data().packing().equals("wrap");
        return unrolled ? 1 : recipe.train().epochs();
    }

    private static StepPlanner.Batch batch(StageRecipe recipe) {
        StageRecipe.Train train = recipe.train();
        return new StepPlanner.Batch(
                train.examplesPerStep(),
                train.tokensPerStep(),
                train.microBatchTokens(),
                recipe.data().packing().equals("none"));
    }

    Trainer.Settings settings() {
        StageRecipe.Train train = recipe.train();
        double rate = train.learningRate() != null ? train.learningRate() : kind.rate();
        return new Trainer.Settings(
                batch(recipe),
                epochs(recipe),
                train.maxSteps(),
                LrSchedule.Kind.valueOf(train.schedule().toUpperCase(Locale.ROOT)),
                rate,
                train.warmupRatio(),
                new AdamW.Settings(0.9, train.adamBeta2(), 1e-8, train.weightDecay()),
                train.clipNorm(),
                train.neftuneAlpha(),
                recipe.seed(),
                true,
                train.checkpointEverySteps(),
                train.keepCheckpoints());
    }

    @Override
    public void close() {
        model.close();
    }
}
