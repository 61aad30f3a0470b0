package org.lionalign.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.concurrent.Callable;
import org.lionalign.align.judge.JudgePrompt;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.recipe.JudgeRecipe;
import org.lionalign.core.recipe.RecipeSchema;
import org.lionalign.core.recipe.RunRecipe;
import org.lionalign.core.recipe.StageRecipe;
import org.lionalign.core.recipe.StudyRecipe;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code lion schema}. */
@Command(
        name = "schema",
        mixinStandardHelpOptions = true,
        description = "The JSON schema of recipes, for completion and checks in an editor.",
        footer = {
            "",
            "Example:",
            "  ./lion schema > lion.schema.json   and in the recipe's first line:",
            "  # yaml-language-server: $schema=lion.schema.json"
        })
final class SchemaVerb implements Callable<Integer> {
    @Parameters(
            arity = "0..1",
            defaultValue = "any",
            paramLabel = "any|run|stage|study|judges|judge-prompt",
            description =
                    "what the file holds; any (default) is a run, a stage or a study; judges is what --judge FILE.yaml reads")
    private String kind = "any";

    @Override
    public Integer call() {
        System.out.println(schema(kind).toPrettyString());
        return 0;
    }

    /** The schema of a kind of file. */
    static ObjectNode schema(String kind) {
        return switch (kind) {
            case "any" -> RecipeSchema.any();
            case "run" -> RecipeSchema.of(RunRecipe.class);
            case "stage" -> RecipeSchema.of(StageRecipe.class);
            case "study" -> RecipeSchema.of(StudyRecipe.class);
            case "judges" -> RecipeSchema.listOf(JudgeRecipe.class);
            case "judge-prompt" -> RecipeSchema.of(JudgePrompt.class);
            default ->
                throw new BadInput(
                        "lion schema: expected any, run, stage, study, judges or judge-prompt, found " + kind);
        };
    }
}
