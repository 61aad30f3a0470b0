package org.lionalign.torch.model;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.format.Checkpoint;
import org.lionalign.core.machine.Processor;
import org.lionalign.core.pack.PackedBatch;
import org.lionalign.core.pack.PromptTree;
import org.lionalign.torch.nn.Linear;
import org.lionalign.torch.nn.LoraPart;
import org.lionalign.torch.nn.PreparedPlan;
import org.lionalign.torch.nn.RotaryTable;
import org.lionalign.torch.nn.SideBySide;
import org.lionalign.torch.nn.Weight;
import org.lionalign.torch.tensor.Device;
import org.lionalign.torch.tensor.Dtype;
import org.lionalign.torch.tensor.NoGrad;
import org.lionalign.torch.tensor.Parallel;
import org.lionalign.torch.tensor.Tensor;
import org.lionalign.torch.tensor.TensorScope;
import org.lionalign.torch.tensor.Tensors;

/**
 * A decoder with its head. Every pass takes a {@link PackedBatch} of prompt trees and gives fp32 log-probabilities of its targets; a training
 * pass hands them to an objective and back-propagates the gradient that it returns.
 *
 * <pre>{@code
 * try (CausalLm model = CausalLm.load(directory, LoadOptions.training(Dtype.BF16))) {
 *     float[] logps = model.logps(batch);
 *     model.forwardBackward(batch, l -> gradientOf(l)); // adds to every trained weight's gradient
 * }
 * }</pre>
 *
 * <p>On a CPU of few cores a batch goes in parts of whole trees, one for each core ({@link SideBySide}).
 *
 * <p>Back-propagation runs block by block (ARCHITECTURE.md 5) and by hand: see {@link BlockPass}. Not safe for use by several threads at once.
 */
public final class CausalLm implements AutoCloseable {
    /** Tokens that a core gets at least, lest its products be too flat: reading, and training, where each part adds to every gradient. */
    private static final int LEAST_READ = 256;

    private static final int LEAST_TRAINED = 1024;

    /** In fp32 there is more to gain from not waiting for the other core, and less to lose to flat products (docs/performance.md). */
    private static final int LEAST_TRAINED_WIDE = 256;

    /** Where the processor has Intel's tiles: training in parts was measured to gain nothing there and to hold 0.7 GB more. */
    private static final int NEVER = Integer.MAX_VALUE;

    /** With more cores than this their own threads share each operator: parts wait for each other's additions, and were measured on two. */
    private static final int MOST_PARTS = 4;

    /** How much larger than its share the largest part may be. */
    private static final double UNEVEN = 1.2;

    private final Path directory;
    private final ModelConfig config;
    private final LoadOptions options;
    private final Weight embedding;
    private final Weight headWeight;
    private final Norm finalNorm;
    private final List<DecoderLayer> layers;
    private final Head head;
    private int leastRead = LEAST_READ;
    private int leastTrained;
    private double noiseScale;
    private long noiseSeed;

    private CausalLm(Path directory, ModelConfig config, LoadOptions options) {
        this.directory = directory;
        this.config = config;
        this.options = options;
        if (options.compute() == Dtype.F32) {
            leastTrained = LEAST_TRAINED_WIDE;
        } else {
            leastTrained = Processor.here().multipliesInTiles() ? NEVER : LEAST_TRAINED;
        }
        DecoderWeights weights = new DecoderWeights(config, Checkpoint.open(directory), options);
        this.embedding = weights.embedding();
        this.headWeight = weights.head(embedding);
        this.finalNorm = weights.finalNorm();
        this.layers = new ArrayList<>();
        for (int i = 0; i < config.layers(); i++) {
            layers.add(weights.layer(i));
        }
        weights.checkNothingLeft();
        this.head = new Head(headWeight, config.finalSoftcap(), options.compute());
    }

