package org.lionalign.align.eval;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.lionalign.core.data.RowFiles;
import org.lionalign.core.error.BadInput;

/**
 * Where a suite's files lie below the data folder, or below {@code hub/} in it, where {@link HubData} puts what comes from the hub. A place is a file ({@code arc/challenge.test.jsonl}, packed or not), a split of a folder
 * in Hugging Face layout ({@code ai2_arc/ARC-Challenge:test}), or a folder with all it holds ({@code MATH/test/}).
 */
public final class DataPlaces {
    /** The folder in a data folder that {@link HubData} writes. */
    static final String HUB = "hub";

    private DataPlaces() {}

    /** The files of a place, sorted; none where it is not there. */
    public static List<Path> files(Path data, String place) {
        int colon = place.indexOf(':');
        if (colon >= 0) {
            Path folder = data.resolve(place.substring(0, colon));
            if (!Files.isDirectory(folder)) {
                return List.of();
            }
            try {
                return RowFiles.files(folder, place.substring(colon + 1));
            } catch (BadInput noSuchSplit) {
                return List.of();
            }
        }
        if (place.endsWith("/")) {
            return below(data.resolve(place));
        }
        Path plain = data.resolve(place);
        Path packed = data.resolve(place + ".gz");
        return Files.isRegularFile(plain) ? List.of(plain) : Files.isRegularFile(packed) ? List.of(packed) : List.of();
    }

    /** The files of the first place that is there, of the user's own before those of the hub; none where no place is. */
    public static List<Path> first(Path data, List<String> places) {
        for (Path root : List.of(data, data.resolve(HUB))) {
            for (String place : places) {
                List<Path> files = files(root, place);
                if (!files.isEmpty()) {
                    return files;
                }
            }
        }
        return List.of();
    }

    private static List<Path> below(Path folder) {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> all = Files.walk(folder, FileVisitOption.FOLLOW_LINKS)) {
            return all.filter(Files::isRegularFile).sorted().toList();
        } catch (IOException | UncheckedIOException e) {
            throw new BadInput(folder + ": cannot be listed: " + e.getMessage(), e);
        }
    }
}
