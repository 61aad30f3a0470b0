package org.lionalign.align.eval;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.lionalign.align.remote.ChatEndpoint;
import org.lionalign.align.text.TextModel;
import org.lionalign.torch.model.CausalLm;

/**
 * What suites run with.
 *
 * @param model the checkpoint
 * @param text its tokenizer and template
 * @param name as official files and tables call the checkpoint
 * @param identity hash of the checkpoint's weights, tokenizer and template: the key of everything that is stored
 * @param data folder of the suites' original files
 * @param store folder where answers and judgements are kept, so that nothing is computed or paid for twice
 * @param limit questions of each task at most, 0 for all
 * @param judge of the suites that need one
 * @param judgeModel the judge's name of its model
 * @param seed of sampling and of the order in which answers are shown
 * @param progress hears of each finished question
 */
public record EvalContext(
        CausalLm model,
        TextModel text,
        String name,
        String identity,
        Path data,
        Path store,
        int limit,
        @Nullable ChatEndpoint judge,
        String judgeModel,
        long seed,
        Runnable progress) {}
