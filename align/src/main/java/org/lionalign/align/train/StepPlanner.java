package org.lionalign.align.train;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.IntUnaryOperator;
import org.lionalign.core.pack.BestFit;

/**
 * Which examples each optimizer step sees: a pure function of (seed, epoch, data digest, batch settings), so that a resumed run needs
 * only its step number to go on with the same data.
 *
 * <p>A step holds either a fixed number of examples (preference pairs, packed windows) or as many as fit a token budget. Within a step,
 * examples are packed into micro-batches of at most {@code microBatchTokens} tokens by {@link BestFit}.
 */
public final class StepPlanner {
    /** Passes' worth of rows that are packed together. */
    private static final int POOL_PASSES = 64;

    /** A pass with less of its tokens is packed again with the next pool. */
    private static final double FULL = 0.98;

    private final int examples;
    private final IntUnaryOperator lengthOf;
    private final Batch batch;
    private final long seed;
    private final String dataDigest;
    private final boolean shuffle;
    private int cachedEpoch = -1;
    private List<List<int[]>> cachedSteps = List.of();
    private final Map<Integer, Integer> stepsIn = new HashMap<>();

    /**
     * Size of a step.
     *
     * @param examplesPerStep examples in a step; 0 when the token budget decides
     * @param tokensPerStep tokens in a step at most; 0 when the number of examples decides
     * @param microBatchTokens tokens of one forward pass at most; an example longer than that has one to itself
     * @param padded examples of a pass are filled up to the longest, in the order they come, and the filling counts as tokens of the pass
     */
    public record Batch(int examplesPerStep, long tokensPerStep, int microBatchTokens, boolean padded) {
        /** Without filling. */
        public Batch(int examplesPerStep, long tokensPerStep, int microBatchTokens) {
            this(examplesPerStep, tokensPerStep, microBatchTokens, false);
        }

        public Batch {
            if ((examplesPerStep > 0) == (tokensPerStep > 0)) {
                throw new IllegalArgumentException("exactly one of examplesPerStep and tokensPerStep must be positive");
            }
            if (microBatchTokens <= 0) {
                throw new IllegalArgumentException("microBatchTokens must be positive, is " + microBatchTokens);
            }
        }
    }

    /**
     * @param examples number of examples in an epoch
     * @param lengthOf tokens of an example
     * @param dataDigest hash of the examples, so that other data give another order
     * @param shuffle false keeps the given order (staged data)
     */
    public StepPlanner(
            int examples, IntUnaryOperator lengthOf, Batch batch, long seed, String dataDigest, boolean shuffle) {
        if (examples <= 0) {
            throw new IllegalArgumentException("there are no examples to train on");
        }
        this.examples = examples;
        this.lengthOf = lengthOf;
        this.batch = batch;
        this.seed = seed;
        this.dataDigest = dataDigest;
        this.shuffle = shuffle;
    }

    /** Number of optimizer steps of one epoch (the same for every epoch only if steps hold a fixed number of examples). */
    public int stepsIn(int epoch) {
        Integer known = stepsIn.get(epoch);
        if (known == null) {
            known = epoch(epoch).size();
            stepsIn.put(epoch, known);
        }
        return known;
    }

    /** Optimizer steps of {@code epochs} epochs; a fraction is rounded to the nearest step, at least one. */
    public long steps(double epochs) {
        long sum = 0;
        for (int e = 0; e < (int) epochs; e++) {
            sum += stepsIn(e);
        }
        double rest = epochs - (int) epochs;
        if (rest > 0) {
            sum += Math.round(rest * stepsIn((int) epochs));
        }
        return Math.max(1, sum);
    }

    /** The plan of step {@code step}, counted from 1 over all epochs. */
    public StepPlan step(long step) {
        long before = 0;
        for (int e = 0; ; e++) {
            int inEpoch = stepsIn(e);
            if (step <= before + inEpoch) {
                return new StepPlan(step, e, epoch(e).get((int) (step - before - 1)));
            }
            before += inEpoch;
        }
    }

    /** The step with the largest micro-batch among all of the first epoch: the one to rehearse before training. */
    public int[] largestMicroBatch() {
        int[] largest = new int[0];
        long most = -1;
        for (List<int[]> step : epoch(0)) {
            for (int[] micro : step) {
                long tokens = Arrays.stream(micro).map(lengthOf).asLongStream().sum();
                if (tokens > most) {
                    most = tokens;
                    largest = micro;
                }
            }
        }
        return largest;
    }

