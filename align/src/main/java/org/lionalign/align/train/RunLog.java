package org.lionalign.align.train;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.format.AtomicFiles;
import org.lionalign.core.json.Json;
import org.lionalign.core.json.JsonLines;

/** A JSONL file of a run whose lines belong to steps: appended to, and cut back to a checkpoint's step when a run goes on from there. */
public final class RunLog {
    private final Path file;

    public RunLog(Path file) {
        this.file = file;
    }

    /** Adds a line, which must have a {@code step}. */
    public void append(ObjectNode line) {
        try {
            Path folder = file.toAbsolutePath().getParent();
            if (folder != null) {
                Files.createDirectories(folder);
            }
            Files.writeString(file, Json.write(line) + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new BadInput(file + ": cannot be written: " + e.getMessage(), e);
        }
    }

    /** Its whole lines, in order; a line that a crash tore is left out. */
    public List<JsonNode> lines() {
        List<JsonNode> found = new ArrayList<>();
        if (Files.exists(file)) {
            try (JsonLines lines = JsonLines.open(file)) {
                for (JsonLines.Attempt line = lines.next(); line != null; line = lines.next()) {
                    JsonNode value = line.value();
                    if (value != null && value.has("step")) {
                        found.add(value);
                    }
                }
            }
        }
        return found;
    }

    /** Steps after {@code done} are run again, so their lines go. */
    public void cutAfter(long done) {
        if (Files.exists(file)) {
            StringBuilder kept = new StringBuilder();
            for (JsonNode line : lines()) {
                if (line.get("step").asLong() <= done) {
                    kept.append(Json.write(line)).append('\n');
                }
            }
            AtomicFiles.write(file, kept.toString());
        }
    }
}
