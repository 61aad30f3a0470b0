package org.lionalign.torch.model;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import org.lionalign.core.error.BadInput;
import org.lionalign.torch.nn.RotaryTable;
import org.lionalign.torch.tensor.NoGrad;
import org.lionalign.torch.tensor.Parallel;
import org.lionalign.torch.tensor.Tensor;
import org.lionalign.torch.tensor.TensorScope;

/**
 * Batched sampling: each prompt is read once for its K answers, all live answers of all prompts take a step together, and the place of the
 * finished is taken by the next prompt. No token is computed for padding.
 */
public final class Generator {
    /** Hears every token as it is drawn; may end an answer. */
    @FunctionalInterface
    public interface Listener {
        /**
         * @param prompt index of the prompt
         * @param answer index among its answers
         * @return false to end this answer here, with finish reason {@code stop}
         */
        boolean onToken(int prompt, int answer, int id);
    }

    /** Takes the answers of a prompt when all are finished; prompts may finish out of order. */
    @FunctionalInterface
    public interface Sink {
        void onPrompt(int prompt, List<Answer> answers);
    }

    /** Prompts in a step for which a further core is worth waking. */
    private static final int AT_LEAST = 4;

    private final CausalLm model;
    private final ModelConfig config;
    private final SamplingOptions options;
    private final TokenSampler sampler;

    public Generator(CausalLm model, SamplingOptions options) {
        this.model = model;
        this.config = model.config();
        this.options = options;
        this.sampler = new TokenSampler(options);
        if (config.isClassifier()) {
            throw new BadInput(model.directory() + ": expected a language model, found " + config.architecture());
        }
    }

    /** Answers to all prompts, in order. */
    public List<List<Answer>> generate(List<int[]> prompts) {
        List<List<Answer>> all = new ArrayList<>(java.util.Collections.nCopies(prompts.size(), List.of()));
        generate(prompts, (prompt, answer, id) -> true, all::set);
        return all;
    }

    /** Answers to all prompts, handed on as they finish. */
    public void generate(List<int[]> prompts, Listener listener, Sink sink) {
        for (int p = 0; p < prompts.size(); p++) {
            check(p, prompts.get(p));
        }
        List<AnswerGroup> groups = new ArrayList<>();
        int next = 0;
        try (NoGrad off = new NoGrad()) {
            while (next < prompts.size() || !groups.isEmpty()) {
                int live = groups.stream().mapToInt(AnswerGroup::rows).sum();
                while (next < prompts.size() && (live == 0 || live + options.answers() <= options.concurrency())) {
                    AnswerGroup group = prefill(next, prompts.get(next), listener);
                    groups.add(group);
                    live += group.rows();
                    next++;
                }
                retire(groups, sink);
                if (!groups.isEmpty()) {
                    step(groups, listener);
                    retire(groups, sink);
                }
            }
        } finally {
            groups.forEach(AnswerGroup::close);
        }
    }

    private void check(int p, int[] ids) {
        if (ids.length == 0 || ids.length >= config.longestSequence()) {
            throw new BadInput("prompt " + p + ": expected 1 to " + (config.longestSequence() - 1)
                    + " tokens (the model's context and room for an answer), found " + ids.length);
        }
        for (int id : ids) {
            if (id < 0 || id >= config.vocabularySize()) {
                throw new BadInput(
                        "prompt " + p + ": token id: expected 0 to " + (config.vocabularySize() - 1) + ", found " + id);
            }
        }
    }

    private static void retire(List<AnswerGroup> groups, Sink sink) {
        for (Iterator<AnswerGroup> it = groups.iterator(); it.hasNext(); ) {
            AnswerGroup group = it.next();
            if (group.rows() == 0) {
                it.remove();
                group.close();
                sink.onPrompt(group.prompt, group.answers());
            }
        }
    }

