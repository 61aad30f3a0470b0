package org.lionalign.align.objective;

/**
 * β over a run: a function of the step alone, so that a resumed run needs nothing.
 *
 * @param from at the first step
 * @param to at the last
 */
public record BetaSchedule(Kind kind, double from, double to) {
    /** Shape between the two ends. */
    public enum Kind {
        /** No change. */
        CONSTANT,
        /** A straight line. */
        LINEAR,
        /** Half a cosine: slow at both ends. */
        COSINE
    }

    /** The same β at every step. */
    public static BetaSchedule constant(double beta) {
        return new BetaSchedule(Kind.CONSTANT, beta, beta);
    }

    /**
     * @param step counted from 1
     * @param total steps of the run
     */
    public double at(long step, long total) {
        double progress = total <= 1 ? 0 : Math.min(1, Math.max(0, (step - 1.0) / (total - 1)));
        return switch (kind) {
            case CONSTANT -> from;
            case LINEAR -> from + (to - from) * progress;
            case COSINE -> to + (from - to) * (1 + Math.cos(Math.PI * progress)) / 2;
        };
    }
}