    /** Loads a model folder; {@link BadInput} names the file, the tensor or the key that does not fit. */
    public static CausalLm load(Path directory, LoadOptions options) {
        ModelConfig config = ConfigReader.read(directory);
        CausalLm model = new CausalLm(directory, config, options);
        if (options.trainable()) {
            model.weights().forEach(Weight::train);
        }
        return model;
    }

    public ModelConfig config() {
        return config;
    }

    public LoadOptions options() {
        return options;
    }

    /** The folder it was loaded from. */
    public Path directory() {
        return directory;
    }

    /** Every weight once, in a fixed order: embedding, blocks, final norm, head. */
    public List<Weight> weights() {
        List<Weight> all = new ArrayList<>();
        all.add(embedding);
        layers.forEach(layer -> all.addAll(layer.weights()));
        all.add(finalNorm.weight());
        if (headWeight != embedding) {
            all.add(headWeight);
        }
        return all;
    }

    /** The linear layers of the blocks: what adapters attach to. */
    public List<Linear> linears() {
        List<Linear> all = new ArrayList<>();
        layers.forEach(layer -> all.addAll(layer.linears()));
        return all;
    }

    /** The embedding; also the output head when {@link ModelConfig#tied}. */
    public Weight embedding() {
        return embedding;
    }

    /** The output head. */
    public Weight head() {
        return headWeight;
    }

    List<DecoderLayer> layers() {
        return layers;
    }

    Norm finalNorm() {
        return finalNorm;
    }

    /**
     * Noise on the embeddings in training (NEFTune; Jain et al. 2023): uniform in ±alpha/√(T·hidden) of each tree, from a stream of its
     * own.
     *
     * @param alpha 0 switches it off
     */
    public void embeddingNoise(double alpha, long seed) {
        noiseScale = alpha;
        noiseSeed = seed;
    }

    /** Dropout of the adapters in the passes that follow, each from a stream of its own; null switches it off. */
    public void adapterDropout(@Nullable Long seed) {
        long at = 0;
        for (Linear linear : linears()) {
            for (var adapter : linear.adapters()) {
                if (seed == null) {
                    adapter.dropoutOff();
                } else {
                    adapter.dropoutSeed(seed + at++);
                }
            }
        }
    }

    /** {@code [S]}: log-probability of each target of the batch, in target order. */
    public float[] logps(PackedBatch batch) {
        check(batch);
        return inParts(batch, part -> head.logps(hidden(part, part.predictors()), part.targets()));
    }

    /**
     * Where values stop being finite on the way forward: {@code embedding}, a block such as {@code model.layers.3}, or {@code head}; empty
     * when they never do. For error messages.
     */
    public String firstNonFinite(PackedBatch batch) {
        check(batch);
        try (TensorScope scope = new TensorScope();
                NoGrad off = new NoGrad()) {
            RotaryTable rotary = rotary(batch);
            PreparedPlan plan = prepared(batch);
            Tensor x = embed(batch.ids());
            if (!x.allFinite()) {
                return "embedding";
            }
            for (int i = 0; i < layers.size(); i++) {
                x = layers.get(i).forward(x, rotary, plan, null);
                if (!x.allFinite()) {
                    return "model.layers." + i;
                }
            }
        }
        for (float value : config.isClassifier() ? scores(batch) : logps(batch)) {
            if (!Float.isFinite(value)) {
                return "head";
            }
        }
        return "";
    }

    /**
     * {@code [S]}: {@code log Σ_v p_v²} of the distribution that each target was drawn from: how likely two draws from it are the same token
     * (WPO; Zhou et al. 2024).
     */
    public float[] collisions(PackedBatch batch) {
        check(batch);
        try (TensorScope scope = new TensorScope();
                NoGrad off = new NoGrad()) {
            return head.collisions(hidden(batch, batch.predictors()));
        }
    }

    /** How many positions the vocabulary head takes at a time (1,024): less memory for less speed, the same numbers. */
    public void headChunk(int positions) {
        head.chunk(positions);
    }

