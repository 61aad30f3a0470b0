package org.lionalign.align.stage;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.lionalign.align.text.TextModel;
import org.lionalign.core.data.PairRows;

/**
 * The tokens that the policy drew, in place of what its text encodes to (PITFALLS 18): used only where tokenizer, template and system turn
 * are the sampler's, which shows in equal prompt ids and equal text.
 */
final class SampledAnswer {
    private SampledAnswer() {}

    static TextModel.Pair chosen(PairRows.Pair pair, TextModel.Pair encoded, TextModel text) {
        PairRows.SampledIds sampled = pair.sampled();
        return sampled == null ? encoded : of(sampled.prompt(), sampled.chosen(), pair.chosen(), encoded, text);
    }

    static TextModel.Pair rejected(PairRows.Pair pair, TextModel.Pair encoded, TextModel text) {
        PairRows.SampledIds sampled = pair.sampled();
        return sampled == null ? encoded : of(sampled.prompt(), sampled.rejected(), pair.rejected(), encoded, text);
    }

    private static TextModel.Pair of(
            int[] prompt, int @Nullable [] answer, String words, TextModel.Pair encoded, TextModel text) {
        return answer != null
                        && Arrays.equals(prompt, encoded.prompt())
                        && text.tokenizer().decode(answer, true).equals(words)
                ? new TextModel.Pair(encoded.prompt(), answer)
                : encoded;
    }
}