    private List<List<int[]>> epoch(int epoch) {
        if (epoch != cachedEpoch) {
            int[] order = order(epoch);
            if (batch.examplesPerStep == 0 && !batch.padded && batch.tokensPerStep >= batch.microBatchTokens) {
                cachedSteps = pooled(order, epoch);
                cachedEpoch = epoch;
                return cachedSteps;
            }
            List<List<int[]>> steps = new ArrayList<>();
            int at = 0;
            while (at < examples) {
                int from = at;
                long tokens = 0;
                while (at < examples
                        && (batch.examplesPerStep > 0
                                ? at - from < batch.examplesPerStep
                                : at == from || tokens + lengthOf.applyAsInt(order[at]) <= batch.tokensPerStep)) {
                    tokens += lengthOf.applyAsInt(order[at++]);
                }
                int[] chosen = Arrays.copyOfRange(order, from, at);
                steps.add(batch.padded ? inOrder(chosen) : BestFit.pack(chosen, lengthOf, batch.microBatchTokens));
            }
            cachedSteps = steps;
            cachedEpoch = epoch;
        }
        return cachedSteps;
    }

    /**
     * Steps of whole passes, packed from pools of rows much larger than a step, so that passes are full. A pass that is not goes back into
     * the next pool; passes are then dealt to steps in a drawn order.
     */
    private List<List<int[]>> pooled(int[] order, int epoch) {
        List<int[]> passes = new ArrayList<>();
        SplittableRandom random = new SplittableRandom(derivedSeed("passes/" + epoch + "/" + dataDigest, seed));
        List<Integer> pool = new ArrayList<>();
        long tokens = 0;
        for (int i = 0; i < order.length; i++) {
            pool.add(order[i]);
            tokens += lengthOf.applyAsInt(order[i]);
            boolean last = i == order.length - 1;
            if (!last && tokens < (long) POOL_PASSES * batch.microBatchTokens) {
                continue;
            }
            List<int[]> full = new ArrayList<>();
            // In the drawn order: longest first would make passes, and so steps, of long rows alone and of short rows
            // alone.
            List<int[]> packed = BestFit.packInOrder(
                    pool.stream().mapToInt(Integer::intValue).toArray(), lengthOf, batch.microBatchTokens);
            pool.clear();
            tokens = 0;
            for (int[] pass : packed) {
                long filled = Arrays.stream(pass).map(lengthOf).asLongStream().sum();
                if (last || filled >= FULL * batch.microBatchTokens) {
                    full.add(pass);
                } else {
                    Arrays.stream(pass).forEach(pool::add);
                    tokens += filled;
                }
            }
            for (int b = full.size() - 1; shuffle && b > 0; b--) {
                java.util.Collections.swap(full, b, random.nextInt(b + 1));
            }
            passes.addAll(full);
        }
        int perStep = (int) (batch.tokensPerStep / batch.microBatchTokens);
        List<List<int[]>> steps = new ArrayList<>();
        for (int from = 0; from < passes.size(); from += perStep) {
            steps.add(passes.subList(from, Math.min(from + perStep, passes.size())));
        }
        return steps;
    }

    /** Passes of padded rows: as many as fit, in order. */
    private List<int[]> inOrder(int[] chosen) {
        List<int[]> passes = new ArrayList<>();
        int from = 0;
        int longest = 0;
        for (int i = 0; i < chosen.length; i++) {
            int longer = Math.max(longest, lengthOf.applyAsInt(chosen[i]));
            if (i > from && (long) longer * (i + 1 - from) > batch.microBatchTokens) {
                passes.add(Arrays.copyOfRange(chosen, from, i));
                from = i;
                longer = lengthOf.applyAsInt(chosen[i]);
            }
            longest = longer;
        }
        passes.add(Arrays.copyOfRange(chosen, from, chosen.length));
        return passes;
    }

    private int[] order(int epoch) {
        int[] order = new int[examples];
        for (int i = 0; i < examples; i++) {
            order[i] = i;
        }
        if (shuffle) {
            SplittableRandom random = new SplittableRandom(derivedSeed("order/" + epoch + "/" + dataDigest, seed));
            for (int i = examples - 1; i > 0; i--) {
                int j = random.nextInt(i + 1);
                int swap = order[i];
                order[i] = order[j];
                order[j] = swap;
            }
        }
        return order;
    }

    /** A seed for the named purpose: the first 8 bytes of SHA-256 over name and seed, so that no two purposes share a stream. */
    public static long derivedSeed(String name, long seed) {
        try {
            byte[] hash =
                    MessageDigest.getInstance("SHA-256").digest((seed + "/" + name).getBytes(StandardCharsets.UTF_8));
            return java.nio.ByteBuffer.wrap(hash).getLong();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