    /** {@code [n, V]} fp32: logits at the given stream positions. For tests and small inspections: this is the only way to see logits. */
    public float[] logits(PackedBatch batch, int... at) {
        check(batch);
        try (TensorScope scope = new TensorScope();
                NoGrad off = new NoGrad()) {
            return head.logits(hidden(batch, at)).toFloats();
        }
    }

    /** Scores of a sequence classifier, one for each leaf of the batch and label, at the leaf's last token. */
    public float[] scores(PackedBatch batch) {
        check(batch);
        return inParts(batch, part -> hidden(part, part.leafEnds())
                .linear(headWeight.values().to(Dtype.F32), null)
                .toFloats());
    }

    /** Without gradients; the parts' results one after the other. */
    private float[] inParts(PackedBatch batch, Function<PackedBatch, float[]> pass) {
        List<PackedBatch> parts = parts(batch, leastRead);
        float[][] results = new float[parts.size()][];
        Parallel.each(options.device(), new long[parts.size()], i -> {
            try (NoGrad off = new NoGrad()) {
                results[i] = pass.apply(parts.get(i));
            }
        });
        return SideBySide.joined(results);
    }

    /** The batch itself, or a part for each core where they are even enough to gain by it. */
    private List<PackedBatch> parts(PackedBatch batch, int least) {
        int cores = Parallel.cores(options.device());
        boolean one = cores < 2 || cores > MOST_PARTS || batch.length() < (long) cores * least || seeded();
        if (one) {
            return List.of(batch);
        }
        List<PackedBatch> parts = batch.parts(cores);
        boolean even = parts.size() == cores
                && parts.stream().allMatch(part -> part.length() * cores <= UNEVEN * batch.length())
                && parts.stream().allMatch(part -> part.supervised() >= head.chunks(batch.supervised()));
        return even ? parts : List.of(batch);
    }

    /** Whether random numbers are drawn over the batch as a whole. */
    private boolean seeded() {
        return noiseScale != 0
                || linears().stream()
                        .flatMap(linear -> linear.adapters().stream())
                        .anyMatch(LoraPart::dropping);
    }

    /** Tokens that a part has at least; for tests. */
    void leastPart(int tokens) {
        leastRead = tokens;
        leastTrained = tokens;
    }

    /**
     * Forward and backward of a loss on log-probabilities; gradients are added to every trained weight.
     *
     * @return the log-probabilities that the objective saw
     */
    public float[] forwardBackward(PackedBatch batch, LogpsObjective objective) {
        check(batch);
        if (batch.supervised() == 0) {
            throw new IllegalArgumentException("a training pass needs at least one supervised token");
        }
        List<PackedBatch> parts = parts(batch, leastTrained);
        int chunks = parts.stream()
                .mapToInt(part -> head.chunks(part.supervised()))
                .max()
                .orElseThrow();
        return train(
                parts,
                objective::gradient,
                (part, loss) -> new Pass(part.predictors(), normed -> {
                    Head.Backward back = head.forwardBackward(normed, part.targets(), chunks, loss::apply);
                    return new Segment(back.logps(), back.hiddenGradient());
                }));
    }

    /** The same for a sequence classifier: the objective sees one score per leaf and gives d(loss)/d(score). */
    public float[] scoresForwardBackward(PackedBatch batch, UnaryOperator<float[]> objective) {
        check(batch);
        return train(
                parts(batch, leastTrained),
                objective,
                (part, loss) -> new Pass(part.leafEnds(), normed -> {
                    Tensor wide = headWeight.values().to(Dtype.F32);
                    Tensor scores = normed.linear(wide, null);
                    float[] values = scores.toFloats();
                    Tensor gradient =
                            Tensors.of(loss.apply(values), scores.shape()).to(normed.device());
                    if (headWeight.trainable()) {
                        headWeight.addProduct(gradient.transpose(0, 1), normed);
                    }
                    return new Segment(values, gradient.matmul(wide));
                }));
    }

    /** What the head gives back: its values, and the gradient of the normalised hidden states it was given. */
    private record Segment(float[] values, Tensor gradient) {}

    private interface HeadPass {
        Segment run(Tensor normed);
    }

