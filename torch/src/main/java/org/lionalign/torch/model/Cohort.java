package org.lionalign.torch.model;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.lionalign.torch.nn.DecodeAttention;
import org.lionalign.torch.tensor.Device;
import org.lionalign.torch.tensor.Dtype;
import org.lionalign.torch.tensor.Tensor;
import org.lionalign.torch.tensor.TensorScope;
import org.lionalign.torch.tensor.Tensors;

/**
 * Prompts that began together, and their answers while they grow: each prompt's keys and values once, each answer's own beside them. All
 * live answers have the same length, so that one operator serves them all; prompts are filled up to the longest, behind a mask. A finished
 * answer leaves the rows at once, and its place in the caches when a quarter of the prompts are done.
 *
 * <p>Owns its caches; {@link #close} frees them.
 */
final class Cohort implements AutoCloseable {
    private static final int FIRST_CAPACITY = 32;

    private final int answers;
    private List<Story> stories;
    /** Of each row: its place, {@code index of its prompt · answers + index of the answer}. */
    private int[] places;

    private int length; // tokens of each live answer whose keys are cached
    private final int longestPrompt;
    private final Tensor[] promptKeys; // per layer [prompts, kv, longestPrompt, d]
    private final Tensor[] promptValues;
    private final Tensor[] keys; // per layer [places, kv, capacity, d]
    private final Tensor[] values;
    // Of a step:
    private @Nullable Tensor index; // the places, where they are not all
    private final Map<Integer, Tensor> masks = new HashMap<>(); // of prompts, by window

    /** A prompt with its answers. */
    static final class Story {
        final int prompt;
        final int[] promptIds;
        final SplittableRandom[] streams;
        private final int[][] ids;
        private final float[][] logprobs;
        private final String[] finish;
        private int unfinished;

        Story(int prompt, int[] promptIds, SamplingOptions options) {
            this.prompt = prompt;
            this.promptIds = promptIds;
            int n = options.answers();
            streams = new SplittableRandom[n];
            ids = new int[n][0];
            logprobs = new float[n][0];
            finish = new String[n];
            unfinished = n;
            for (int i = 0; i < n; i++) {
                streams[i] = TokenSampler.stream(options.seed(), promptIds, i);
            }
        }

        List<Answer> answers() {
            List<Answer> all = new ArrayList<>();
            for (int i = 0; i < ids.length; i++) {
                all.add(new Answer(ids[i], logprobs[i], finish[i]));
            }
            return all;
        }
    }

    /** An answer that takes part in a step. */
    record Row(Story story, int answer) {
        /** Records a drawn token. */
        void append(int id, float logprob) {
            int n = story.ids[answer].length;
            story.ids[answer] = Arrays.copyOf(story.ids[answer], n + 1);
            story.ids[answer][n] = id;
            story.logprobs[answer] = Arrays.copyOf(story.logprobs[answer], n + 1);
            story.logprobs[answer][n] = logprob;
        }

        int lastToken() {
            return story.ids[answer][tokens() - 1];
        }

        int tokens() {
            return story.ids[answer].length;
        }

        void finish(String reason) {
            story.finish[answer] = reason;
            story.unfinished--;
        }
    }

    /** @param stories prompts that nothing was read of yet */
    Cohort(List<Story> stories, SamplingOptions options, ModelConfig config, Device device) {
        this.stories = List.copyOf(stories);
        this.answers = options.answers();
        places = new int[stories.size() * answers];
        Arrays.setAll(places, i -> i);
        longestPrompt =
                stories.stream().mapToInt(story -> story.promptIds.length).max().orElseThrow();
        promptKeys = caches(config, device, stories.size(), longestPrompt);
        promptValues = caches(config, device, stories.size(), longestPrompt);
        keys = caches(config, device, places.length, FIRST_CAPACITY);
        values = caches(config, device, places.length, FIRST_CAPACITY);
    }

    private static Tensor[] caches(ModelConfig config, Device device, int batch, int capacity) {
        Tensor[] caches = new Tensor[config.layers()];
        try (TensorScope scope = new TensorScope()) {
            for (int layer = 0; layer < caches.length; layer++) {
                // Zeros: what nobody wrote is multiplied by a weight of 0, which does not help against NaN.
                caches[layer] = scope.release(
                        Tensors.zeros(Dtype.F32, device, batch, config.keyValueHeads(), capacity, config.headDim()));
            }
        }
        return caches;
    }

    int rows() {
        return places.length;
    }

    Row row(int r) {
        return new Row(stories.get(places[r] / answers), places[r] % answers);
    }

    /** Position of row r's token that is decoded next. */
    int position(int r) {
        return row(r).story().promptIds.length + length;
    }

    /**
     * Keeps what a pass over prompts {@code [from, to)} found: {@code k, v [T, kv, d]}.
     *
     * @param index {@code [(to − from) · longest prompt]}: the token of each place in the cache, any token where the prompt has ended
     */
    void read(int layer, int from, int to, Tensor k, Tensor v, Tensor index) {
        put(promptKeys[layer].narrow(0, from, to - from), k, index);
        put(promptValues[layer].narrow(0, from, to - from), v, index);
    }

    private void put(Tensor cache, Tensor packed, Tensor index) {
        long[] shape = cache.shape();
        cache.copy_(packed.indexSelect(0, index)
                .view(shape[0], longestPrompt, shape[1], shape[3])
                .transpose(1, 2));
    }

