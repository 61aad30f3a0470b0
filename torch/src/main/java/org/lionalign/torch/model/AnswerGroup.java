package org.lionalign.torch.model;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.lionalign.torch.nn.TreeAttention;
import org.lionalign.torch.tensor.Device;
import org.lionalign.torch.tensor.Dtype;
import org.lionalign.torch.tensor.Tensor;
import org.lionalign.torch.tensor.TensorScope;
import org.lionalign.torch.tensor.Tensors;

/**
 * The answers to one prompt while they grow: the prompt's keys and values once, each answer's own beside them. All live answers have the
 * same length; a finished one leaves, and the rest move together.
 *
 * <p>Owns its caches; {@link #close} frees them.
 */
final class AnswerGroup implements AutoCloseable {
    private static final int FIRST_CAPACITY = 32;

    final int prompt;
    final int[] promptIds;
    final List<Integer> live = new ArrayList<>(); // answer index of each row
    final SplittableRandom[] streams;
    final int[][] ids;
    final float[][] logprobs;
    final String[] finish;
    int length; // tokens of each live answer whose keys are cached
    private final Tensor[] promptKeys; // per layer [kv, P, d]
    private final Tensor[] promptValues;
    private final Tensor[] keys; // per layer [rows, kv, capacity, d]
    private final Tensor[] values;

    AnswerGroup(
            int prompt,
            int[] promptIds,
            SamplingOptions options,
            ModelConfig config,
            Device device,
            Tensor[][] prefill) {
        this.prompt = prompt;
        this.promptIds = promptIds;
        int n = options.answers();
        int layers = config.layers();
        streams = new SplittableRandom[n];
        ids = new int[n][0];
        logprobs = new float[n][0];
        finish = new String[n];
        promptKeys = prefill[0];
        promptValues = prefill[1];
        keys = new Tensor[layers];
        values = new Tensor[layers];
        for (int i = 0; i < n; i++) {
            live.add(i);
            streams[i] = TokenSampler.stream(options.seed(), promptIds, i);
        }
        try (TensorScope scope = new TensorScope()) {
            for (int layer = 0; layer < layers; layer++) {
                keys[layer] = scope.release(
                        Tensors.empty(Dtype.F32, device, n, config.keyValueHeads(), FIRST_CAPACITY, config.headDim()));
                values[layer] = scope.release(
                        Tensors.empty(Dtype.F32, device, n, config.keyValueHeads(), FIRST_CAPACITY, config.headDim()));
            }
        }
    }

    int rows() {
        return live.size();
    }

    /** Position of the token that is decoded next. */
    int position() {
        return promptIds.length + length;
    }

    /** Records a drawn token for row r. */
    void append(int r, int id, float logprob) {
        int answer = live.get(r);
        ids[answer] = Arrays.copyOf(ids[answer], ids[answer].length + 1);
        ids[answer][ids[answer].length - 1] = id;
        logprobs[answer] = Arrays.copyOf(logprobs[answer], ids[answer].length);
        logprobs[answer][ids[answer].length - 1] = logprob;
    }

    /** Keeps only these rows, in order. */
    void keep(List<Integer> rows) {
        if (rows.size() == live.size()) {
            return;
        }
        List<Integer> kept = rows.stream().map(live::get).toList();
        live.clear();
        live.addAll(kept);
        if (rows.isEmpty()) {
            return;
        }
        int[] index = rows.stream().mapToInt(Integer::intValue).toArray();
        for (int layer = 0; layer < keys.length; layer++) {
            keys[layer] = replaced(keys[layer], index);
            values[layer] = replaced(values[layer], index);
        }
    }

    private static Tensor replaced(Tensor cache, int[] rows) {
        try (TensorScope scope = new TensorScope();
                cache) {
            return scope.release(cache.indexSelect(0, Tensors.of(rows).to(cache.device())));
        }
    }

    /**
     * Attention of one new token of each row: {@code q [rows, heads, d]}, {@code k, v [rows, kv, d]}; caches k and v.
     *
     * @return {@code [rows, heads·d]}
     */
    Tensor attend(int layer, Tensor q, Tensor k, Tensor v, TreeAttention shape, int window) {
        grow(layer);
        keys[layer].select(2, length).copy_(k);
        values[layer].select(2, length).copy_(v);
        int rows = rows();
        int kv = shape.keyValueHeads();
        int group = shape.heads() / kv;
        int d = shape.headDim();
        int own = length + 1;
        int before = promptIds.length;
        // With a window, only the last keys are in sight: they are cut off the prompt first, then off the answer.
        int hidden = window > 0 ? Math.max(0, before + own - window) : 0;
        int hiddenPrompt = Math.min(hidden, before);
        int hiddenOwn = hidden - hiddenPrompt;
        Tensor queries = q.view(rows, kv, group, d);
        Tensor ownKeys = keys[layer].narrow(2, hiddenOwn, own - hiddenOwn);
        Tensor ownValues = values[layer].narrow(2, hiddenOwn, own - hiddenOwn);
        Tensor onOwn = queries.matmul(ownKeys.transpose(2, 3)).transpose(0, 1); // [kv, rows, group, own]
        int seenPrompt = before - hiddenPrompt;
        Tensor scores = onOwn;
        Tensor byHead = queries.transpose(0, 1).reshape(kv, (long) rows * group, d);
        if (seenPrompt > 0) {
            Tensor trunk = promptKeys[layer].narrow(1, hiddenPrompt, seenPrompt);
            Tensor onPrompt = byHead.bmm(trunk.transpose(1, 2)).view(kv, rows, group, seenPrompt);
            scores = Tensor.cat(List.of(onPrompt, onOwn), 3);
        }
        scores = scores.mul(shape.scale());
        if (shape.softcap() > 0) {
            scores = scores.mul(1 / shape.softcap()).tanh().mul(shape.softcap());
        }
        Tensor weights = scores.softmax(-1);
        Tensor ownWeights = weights.narrow(3, seenPrompt, own - hiddenOwn).transpose(0, 1); // [rows, kv, group, own]
        Tensor result = ownWeights.matmul(ownValues); // [rows, kv, group, d]
        if (seenPrompt > 0) {
            Tensor promptWeights = weights.narrow(3, 0, seenPrompt).reshape(kv, (long) rows * group, seenPrompt);
            Tensor fromPrompt = promptWeights.bmm(promptValues[layer].narrow(1, hiddenPrompt, seenPrompt));
            result = result.add(fromPrompt.view(kv, rows, group, d).transpose(0, 1));
        }
        return result.reshape(rows, (long) shape.heads() * d);
    }

    private void grow(int layer) {
        long capacity = keys[layer].size(2);
        if (length < capacity) {
            return;
        }
        keys[layer] = doubled(keys[layer], capacity);
        values[layer] = doubled(values[layer], capacity);
    }

    private static Tensor doubled(Tensor cache, long capacity) {
        try (TensorScope scope = new TensorScope();
                cache) {
            long[] shape = cache.shape();
            shape[2] = capacity * 2;
            Tensor larger = scope.release(Tensors.empty(cache.dtype(), cache.device(), shape));
            larger.narrow(2, 0, capacity).copy_(cache);
            return larger;
        }
    }

    List<Answer> answers() {
        List<Answer> all = new ArrayList<>();
        for (int i = 0; i < ids.length; i++) {
            all.add(new Answer(ids[i], logprobs[i], finish[i]));
        }
        return all;
    }

    @Override
    public void close() {
        for (Tensor[] caches : new Tensor[][] {promptKeys, promptValues, keys, values}) {
            for (Tensor cache : caches) {
                cache.close();
            }
        }
    }
}
