package org.lionalign.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.lionalign.align.stage.Stage;
import org.lionalign.align.stage.StageKind;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.format.Folders;
import org.lionalign.core.recipe.RecipeReader;
import org.lionalign.core.recipe.ResolvedRecipe;
import org.lionalign.core.recipe.RunRecipe;
import org.lionalign.core.recipe.StageRecipe;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What the verbs that look at a recipe without running it have in common. */
final class RecipeArguments {
    @Parameters(paramLabel = "RECIPE.yaml", description = "the recipe")
    private Path file = Path.of("recipe.yaml");

    @Option(names = "--set", paramLabel = "KEY=VALUE", description = "overrides a value of the recipe; may be repeated")
    private List<String> set = new ArrayList<>();

    @Option(
            names = "--stage",
            paramLabel = "pretrain|sft|dpo|reward",
            description =
                    "what the recipe is for; default pretrain with data.text, dpo or reward with their section, else sft")
    private String stage = "";

    StageRecipe read() {
        return RecipeReader.read(file, set, StageRecipe.class);
    }

    /** Whether the file holds a whole run. */
    boolean isRun() {
        Set<String> sections = RecipeReader.sections(file);
        return !sections.contains("data")
                && List.of("sft", "reward", "dpo", "online", "compare").stream().anyMatch(sections::contains);
    }

    RunRecipe readRun() {
        if (!stage.isEmpty()) {
            throw new BadInput("--stage: expected nothing for a whole run, found " + stage);
        }
        return RecipeReader.read(file, set, RunRecipe.class);
    }

    /** What the recipe is for; its sections must be those of that stage. */
    StageKind kind(StageRecipe recipe) {
        StageKind kind = named(recipe);
        Stage.of(kind, recipe, Path.of("unused"));
        return kind;
    }

    private StageKind named(StageRecipe recipe) {
        return switch (stage) {
            case "" -> StageKind.of(recipe);
            case "pretrain" -> StageKind.PRETRAIN;
            case "sft" -> StageKind.SFT;
            case "dpo" -> StageKind.DPO;
            case "reward" -> StageKind.REWARD;
            default -> throw new BadInput("--stage: expected pretrain, sft, dpo or reward, found " + stage);
        };
    }

    /** Work that needs a folder for a while. */
    @FunctionalInterface
    interface InFolder<T> {
        T with(Path folder) throws IOException;
    }

    /** Runs work in a temporary folder, which is removed afterwards; what it finds wrong with a key is said with the key's place. */
    <T> T temporarily(InFolder<T> work) {
        try {
            return inFolder(work);
        } catch (BadInput e) {
            throw ResolvedRecipe.placed(e, file, set);
        }
    }

    private static <T> T inFolder(InFolder<T> work) {
        try {
            Path folder = Files.createTempDirectory("lion-");
            try {
                return work.with(folder);
            } finally {
                Folders.delete(folder);
            }
        } catch (IOException e) {
            throw new BadInput("a temporary folder cannot be used: " + e.getMessage(), e);
        }
    }
}