    int longestPrompt() {
        return longestPrompt;
    }

    /**
     * Makes room for a token; to be called in the step's scope, before {@link #attend}.
     *
     * @param windows those of all layers
     */
    void beginStep(Collection<Integer> windows) {
        long capacity = keys[0].size(2);
        for (int layer = 0; length == capacity && layer < keys.length; layer++) {
            keys[layer] = doubled(keys[layer]);
            values[layer] = doubled(values[layer]);
        }
        index = places.length == stories.size() * answers
                ? null
                : Tensors.of(places).to(keys[0].device());
        for (int window : windows) {
            Tensor mask = mask(window, length + 1);
            if (mask != null) {
                masks.put(window, mask);
            }
        }
    }

    void endStep() {
        length++;
        index = null;
        masks.clear();
    }

    private static Tensor doubled(Tensor cache) {
        try (TensorScope scope = new TensorScope();
                cache) {
            Tensor more = Tensors.zeros(cache.dtype(), cache.device(), cache.shape());
            return scope.release(Tensor.cat(List.of(cache, more), 2));
        }
    }

    /**
     * Attention of one new token of each row: {@code q [rows, heads, d]}, {@code k, v [rows, kv, d]}; caches k and v.
     *
     * @return {@code [rows, heads·d]}
     */
    Tensor attend(int layer, Tensor q, Tensor k, Tensor v, DecodeAttention attention, int window) {
        keys[layer].select(2, length).copy_(placed(k));
        values[layer].select(2, length).copy_(placed(v));
        int own = length + 1;
        // With a window only the last keys are in sight; of an answer's own they are the same for all prompts.
        int hidden = window > 0 ? Math.max(0, own - window) : 0;
        Tensor onOwn = keys[layer].narrow(2, hidden, own - hidden);
        Tensor valuesOfOwn = values[layer].narrow(2, hidden, own - hidden);
        Tensor result = hidden > 0
                ? attention.own(placed(q), onOwn, valuesOfOwn)
                : attention.promptAndOwn(
                        placed(q), promptKeys[layer], promptValues[layer], masks.get(window), onOwn, valuesOfOwn);
        return index == null ? result : result.indexSelect(0, index);
    }

    /** Rows at their places, zeros elsewhere. */
    private Tensor placed(Tensor rows) {
        if (index == null) {
            return rows;
        }
        long[] shape = rows.shape();
        shape[0] = (long) stories.size() * answers;
        return Tensors.zeros(rows.dtype(), rows.device(), shape).indexAdd_(0, index, rows);
    }

    /** {@code [prompts, 1, 1, longestPrompt]}: hides the filling, and what a window has left behind; null where nothing is hidden. */
    private @Nullable Tensor mask(int window, int own) {
        float[] mask = new float[stories.size() * longestPrompt];
        boolean any = false;
        for (int s = 0; s < stories.size(); s++) {
            int end = stories.get(s).promptIds.length;
            int begin = window > 0 ? Math.min(end, Math.max(0, end + own - window)) : 0;
            any |= begin > 0 || end < longestPrompt;
            Arrays.fill(mask, s * longestPrompt, s * longestPrompt + begin, DecodeAttention.HIDDEN);
            Arrays.fill(mask, s * longestPrompt + end, (s + 1) * longestPrompt, DecodeAttention.HIDDEN);
        }
        return any ? Tensors.of(mask, stories.size(), 1, 1, longestPrompt).to(keys[0].device()) : null;
    }

    /** Keeps only these rows, in order; returns the prompts that are done with that. */
    List<Story> keep(List<Integer> rows) {
        if (rows.size() == places.length) {
            return List.of();
        }
        Set<Story> done = new LinkedHashSet<>();
        for (int r = 0; r < places.length; r++) {
            if (row(r).story().unfinished == 0) {
                done.add(row(r).story());
            }
        }
        places = rows.stream().mapToInt(r -> places[r]).toArray();
        List<Integer> going = new ArrayList<>();
        for (int s = 0; s < stories.size(); s++) {
            if (stories.get(s).unfinished > 0) {
                going.add(s);
            }
        }
        if (!going.isEmpty() && 4 * going.size() <= 3 * stories.size()) {
            leave(going);
        }
        return List.copyOf(done);
    }

    /** Only these prompts stay in the caches. */
    private void leave(List<Integer> going) {
        int[] newIndex = new int[stories.size()];
        int[] kept = new int[going.size() * answers];
        for (int i = 0; i < going.size(); i++) {
            newIndex[going.get(i)] = i;
            for (int a = 0; a < answers; a++) {
                kept[i * answers + a] = going.get(i) * answers + a;
            }
        }
        int[] prompts = going.stream().mapToInt(Integer::intValue).toArray();
        for (int layer = 0; layer < keys.length; layer++) {
            promptKeys[layer] = selected(promptKeys[layer], prompts);
            promptValues[layer] = selected(promptValues[layer], prompts);
            keys[layer] = selected(keys[layer], kept);
            values[layer] = selected(values[layer], kept);
        }
        places = Arrays.stream(places)
                .map(place -> newIndex[place / answers] * answers + place % answers)
                .toArray();
        List<Story> old = stories;
        stories = going.stream().map(old::get).toList();
    }

    private static Tensor selected(Tensor cache, int[] at) {
        try (TensorScope scope = new TensorScope();
                cache) {
            return scope.release(cache.indexSelect(0, Tensors.of(at).to(cache.device())));
        }
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
