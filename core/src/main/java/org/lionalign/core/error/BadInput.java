package org.lionalign.core.error;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Input from outside (a file, a recipe, a row, an option) that Lion refuses. The message is complete for the user: file,
 * line or key, what was expected and what was found, in one line.
 *
 * <p>Anything else that is thrown is a defect of Lion itself and is shown with its stack trace.
 */
public final class BadInput extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public BadInput(String message) {
        super(oneLine(message));
    }

    public BadInput(String message, @Nullable Throwable cause) {
        super(oneLine(message), cause);
    }

    /** {@code file: key: expected …, found …}. */
    public static BadInput of(Path file, String key, String expected, String found) {
        return new BadInput(file + ": " + key + ": expected " + expected + ", found " + found);
    }

    /** {@code file:line: key: expected …, found …}; lines count from 1. */
    public static BadInput of(Path file, long line, String key, String expected, String found) {
        return new BadInput(file + ":" + line + ": " + key + ": expected " + expected + ", found " + found);
    }

    private static String oneLine(String message) {
        return message.strip().replaceAll("\\s*\\R\\s*", " ");
    }
}
