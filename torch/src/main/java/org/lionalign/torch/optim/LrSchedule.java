package org.lionalign.torch.optim;

/**
 * Learning rates by step, exactly as transformers' {@code get_scheduler} gives them: the rate that update {@code step} uses, counted from 0.
 *
 * @param kind the shape after the warm-up
 * @param rate the highest rate
 * @param warmupSteps steps of linear rise from 0
 * @param totalSteps optimizer steps of the whole run
 */
public record LrSchedule(Kind kind, double rate, long warmupSteps, long totalSteps) {
    /** Shape after the warm-up. */
    public enum Kind {
        CONSTANT,
        LINEAR,
        COSINE
    }

    /** With the warm-up as a share of all steps, rounded up as transformers does. */
    public static LrSchedule withRatio(Kind kind, double rate, double warmupRatio, long totalSteps) {
        return new LrSchedule(kind, rate, (long) Math.ceil(warmupRatio * totalSteps), totalSteps);
    }

    /** The rate of update {@code step}, 0 for the first. */
    public double at(long step) {
        if (step < warmupSteps) {
            return rate * step / Math.max(1, warmupSteps);
        }
        double rest = Math.max(1, totalSteps - warmupSteps);
        double done = step - warmupSteps;
        return switch (kind) {
            case CONSTANT -> rate;
            case LINEAR -> rate * Math.max(0, (totalSteps - step) / rest);
            case COSINE -> rate * Math.max(0, 0.5 * (1 + Math.cos(Math.PI * done / rest)));
        };
    }
}
