package org.lionalign.core.testing;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Assumptions;

/**
 * The real data beside the repository, which is never copied into it. A test that does not find it is reported as skipped with the
 * missing path; it never passes silently.
 */
public final class SharedData {
    private SharedData() {}

    /** The file or folder, or an aborted test. Looks in {@code $LION_SHARED_DATA}, else in {@code ../shared/data}. */
    public static Path require(String relative) {
        Path found = root().resolve(relative);
        Path packed = root().resolve(relative + ".gz");
        if (!Files.exists(found) && Files.exists(packed)) {
            return packed;
        }
        if (!Files.exists(found)) {
            System.err.println("SKIPPED, real data not found: " + found);
            Assumptions.abort("SKIPPED, real data not found: " + found);
        }
        return found;
    }

    /** Text of the file or of its gzip-compressed twin. */
    public static String text(String relative) {
        Path file = require(relative);
        try (InputStream raw = Files.newInputStream(file);
                InputStream in = file.toString().endsWith(".gz") ? new GZIPInputStream(raw) : raw) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    static Path root() {
        String set = System.getenv("LION_SHARED_DATA");
        if (set != null) {
            return Path.of(set);
        }
        String root = System.getProperty("lion.root", "");
        for (Path at = Path.of(root.isEmpty() ? "." : root).toAbsolutePath().normalize();
                at != null;
                at = at.getParent()) {
            if (Files.isDirectory(at.resolve("shared/data"))) {
                return at.resolve("shared/data");
            }
        }
        return Path.of("../shared/data").toAbsolutePath().normalize();
    }
}
