package org.lionalign.align.train;

import java.util.Arrays;
import java.util.Map;
import org.lionalign.core.pack.PackedBatch;

/**
 * Next-token cross-entropy over the supervised tokens of a whole step: {@code −(1/N)·Σ log p}, N counted over all micro-batches before the
 * first of them runs, so that no layout changes the loss (PITFALLS 1).
 */
public final class CrossEntropy implements StepObjective {
    private final long tokens;
    private double sum;

    /** @param tokens supervised tokens of the whole step, N */
    public CrossEntropy(long tokens) {
        if (tokens <= 0) {
            throw new IllegalArgumentException("a step needs at least one supervised token");
        }
        this.tokens = tokens;
    }

    @Override
    public float[] gradient(PackedBatch batch, float[] logps) {
        for (float logp : logps) {
            sum -= logp;
        }
        float[] gradient = new float[logps.length];
        Arrays.fill(gradient, (float) (-1.0 / tokens));
        return gradient;
    }

    @Override
    public double loss() {
        return sum / tokens;
    }

    @Override
    public Map<String, double[]> metrics() {
        return Map.of("supervised_tokens", new double[] {tokens, 1});
    }
}
