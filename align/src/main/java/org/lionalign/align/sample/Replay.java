package org.lionalign.align.sample;

import java.util.Arrays;
import org.lionalign.core.error.BadInput;
import org.lionalign.torch.model.Answer;

/** Draws a stored answer again, from the same weights, prompts, settings and seed. */
public final class Replay {
    private Replay() {}

    /**
     * Whether an answer comes back bit for bit: tokens and their log-probabilities.
     *
     * @param sampler with the weights and settings of the key, on the same kind of machine with as many threads
     */
    public static boolean same(AnswerStore store, AnswerStore.Key key, LocalSampler sampler) {
        if (!new Sampling(sampler, store).owns(key)) {
            throw new BadInput(store.file() + ": expected an answer of this policy and these settings, found one of "
                    + store.described(key.model()) + " and " + store.described(key.settings()));
        }
        Drawn stored = store.answer(key);
        Sampler.Block block = stored == null || stored.block() == null ? null : store.block(stored.block());
        if (stored == null || block == null) {
            throw new BadInput(store.file() + ": expected an answer with its block of prompts, found none for " + key);
        }
        int at = block.prompts().indexOf(key.prompt());
        Answer again = sampler.again(block).get(at).get(key.index());
        return Arrays.equals(again.ids(), stored.ids()) && Arrays.equals(again.logprobs(), stored.logprobs());
    }
}
