package org.lionalign.align.stage;

import java.nio.file.Path;
import java.util.List;
import org.lionalign.core.recipe.RecipeReader;
import org.lionalign.core.recipe.StageRecipe;

/** A reference pass in a process of its own, to be killed. */
final class ReferencePassMain {
    private ReferencePassMain() {}

    public static void main(String[] arguments) {
        StageRecipe recipe = RecipeReader.read(Path.of(arguments[0]), List.of(), StageRecipe.class);
        Stage.reference(recipe, Path.of(arguments[1]).resolve("data"), 0, 1);
    }
}
