package org.lionalign.cli;

import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.lionalign.align.text.TextModel;
import org.lionalign.core.error.BadInput;
import org.lionalign.torch.model.CausalLm;
import org.lionalign.torch.model.LoadOptions;
import org.lionalign.torch.model.LoraAdapters;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options of every verb that runs a model. */
final class ModelOptions {
    @Option(names = "--model", required = true, paramLabel = "DIR", description = "model folder in Hugging Face layout")
    Path model = Path.of(".");

    @Option(names = "--adapter", paramLabel = "DIR", description = "LoRA adapter in PEFT's layout, laid over the model")
    @Nullable
    Path adapter;

    @Mixin
    TemplateOption template = new TemplateOption();

    @Mixin
    ComputeOptions compute = new ComputeOptions("auto");

    TextModel text() {
        return TextModel.open(model, template.name);
    }

    /** The text side, read while the weights are loaded. */
    Supplier<TextModel> textMeanwhile() {
        CompletableFuture<TextModel> reading = CompletableFuture.supplyAsync(this::text);
        return () -> {
            try {
                return reading.join();
            } catch (CompletionException e) {
                if (e.getCause() instanceof BadInput bad) {
                    throw bad;
                }
                throw e;
            }
        };
    }

    CausalLm load() {
        CausalLm loaded = CausalLm.load(model, new LoadOptions(compute.dtype(), compute.device(), false, false));
        if (adapter != null) {
            LoraAdapters.load(loaded, adapter);
        }
        return loaded;
    }
}
