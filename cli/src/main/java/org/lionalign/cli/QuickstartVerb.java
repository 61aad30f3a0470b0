package org.lionalign.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.format.AtomicFiles;
import org.lionalign.cub.CubFiles;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code lion quickstart}. */
@Command(
        name = "quickstart",
        mixinStandardHelpOptions = true,
        description =
                "The whole way in minutes: aligns the bundled model through SFT, DPO and online DPO, and shows that each stage helped.",
        footer = {
            "",
            "Writes the bundled world's data and the recipe into the folder and runs it: lion run DIR/recipe.yaml --out DIR does the same",
            "again. The same command continues where it was stopped.",
            "",
            "Example:",
            "  ./lion quickstart"
        })
final class QuickstartVerb implements Callable<Integer> {
    @Option(names = "--out", paramLabel = "DIR", description = "the run's folder (default: runs/quickstart)")
    private Path out = Path.of("runs/quickstart");

    @Option(
            names = "--seed",
            defaultValue = "1",
            description = "of data, training and sampling (default: ${DEFAULT-VALUE})")
    private long seed;

    @Option(names = "--set", paramLabel = "KEY=VALUE", description = "overrides a value of the recipe; may be repeated")
    private List<String> set = new ArrayList<>();

    @Override
    public Integer call() {
        Path home = Path.of(System.getProperty("lion.home", "."));
        Path recipe = prepare(home, out, seed);
        List<String> overrides = new ArrayList<>(List.of("seed=" + seed));
        overrides.addAll(set);
        return RunVerb.run(recipe, overrides, out);
    }

    /** Writes data and recipe into a folder, with the paths that they have there; returns the recipe. */
    static Path prepare(Path home, Path folder, long seed) {
        Path data = folder.resolve("data-" + seed);
        if (!Files.exists(data.resolve("manifest.json"))) {
            CubFiles.generate(data, seed, CubFiles.Sizes.quickstart());
        }
        Path shipped = home.resolve("recipes/quickstart.yaml");
        try {
            String text = Files.readString(shipped)
                    .replace("path: models/cub", "path: " + home.resolve("models/cub"))
                    .replace("runs/quickstart/data/", data + "/");
            Path recipe = folder.resolve("recipe.yaml");
            AtomicFiles.write(recipe, text);
            return recipe;
        } catch (IOException e) {
            throw new BadInput(shipped + ": cannot be read: " + e.getMessage(), e);
        }
    }
}
