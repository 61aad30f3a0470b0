package org.lionalign.cli;

import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.lionalign.core.error.BadInput;

/** Lines to a file that appears whole or not at all, or to standard output for {@code -}. */
final class Output implements AutoCloseable {
    private final Path target;
    private final Path part;
    private final BufferedWriter writer;
    private boolean complete;

    Output(Path target) {
        this.target = target;
        this.part = target.resolveSibling(target.getFileName() + ".part");
        try {
            writer = isStandard()
                    ? new BufferedWriter(new OutputStreamWriter(System.out, StandardCharsets.UTF_8))
                    : Files.newBufferedWriter(part);
        } catch (IOException e) {
            throw new BadInput(target + ": cannot be written: " + e.getMessage(), e);
        }
    }

    private boolean isStandard() {
        return target.toString().equals("-");
    }

    void line(String text) {
        try {
            writer.write(text);
            writer.write('\n');
        } catch (IOException e) {
            throw new BadInput(target + ": cannot be written: " + e.getMessage(), e);
        }
    }

    /** Everything is there: the file may appear. */
    void commit() {
        complete = true;
    }

    @Override
    public void close() {
        try {
            writer.flush();
            if (isStandard()) {
                return;
            }
            writer.close();
            if (complete) {
                Files.move(part, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            } else {
                Files.deleteIfExists(part);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
