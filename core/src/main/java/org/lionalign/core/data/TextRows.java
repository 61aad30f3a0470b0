package org.lionalign.core.data;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.json.Json;

/**
 * Documents of a plain text file as rows {@code {"text": …}}, parted where the separator stands. A row's number is the line on which its
 * document begins; blank documents are passed over, blank space around a document is dropped.
 */
final class TextRows implements RowReader {
    private final Path file;
    private final String column;
    private final String separator;
    private final Reader in;
    private final StringBuilder buffer = new StringBuilder();
    private final char[] chunk = new char[1 << 16];
    private boolean ended;
    private long line = 1;

    /** @param column the key under which a document's text is found */
    TextRows(Path file, String column, String separator) {
        this.file = file;
        this.column = column;
        this.separator = separator;
        try {
            InputStream raw = new BufferedInputStream(Files.newInputStream(file), 1 << 16);
            in = new InputStreamReader(
                    file.toString().endsWith(".gz") ? new GZIPInputStream(raw, 1 << 16) : raw,
                    StandardCharsets.UTF_8
                            .newDecoder()
                            .onMalformedInput(CodingErrorAction.REPORT)
                            .onUnmappableCharacter(CodingErrorAction.REPORT));
        } catch (java.nio.file.NoSuchFileException e) {
            throw new BadInput(file + ": no such file", e);
        } catch (IOException e) {
            throw new BadInput(file + ": cannot be read: " + e.getMessage(), e);
        }
    }

    @Override
    public @Nullable Row next() {
        while (true) {
            int end = document();
            if (end < 0) {
                return null;
            }
            String document = buffer.substring(0, end);
            buffer.delete(0, Math.min(buffer.length(), end + separator.length()));
            String text = document.strip();
            long begins = line + lines(document.substring(0, document.indexOf(text)));
            line += lines(document) + lines(separator);
            if (!text.isEmpty()) {
                return new Row(begins, Json.object().put(column, text), null);
            }
        }
    }

    /** Where the buffer's first document ends; −1 after the last. */
    private int document() {
        int from = 0;
        while (true) {
            int found = buffer.indexOf(separator, from);
            if (found >= 0) {
                return found;
            }
            if (ended) {
                return buffer.length() == 0 ? -1 : buffer.length();
            }
            from = Math.max(0, buffer.length() - separator.length());
            try {
                int n = in.read(chunk);
                if (n < 0) {
                    ended = true;
                } else {
                    buffer.append(chunk, 0, n);
                }
            } catch (CharacterCodingException e) {
                throw new BadInput(
                        file + ": expected UTF-8 text, found invalid bytes after line " + (line + lines(buffer)), e);
            } catch (IOException e) {
                throw new BadInput(file + ": cannot be read: " + e.getMessage(), e);
            }
        }
    }

    private static long lines(CharSequence text) {
        return text.chars().filter(c -> c == '\n').count();
    }

    @Override
    public void close() {
        try {
            in.close();
        } catch (IOException e) {
            throw new BadInput(file + ": cannot be closed: " + e.getMessage(), e);
        }
    }
}
