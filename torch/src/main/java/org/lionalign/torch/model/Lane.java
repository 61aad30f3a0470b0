package org.lionalign.torch.model;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.lionalign.core.pack.PackedBatch;
import org.lionalign.core.pack.PromptTree;
import org.lionalign.torch.nn.DecodeAttention;
import org.lionalign.torch.nn.PreparedPlan;
import org.lionalign.torch.nn.RotaryTable;
import org.lionalign.torch.tensor.NoGrad;
import org.lionalign.torch.tensor.Tensor;
import org.lionalign.torch.tensor.TensorScope;

/**
 * Answers that are decoded together. The places of the finished are taken by the next prompts, a {@link Cohort} at a time; only attention
 * computes filling: shorter prompts of a cohort, and finished answers of prompts that are not.
 */
final class Lane {
    /** Prompts are read in passes of this many tokens, or one by one. */
    private static final int PASS_TOKENS = 4096;

    private final CausalLm model;
    private final ModelConfig config;
    private final SamplingOptions options;
    private final int width;
    private final Generator.Exchange exchange;
    private final TokenSampler sampler;
    private final Set<Integer> windows;
    private final List<Cohort> cohorts = new ArrayList<>();

    /** @param width answers together at most */
    Lane(CausalLm model, SamplingOptions options, int width, Generator.Exchange exchange) {
        this.model = model;
        this.config = model.config();
        this.options = options;
        this.width = width;
        this.exchange = exchange;
        this.sampler = new TokenSampler(options);
        this.windows = model.layers().stream().map(DecoderLayer::window).collect(Collectors.toSet());
    }

    /** Answers the prompts of these indices; ends early when another lane failed. */
    void run(List<Integer> order, List<int[]> prompts) {
        int next = 0;
        try (NoGrad off = new NoGrad()) {
            while ((next < order.size() || !cohorts.isEmpty()) && !exchange.failed()) {
                int count = admitted(order.size() - next);
                if (count > 0) {
                    begin(order.subList(next, next + count).stream()
                            .map(p -> new Cohort.Story(p, prompts.get(p), options))
                            .toList());
                    next += count;
                }
                if (!cohorts.isEmpty()) {
                    step();
                }
            }
        } finally {
            cohorts.forEach(Cohort::close);
        }
    }

    private int rows() {
        return cohorts.stream().mapToInt(Cohort::rows).sum();
    }

    /** How many prompts begin now: none until a quarter of the places is free, for each cohort costs a round of operators in every step. */
    private int admitted(int waiting) {
        int live = rows();
        int free = (width - live) / options.answers();
        if (live == 0) {
            return Math.min(waiting, Math.max(1, free));
        }
        boolean worthIt = free > 0 && (free >= waiting || 4 * (width - live) >= width);
        return worthIt ? Math.min(waiting, free) : 0;
    }

    /** Reads the prompts, keeps their keys and values, and draws the first token of each answer. */
    private void begin(List<Cohort.Story> stories) {
        Cohort cohort = new Cohort(stories, options, config, model.options().device());
        cohorts.add(cohort);
        try (TensorScope scope = new TensorScope()) {
            List<Tensor> last = new ArrayList<>();
            for (int from = 0, to; from < stories.size(); from = to) {
                to = from + 1;
                for (int tokens = stories.get(from).promptIds.length; to < stories.size(); to++) {
                    tokens += stories.get(to).promptIds.length;
                    if (tokens > PASS_TOKENS) {
                        break;
                    }
                }
                try (TensorScope pass = new TensorScope()) {
                    last.add(pass.escape(read(cohort, stories, from, to)));
                }
            }
            Tensor logits = model.headLogits(Tensor.cat(last, 0)); // [prompts, V]
            // One row serves all answers: the first token differs only by their random numbers.
            Tensor each = logits.unsqueeze(1)
                    .expand(stories.size(), options.answers(), logits.size(1))
                    .reshape((long) stories.size() * options.answers(), logits.size(1));
            accept(List.of(cohort), each);
        }
    }

