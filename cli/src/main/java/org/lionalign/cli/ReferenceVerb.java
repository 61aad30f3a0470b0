package org.lionalign.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.lionalign.align.stage.Stage;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.recipe.RecipeReader;
import org.lionalign.core.recipe.ResolvedRecipe;
import org.lionalign.core.recipe.StageRecipe;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code lion reference}. */
@Command(
        name = "reference",
        mixinStandardHelpOptions = true,
        description = "Reference log-probabilities of a recipe's pairs, token by token, once for every loss and beta.",
        footer = {
            "",
            "Example:",
            "  ./lion reference dpo.yaml --out runs/reference",
            "  ./lion dpo dpo.yaml --out runs/dpo --set reference.cache=runs/reference/reference",
            "Several processes: --world 4 --rank 0 … 3, each with the same --out; killed ones are started again."
        })
final class ReferenceVerb implements Callable<Integer> {
    @Parameters(paramLabel = "RECIPE.yaml", description = "the recipe of the preference stage")
    private Path recipe = Path.of("recipe.yaml");

    @Option(names = "--set", paramLabel = "KEY=VALUE", description = "overrides a value of the recipe; may be repeated")
    private List<String> set = new ArrayList<>();

    @Option(names = "--out", required = true, paramLabel = "DIR", description = "where the cache is kept")
    private Path out = Path.of("reference");

    @Option(names = "--rank", paramLabel = "R", description = "this process, from 0 (default 0)")
    private int rank;

    @Option(names = "--world", paramLabel = "N", description = "processes that share the work (default 1)")
    private int world = 1;

    @Override
    public Integer call() {
        if (world < 1 || rank < 0 || rank >= world) {
            throw new BadInput("--rank, --world: expected 0 ≤ rank < world, found " + rank + " and " + world);
        }
        StageRecipe read = RecipeReader.read(recipe, set, StageRecipe.class);
        try {
            Stage.dpo(read, out);
            Stage.reference(read, out.resolve("data"), rank, world);
        } catch (BadInput e) {
            throw ResolvedRecipe.placed(e, recipe, set);
        }
        System.err.println("lion: rank " + rank + " of " + world + " is done; the cache is in "
                + (read.reference() != null && read.reference().cache() != null
                        ? read.reference().cache()
                        : out.resolve("reference")));
        return 0;
    }
}
