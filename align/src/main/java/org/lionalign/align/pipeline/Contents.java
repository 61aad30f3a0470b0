package org.lionalign.align.pipeline;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.lionalign.align.text.ModelDigest;
import org.lionalign.core.data.RowFiles;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.recipe.StageRecipe;

/** Hashes of files and folders by content, each read once. */
final class Contents {
    private final Map<Path, String> known = new HashMap<>();

    /** Of a file. */
    String file(Path file) {
        String found = known.get(file);
        if (found == null) {
            if (!Files.exists(file)) {
                throw new BadInput(file + ": no such file");
            }
            found = ModelDigest.file(file);
            known.put(file, found);
        }
        return found;
    }

    /** Of all files directly in a model folder. */
    String model(Path folder) {
        if (!Files.isDirectory(folder)) {
            throw new BadInput(
                    folder + ": expected a model folder, found " + (Files.exists(folder) ? "a file" : "nothing"));
        }
        StringBuilder all = new StringBuilder();
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
                all.append(file.getFileName()).append(' ').append(file(file)).append('\n');
            }
        } catch (IOException e) {
            throw new BadInput(folder + ": cannot be listed: " + e.getMessage(), e);
        }
        return ModelDigest.text(all.toString());
    }

    /** Of a source's files, with their names: a row's id is its file and line. */
    String source(StageRecipe.Source source) {
        StringBuilder all = new StringBuilder();
        for (Path file : RowFiles.files(Path.of(source.path()), source.split())) {
            all.append(file).append(' ').append(file(file)).append('\n');
        }
        return ModelDigest.text(all.toString());
    }

    /** Bytes of a source's files that are used, by its fraction. */
    static double bytes(StageRecipe.Source source) {
        double bytes = 0;
        for (Path file : RowFiles.files(Path.of(source.path()), source.split())) {
            try {
                bytes += Files.size(file) * source.fraction();
            } catch (IOException e) {
                throw new BadInput(file + ": cannot be read: " + e.getMessage(), e);
            }
        }
        return bytes;
    }
}
