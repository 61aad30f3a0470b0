package org.lionalign.align.stage;

/** What a recipe is run for. */
public enum StageKind {
    /** Cross-entropy on conversations. */
    SFT,
    /** A preference loss on pairs. */
    DPO,
    /** Bradley–Terry on pairs. */
    REWARD;

    /** The learning rate that a recipe without one gets. */
    double rate() {
        return switch (this) {
            case SFT -> 2e-5;
            case DPO -> 5e-7;
            case REWARD -> 1e-5;
        };
    }

    boolean pairs() {
        return this != SFT;
    }
}
