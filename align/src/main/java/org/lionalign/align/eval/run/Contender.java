package org.lionalign.align.eval.run;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.lionalign.align.eval.ResultStore;
import org.lionalign.align.text.ModelDigest;
import org.lionalign.align.text.TextModel;
import org.lionalign.torch.model.CausalLm;
import org.lionalign.torch.model.LoadOptions;

/**
 * A checkpoint that is evaluated, or that judges.
 *
 * @param name as tables and official files call it
 * @param identity hash of everything that shapes what it says: weights, tokenizer, template, stop tokens, dtype of computing
 */
public record Contender(String name, CausalLm model, TextModel text, String identity) implements AutoCloseable {
    /** @param template instead of the folder's own, or null */
    public static Contender load(String name, Path folder, @Nullable String template, LoadOptions options) {
        TextModel text = TextModel.open(folder, template);
        String identity = ResultStore.key(
                "checkpoint",
                ModelDigest.weights(folder),
                text.tokenizer().digest(),
                text.hasTemplate() ? ModelDigest.text(text.template().source()) : "none",
                text.stops(),
                options.compute().name());
        return new Contender(name, CausalLm.load(folder, options), text, identity);
    }

    @Override
    public void close() {
        model.close();
    }
}
