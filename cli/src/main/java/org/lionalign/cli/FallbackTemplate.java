package org.lionalign.cli;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.lionalign.core.chat.ChatTemplate;
import picocli.CommandLine.Option;

/** {@code --fallback-template}, of verbs that run several models: where {@code --template} elsewhere replaces a model's own, this one never does. */
final class FallbackTemplate {
    @Option(
            names = "--fallback-template",
            paramLabel = "FILE|chatml|plain",
            description = "chat template of models that have none of their own")
    private @Nullable String name;

    /** For judges, which see for themselves what a model has. */
    @Nullable
    String name() {
        return name;
    }

    /** For a model, or null for its own. */
    @Nullable
    String of(Path model) {
        return ChatTemplate.has(model) ? null : name;
    }
}
