package org.lionalign.align.stage;

import org.lionalign.core.recipe.StageRecipe;

/** What a recipe is run for. */
public enum StageKind {
    /** Cross-entropy on plain text. */
    PRETRAIN,
    /** Cross-entropy on conversations. */
    SFT,
    /** A preference loss on pairs. */
    DPO,
    /** Bradley–Terry on pairs. */
    REWARD;

    /** The learning rate that a recipe without one gets. */
    double rate() {
        return switch (this) {
            case PRETRAIN -> 1e-3;
            case SFT -> 2e-5;
            case DPO -> 5e-7;
            case REWARD -> 1e-5;
        };
    }

    /** What a recipe is for, by the sections that only one stage reads. */
    public static StageKind of(StageRecipe recipe) {
        return recipe.data().text() != null
                ? PRETRAIN
                : recipe.loss() != null ? DPO : recipe.reward() != null ? REWARD : SFT;
    }

    boolean pairs() {
        return this == DPO || this == REWARD;
    }
}