    /** Reads a prompt, keeps its keys and values, and draws the first token of each answer. */
    private AnswerGroup prefill(int p, int[] ids, Listener listener) {
        int layers = config.layers();
        Tensor[][] cache = new Tensor[2][layers];
        try (TensorScope scope = new TensorScope()) {
            RotaryTable rotary = rotary(range(ids.length));
            Tensor x = model.embed(ids);
            for (int i = 0; i < layers; i++) {
                DecoderLayer layer = model.layers().get(i);
                try (TensorScope inner = new TensorScope()) {
                    Tensor[] heads = layer.project(x, rotary);
                    Tensor attended = layer.attention().node(heads[0], heads[1], heads[2], layer.window());
                    x = inner.escape(layer.finish(x, attended));
                    cache[0][i] = inner.release(heads[1].transpose(0, 1).contiguous());
                    cache[1][i] = inner.release(heads[2].transpose(0, 1).contiguous());
                }
            }
            AnswerGroup group = new AnswerGroup(p, ids, options, config, x.device(), cache);
            Tensor logits = model.headLogits(x.narrow(0, ids.length - 1L, 1));
            // One row serves all answers: the first token differs only by their random numbers.
            Tensor rows = logits.expand(options.answers(), logits.size(1)).contiguous();
            accept(List.of(group), rows, listener);
            return group;
        }
    }

    /** One token for every live answer. */
    private void step(List<AnswerGroup> groups, Listener listener) {
        int rows = groups.stream().mapToInt(AnswerGroup::rows).sum();
        int[] tokens = new int[rows];
        int[] positions = new int[rows];
        long[] sizes = new long[groups.size()];
        int at = 0;
        for (int g = 0; g < groups.size(); g++) {
            AnswerGroup group = groups.get(g);
            sizes[g] = group.rows();
            for (int answer : group.live) {
                tokens[at] = group.ids[answer][group.ids[answer].length - 1];
                positions[at++] = group.position();
            }
        }
        try (TensorScope scope = new TensorScope()) {
            RotaryTable rotary = rotary(positions);
            Tensor x = model.embed(tokens);
            for (int i = 0; i < config.layers(); i++) {
                DecoderLayer layer = model.layers().get(i);
                try (TensorScope inner = new TensorScope()) {
                    Tensor[] heads = layer.project(x, rotary);
                    Tensor[] q = heads[0].split(0, sizes);
                    Tensor[] k = heads[1].split(0, sizes);
                    Tensor[] v = heads[2].split(0, sizes);
                    int index = i;
                    List<Tensor> attended = Parallel.map(x.device(), sizes, AT_LEAST, g -> groups.get(g)
                            .attend(index, q[g], k[g], v[g], layer.attention(), layer.window()));
                    x = inner.escape(layer.finish(x, Tensor.cat(attended, 0)));
                }
            }
            groups.forEach(group -> group.length++);
            accept(groups, model.headLogits(x), listener);
        }
    }

    /** Draws a token for each row, and lets finished answers leave. */
    private void accept(List<AnswerGroup> groups, Tensor logits, Listener listener) {
        double[] uniforms = new double[(int) logits.size(0)];
        int at = 0;
        for (AnswerGroup group : groups) {
            for (int answer : group.live) {
                uniforms[at++] = options.temperature() == 0 ? 0 : group.streams[answer].nextDouble();
            }
        }
        TokenSampler.Draw draw = sampler.draw(logits, uniforms);
        at = 0;
        for (AnswerGroup group : groups) {
            List<Integer> kept = new ArrayList<>();
            int most = Math.min(options.maxNewTokens(), config.longestSequence() - group.promptIds.length);
            for (int r = 0; r < group.rows(); r++, at++) {
                int answer = group.live.get(r);
                int id = draw.ids()[at];
                group.append(r, id, draw.logprobs()[at]);
                boolean goOn = listener.onToken(group.prompt, answer, id);
                if (options.stops().contains(id) || !goOn) {
                    group.finish[answer] = "stop";
                } else if (group.ids[answer].length >= most) {
                    group.finish[answer] = "length";
                } else {
                    kept.add(r);
                }
            }
            group.keep(kept);
        }
    }

    private RotaryTable rotary(int[] positions) {
        float[][] inverse = new float[positions.length][];
        Arrays.fill(inverse, model.inverseFrequencies(config.context()));
        return model.rotary(positions, inverse);
    }

    private static int[] range(int n) {
        int[] range = new int[n];
        for (int i = 0; i < n; i++) {
            range[i] = i;
        }
        return range;
    }
}
