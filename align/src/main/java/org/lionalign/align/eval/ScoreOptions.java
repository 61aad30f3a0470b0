package org.lionalign.align.eval;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * What scoring from files may be told besides the files; a scorer ignores what its suite does not have.
 *
 * @param difficulty AlpacaEval's {@code df_gamed.csv} or {@code instruction_difficulty.csv}
 * @param baseline name of the model that the others are compared with; null for the suite's own
 * @param model the only model to score of those in the files; null for all
 * @param answers Arena-Hard's answer files, for style control
 * @param styleControl whether length and markdown are taken out of Arena-Hard's ratings
 */
public record ScoreOptions(
        @Nullable Path difficulty,
        @Nullable String baseline,
        @Nullable String model,
        @Nullable Path answers,
        boolean styleControl) {
    /** Nothing said. */
    public static final ScoreOptions NONE = new ScoreOptions(null, null, null, null, false);
}
