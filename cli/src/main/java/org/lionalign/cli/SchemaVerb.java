package org.lionalign.cli;

import java.util.concurrent.Callable;
import org.lionalign.core.recipe.RecipeSchema;
import picocli.CommandLine.Command;

/** {@code lion schema}. */
@Command(
        name = "schema",
        mixinStandardHelpOptions = true,
        description = "The recipe's JSON schema, for completion and checks in an editor.",
        footer = {
            "",
            "Example:",
            "  ./lion schema > lion.schema.json   and in the recipe's first line:",
            "  # yaml-language-server: $schema=lion.schema.json"
        })
final class SchemaVerb implements Callable<Integer> {
    @Override
    public Integer call() {
        System.out.println(RecipeSchema.of().toPrettyString());
        return 0;
    }
}