    /** @param at positions that the head reads */
    private record Pass(int[] at, HeadPass head) {}

    /** @param pass of a part, and of the loss that it sees */
    private float[] train(
            List<PackedBatch> parts,
            UnaryOperator<float[]> objective,
            BiFunction<PackedBatch, UnaryOperator<float[]>, Pass> pass) {
        if (parts.size() == 1) {
            return train(parts.get(0), pass.apply(parts.get(0), objective));
        }
        SideBySide beside = new SideBySide(parts.size());
        Parallel.each(
                options.device(),
                new long[parts.size()],
                i -> beside.run(i, () -> {
                    PackedBatch part = parts.get(i);
                    train(part, pass.apply(part, values -> beside.meet(values, objective)));
                }));
        return beside.joined();
    }

    private float[] train(PackedBatch batch, Pass work) {
        try (TensorScope all = new TensorScope()) {
            Reading reading = Reading.of(work.at(), batch.length(), options.device());
            RotaryTable rotary = rotary(batch);
            PreparedPlan plan = prepared(batch);
            List<Tensor> inputs = new ArrayList<>();
            List<BlockPass> passes = new ArrayList<>();
            Tensor x = noGrad(() -> noisy(embed(batch.ids()), batch));
            for (int i = 0; i < layers.size(); i++) {
                DecoderLayer layer = layers.get(i);
                try (TensorScope scope = new TensorScope()) {
                    Tensor input = x;
                    inputs.add(input);
                    if (options.recompute()) {
                        x = scope.escape(layer.forward(input, rotary, plan, rows(i, reading)));
                    } else {
                        BlockPass pass = new BlockPass(layer, input, rotary, plan, rows(i, reading), scope);
                        passes.add(pass);
                        x = pass.output();
                    }
                }
            }
            Tensor selected = x.indexSelect(0, reading.order());
            Norm.Pass normed = finalNorm.pass(selected, Dtype.F32);
            Segment segment = work.head().run(normed.result());
            Tensor behind = Tensors.zeros(Dtype.F32, x.device(), selected.shape());
            normed.backward(segment.gradient(), behind);
            Tensor gradient = Tensors.zeros(Dtype.F32, x.device(), x.shape()).indexAdd_(0, reading.order(), behind);
            x.close();
            for (int i = layers.size() - 1; i >= 0; i--) {
                try (TensorScope scope = new TensorScope()) {
                    BlockPass pass;
                    if (options.recompute()) {
                        pass = new BlockPass(layers.get(i), inputs.get(i), rotary, plan, rows(i, reading), scope);
                        pass.output().close();
                    } else {
                        pass = passes.get(i); // whose output was the next one's input, or the head's
                    }
                    Tensor back = pass.backward(gradient);
                    if (back != gradient) { // the last block's, which was cut
                        gradient.close();
                        gradient = scope.escape(back);
                    }
                    inputs.get(i).close();
                }
            }
            embeddingBackward(batch.ids(), gradient);
            return segment.values();
        }
    }

    private void embeddingBackward(int[] ids, Tensor gradient) {
        if (embedding.trainable()) {
            noGrad(() -> {
                Tensor scaled = config.scaleEmbedding() ? gradient.mul(Math.sqrt(config.hiddenSize())) : gradient;
                Tensor at = indices(ids);
                embedding.accumulate(all -> all.indexAdd_(0, at, scaled));
                return scaled;
            });
        }
    }

    /** Rows of block {@code i}'s result that are wanted; null for all. */
    private @Nullable Tensor rows(int i, Reading reading) {
        return i == layers.size() - 1 ? reading.rows() : null;
    }

