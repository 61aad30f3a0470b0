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
import org.lionalign.torch.tensor.Device;
import org.lionalign.torch.tensor.Dtype;
import picocli.CommandLine.Option;

/** The options of every verb that runs a model. */
final class ModelOptions {
    @Option(names = "--model", required = true, paramLabel = "DIR", description = "model folder in Hugging Face layout")
    Path model = Path.of(".");

    @Option(names = "--adapter", paramLabel = "DIR", description = "LoRA adapter in PEFT's layout, laid over the model")
    @Nullable
    Path adapter;

    @Option(
            names = "--template",
            paramLabel = "FILE|chatml|plain",
            description = "chat template instead of the model's own")
    @Nullable
    String template;

    @Option(
            names = "--dtype",
            defaultValue = "bf16",
            paramLabel = "f32|bf16",
            description = "compute dtype (default: ${DEFAULT-VALUE})")
    String dtype = "bf16";

    @Option(
            names = "--device",
            defaultValue = "cpu",
            paramLabel = "cpu|cuda:N|auto",
            description = "default: ${DEFAULT-VALUE}")
    String device = "cpu";

    TextModel text() {
        return TextModel.open(model, template);
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

    /** The dtype that {@code --dtype} names. */
    static Dtype compute(String name) {
        return switch (name) {
            case "f32" -> Dtype.F32;
            case "bf16" -> Dtype.BF16;
            default -> throw new BadInput("--dtype: expected f32 or bf16, found " + name);
        };
    }

    CausalLm load() {
        CausalLm loaded = CausalLm.load(model, new LoadOptions(compute(dtype), Device.parse(device), false, false));
        if (adapter != null) {
            LoraAdapters.load(loaded, adapter);
        }
        return loaded;
    }
}
