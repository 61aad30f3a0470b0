package org.lionalign.align.train;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
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
    private final int examples;
    private final IntUnaryOperator lengthOf;
    private final Batch batch;
    private final long seed;
    private final String dataDigest;
    private final boolean shuffle;
    private int cachedEpoch = -1;
    private List<List<int[]>> cachedSteps = List.of();

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
        return epoch(epoch).size();
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
            List<List<int[]>> steps = new ArrayList<>();
            int[] order = order(epoch);
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
