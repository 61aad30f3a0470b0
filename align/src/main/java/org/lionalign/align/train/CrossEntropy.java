package org.lionalign.align.train;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.lionalign.core.pack.PackedBatch;

/**
 * Next-token cross-entropy over the supervised tokens of a whole step: {@code −(1/N)·Σ log p}, N counted over all micro-batches before the
 * first of them runs, so that no layout changes the loss (PITFALLS 1).
 */
public final class CrossEntropy implements StepObjective {
    private final long tokens;
    private final Map<String, double[]> rows = new LinkedHashMap<>();
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
        for (PackedBatch.Slice slice : batch.slices()) {
            double row = 0;
            for (int i = slice.from(); i < slice.to(); i++) {
                row -= logps[i];
            }
            sum += row;
            double[] entry =
                    rows.computeIfAbsent(batch.trees().get(slice.tree()).id(), id -> new double[2]);
            entry[0] += row;
            entry[1] += slice.to() - slice.from();
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
    public Map<String, double[]> rowLosses() {
        return rows;
    }

    @Override
    public Map<String, double[]> metrics() {
        return Map.of("supervised_tokens", new double[] {tokens, 1});
    }
}
