package org.lionalign.core.data;

import com.fasterxml.jackson.databind.JsonNode;
import org.jspecify.annotations.Nullable;

/** Rows of a file, one after another. */
public interface RowReader extends AutoCloseable {
    /**
     * One row: {@code value} or {@code error} is null.
     *
     * @param number counted from 1; the line in files that have lines
     */
    record Row(
            long number, @Nullable JsonNode value, @Nullable String error) {}

    /** The next row, or null after the last. */
    @Nullable
    Row next();

    @Override
    void close();
}
