package org.lionalign.cli;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** {@code --template}: instead of what the model's folder says. Verbs that fill in for what is missing have {@link FallbackTemplate}. */
final class TemplateOption {
    @Option(
            names = "--template",
            paramLabel = "FILE|chatml|plain",
            description = "chat template instead of the model's own")
    @Nullable
    String name;
}
