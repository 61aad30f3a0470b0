package org.lionalign.core.recipe;

import static org.lionalign.core.recipe.Checks.readBy;
import static org.lionalign.core.recipe.Checks.require;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How answers are sampled.
 *
 * @param answers K for each prompt, 5
 * @param temperature 0.8; 0 for greedy
 * @param topP 1 for all
 * @param topK 0 for all; a server reads it only where it knows it
 * @param maxNewTokens 512
 * @param stop texts that end an answer besides the model's own stop tokens
 * @param batch answers decoded together in process, 80; not for a server
 * @param server sample there instead of in process
 * @param failedShare largest share of the answers that a server may fail to give before the run stops, 0.05; only for a server
 */
public record SampleRecipe(
        Integer answers,
        Double temperature,
        Double topP,
        Integer topK,
        Integer maxNewTokens,
        List<String> stop,
        @Nullable Integer batch,
        @Nullable ServerRecipe server,
        @Nullable Double failedShare) {
    /** Every value at its default. */
    @SuppressWarnings("NullAway") // null asks for the default
    public static final SampleRecipe DEFAULT = new SampleRecipe(null, null, null, null, null, null, null, null, null);

    /** One greedy answer. */
    @SuppressWarnings("NullAway") // null asks for the default
    public static final SampleRecipe GREEDY = new SampleRecipe(1, 0.0, null, null, null, null, null, null, null);

    public SampleRecipe {
        answers = answers == null ? 5 : answers;
        require(answers > 0, "sample.answers", "above 0", answers);
        temperature = temperature == null ? 0.8 : temperature;
        require(temperature >= 0, "sample.temperature", "0 or above", temperature);
        topP = topP == null ? 1.0 : topP;
        require(topP > 0 && topP <= 1, "sample.top_p", "above 0 and at most 1", topP);
        topK = topK == null ? 0 : topK;
        require(topK >= 0, "sample.top_k", "0 or above", topK);
        maxNewTokens = maxNewTokens == null ? 512 : maxNewTokens;
        require(maxNewTokens > 0, "sample.max_new_tokens", "above 0", maxNewTokens);
        stop = stop == null ? List.of() : List.copyOf(stop);
        readBy(server == null, "sample.batch", "a server", batch);
        batch = server == null && batch == null ? Integer.valueOf(80) : batch;
        require(batch == null || batch > 0, "sample.batch", "above 0", batch);
        readBy(server != null, "sample.failed_share", "sampling in process", failedShare);
        failedShare = server != null && failedShare == null ? Double.valueOf(0.05) : failedShare;
        require(
                failedShare == null || (failedShare >= 0 && failedShare <= 1),
                "sample.failed_share",
                "0 to 1",
                failedShare);
    }
}