    /** What the head reads at the given positions: normalised hidden states {@code [n, hidden]} fp32, without gradients. */
    private Tensor hidden(PackedBatch batch, int... at) {
        Reading reading = Reading.of(at, batch.length(), options.device());
        RotaryTable rotary = rotary(batch);
        PreparedPlan plan = prepared(batch);
        Tensor x = embed(batch.ids());
        for (int i = 0; i < layers.size(); i++) {
            try (TensorScope scope = new TensorScope()) {
                Tensor before = x;
                x = scope.escape(layers.get(i).forward(before, rotary, plan, rows(i, reading)));
                before.close();
            }
        }
        return finalNorm.forward(x.indexSelect(0, reading.order()), Dtype.F32);
    }

    /** {@code [T, hidden]} fp32. */
    Tensor embed(int[] ids) {
        Tensor rows = embedding.values().embedding(indices(ids)).to(Dtype.F32);
        return config.scaleEmbedding() ? rows.mul(Math.sqrt(config.hiddenSize())) : rows;
    }

    private Tensor noisy(Tensor embedded, PackedBatch batch) {
        if (noiseScale == 0) {
            return embedded;
        }
        float[] scale = new float[batch.length()];
        int at = 0;
        for (PromptTree tree : batch.trees()) {
            float magnitude = (float) (noiseScale / Math.sqrt((double) tree.length() * config.hiddenSize()));
            java.util.Arrays.fill(scale, at, at += tree.length(), magnitude);
        }
        Tensor noise = Tensors.rand(noiseSeed, -1, 1, Device.CPU, embedded.shape());
        return embedded.add(noise.mul(Tensors.of(scale, scale.length, 1)).to(embedded.device()));
    }

    PreparedPlan prepared(PackedBatch batch) {
        List<Integer> windows =
                layers.stream().map(DecoderLayer::window).distinct().toList();
        return layers.get(0).attention().prepare(batch.plan(), options.device(), windows);
    }

    private RotaryTable rotary(PackedBatch batch) {
        float[][] inverse = new float[batch.length()][];
        int at = 0;
        for (PromptTree tree : batch.trees()) {
            java.util.Arrays.fill(inverse, at, at += tree.length(), inverseFrequencies(tree.longestPath()));
        }
        return rotary(batch.positions(), inverse);
    }

    float[] inverseFrequencies(int length) {
        return config.ropeScaling().inverseFrequencies(config.headDim(), config.ropeTheta(), config.context(), length);
    }

    /** The table for tokens at these positions, each with its inverse frequencies. */
    RotaryTable rotary(int[] positions, float[][] inverse) {
        int half = config.headDim() / 2;
        float[] angles = new float[positions.length * half];
        for (int t = 0; t < positions.length; t++) {
            for (int i = 0; i < half; i++) {
                angles[t * half + i] = positions[t] * inverse[t][i];
            }
        }
        Tensor once = Tensors.of(angles, positions.length, 1, half);
        Tensor cos = once.cos();
        Tensor sin = once.sin();
        return new RotaryTable(
                Tensor.cat(List.of(cos, cos), 2).to(options.device()),
                Tensor.cat(List.of(sin.neg(), sin), 2).to(options.device()));
    }

    /** Logits {@code [n, V]} of the last hidden states {@code [n, hidden]} of a decoding step. */
    Tensor headLogits(Tensor hidden) {
        return head.logits(finalNorm.forward(hidden, Dtype.F32));
    }

    private void check(PackedBatch batch) {
        for (PromptTree tree : batch.trees()) {
            if (tree.longestPath() > config.longestSequence()) {
                throw new BadInput(tree.id() + ": expected at most " + config.longestSequence()
                        + " tokens, the model's context, found " + tree.longestPath());
            }
        }
        for (int id : batch.ids()) {
            if (id < 0 || id >= config.vocabularySize()) {
                throw new BadInput("token id: expected 0 to " + (config.vocabularySize() - 1)
                        + ", the model's vocabulary, found " + id);
            }
        }
    }

    Tensor indices(int[] values) {
        return Tensors.of(values).to(options.device());
    }

    private static Tensor noGrad(java.util.function.Supplier<Tensor> work) {
        try (NoGrad off = new NoGrad()) {
            return work.get();
        }
    }

    @Override
    public void close() {
        weights().forEach(Weight::close);
    }
}