    /** One pass over prompts {@code [from, to)}; returns the last token's hidden state of each. */
    private Tensor read(Cohort cohort, List<Cohort.Story> stories, int from, int to) {
        PackedBatch batch = PackedBatch.of(stories.subList(from, to).stream()
                .map(story -> PromptTree.document(
                        "prompt " + story.prompt, story.promptIds, new boolean[story.promptIds.length]))
                .toList());
        int longest = cohort.longestPrompt();
        int[] places = new int[(to - from) * longest];
        int[] ends = new int[to - from];
        for (int s = 0, start = 0; s < ends.length; s++) {
            int length = stories.get(from + s).promptIds.length;
            for (int i = 0; i < longest; i++) {
                places[s * longest + i] = start + Math.min(i, length - 1);
            }
            start += length;
            ends[s] = start - 1;
        }
        Tensor index = model.indices(places);
        RotaryTable rotary = rotary(batch.positions());
        PreparedPlan plan = model.prepared(batch);
        Tensor x = model.embed(batch.ids());
        Tensor last = model.indices(ends);
        for (int i = 0; i < config.layers(); i++) {
            DecoderLayer layer = model.layers().get(i);
            Tensor rows = i == config.layers() - 1 ? last : null;
            try (TensorScope inner = new TensorScope()) {
                Tensor[] heads = layer.project(x, rotary);
                cohort.read(i, from, to, heads[1], heads[2], index);
                Tensor attended = layer.attention().forward(heads[0], heads[1], heads[2], plan, layer.window());
                x = inner.escape(layer.finish(DecoderLayer.cut(x, rows), DecoderLayer.cut(attended, rows)));
            }
        }
        return x;
    }

    /** One token for every live answer. */
    private void step() {
        int rows = rows();
        int[] tokens = new int[rows];
        int[] positions = new int[rows];
        long[] sizes = new long[cohorts.size()];
        int at = 0;
        for (int c = 0; c < sizes.length; c++) {
            Cohort cohort = cohorts.get(c);
            sizes[c] = cohort.rows();
            for (int r = 0; r < cohort.rows(); r++) {
                tokens[at] = cohort.row(r).lastToken();
                positions[at++] = cohort.position(r);
            }
        }
        try (TensorScope scope = new TensorScope()) {
            cohorts.forEach(cohort -> cohort.beginStep(windows));
            RotaryTable rotary = rotary(positions);
            Tensor x = model.embed(tokens);
            for (int i = 0; i < config.layers(); i++) {
                DecoderLayer layer = model.layers().get(i);
                DecodeAttention attention = new DecodeAttention(layer.attention());
                try (TensorScope inner = new TensorScope()) {
                    Tensor[] heads = layer.project(x, rotary);
                    Tensor[] q = heads[0].split(0, sizes);
                    Tensor[] k = heads[1].split(0, sizes);
                    Tensor[] v = heads[2].split(0, sizes);
                    List<Tensor> attended = new ArrayList<>();
                    for (int c = 0; c < sizes.length; c++) {
                        attended.add(cohorts.get(c).attend(i, q[c], k[c], v[c], attention, layer.window()));
                    }
                    x = inner.escape(layer.finish(x, Tensor.cat(attended, 0)));
                }
            }
            cohorts.forEach(Cohort::endStep);
            accept(cohorts, model.headLogits(x));
        }
    }

    /** Draws a token for each row, and lets finished answers leave. */
    private void accept(List<Cohort> some, Tensor logits) {
        double[] uniforms = new double[(int) logits.size(0)];
        int at = 0;
        for (Cohort cohort : some) {
            for (int r = 0; r < cohort.rows(); r++) {
                Cohort.Row row = cohort.row(r);
                uniforms[at++] = options.temperature() == 0
                        ? 0
                        : row.story().streams[row.answer()].nextDouble();
            }
        }
        TokenSampler.Draw draw = sampler.draw(logits, uniforms);
        at = 0;
        for (Cohort cohort : some) {
            List<Integer> kept = new ArrayList<>();
            for (int r = 0; r < cohort.rows(); r++, at++) {
                Cohort.Row row = cohort.row(r);
                int id = draw.ids()[at];
                row.append(id, draw.logprobs()[at]);
                int most = Math.min(options.maxNewTokens(), config.longestSequence() - row.story().promptIds.length);
                boolean goOn = exchange.onToken(row.story().prompt, row.answer(), id);
                if (options.stops().contains(id) || !goOn) {
                    row.finish("stop");
                } else if (row.tokens() >= most) {
                    row.finish("length");
                } else {
                    kept.add(r);
                }
            }
            for (Cohort.Story story : cohort.keep(kept)) {
                exchange.onPrompt(story.prompt, story.answers());
            }
        }
        cohorts.removeIf(cohort -> {
            if (cohort.rows() == 0) {
                cohort.close();
            }
            return cohort.rows() == 0;
        });
    }

    private RotaryTable rotary(int[] positions) {
        float[][] inverse = new float[positions.length][];
        Arrays.fill(inverse, model.inverseFrequencies(config.context()));
        return model.rotary(positions, inverse);
    }
}
