package org.lionalign.core.json;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;
import org.lionalign.core.error.BadInput;

/**
 * Streams the rows of a JSON Lines file. Lines end at {@code \n} only, for strings may hold U+2028; empty lines are
 * passed over but counted. {@code -} is standard input; a name ending in {@code .gz} is unpacked.
 *
 * <pre>{@code
 * try (JsonLines lines = JsonLines.open(file)) {
 *     for (JsonLines.Row row : lines) { use(row.line(), row.value()); }
 * }
 * }</pre>
 */
public final class JsonLines implements Iterable<JsonLines.Row>, AutoCloseable {
    /** One row: its line, counted from 1, and its value. */
    public record Row(long line, JsonNode value) {}

    /** One line that may not be JSON: exactly one of {@code value} and {@code error} is null. */
    public record Attempt(
            long line,
            byte[] raw,
            @Nullable JsonNode value,
            @Nullable String error) {}

    private final Path file;
    private final InputStream in;
    private long line;

    private JsonLines(Path file, InputStream in) {
        this.file = file;
        this.in = in;
    }

    public static JsonLines open(Path file) {
        try {
            if (file.toString().equals("-")) {
                return new JsonLines(Path.of("<stdin>"), new BufferedInputStream(System.in));
            }
            InputStream raw = new BufferedInputStream(Files.newInputStream(file), 1 << 16);
            return new JsonLines(
                    file,
                    file.toString().endsWith(".gz")
                            ? new BufferedInputStream(new GZIPInputStream(raw, 1 << 16), 1 << 16)
                            : raw);
        } catch (java.nio.file.NoSuchFileException e) {
            throw new BadInput(file + ": no such file", e);
        } catch (IOException e) {
            throw new BadInput(file + ": cannot be read: " + e.getMessage(), e);
        }
    }

    /** The next line whether or not it is JSON, or null at the end: for readers that set bad rows aside. */
    public @Nullable Attempt next() {
        while (true) {
            byte[] raw = readLine();
            if (raw == null) {
                return null;
            }
            line++;
            if (isBlank(raw)) {
                continue;
            }
            try {
                String text = StandardCharsets.UTF_8
                        .newDecoder()
                        .decode(ByteBuffer.wrap(raw))
                        .toString();
                JsonNode value = Json.MAPPER.readTree(text);
                return new Attempt(line, raw, value, null);
            } catch (CharacterCodingException e) {
                return new Attempt(line, raw, null, "expected UTF-8 text, found invalid bytes");
            } catch (JsonProcessingException e) {
                long column = e.getLocation() == null ? 0 : e.getLocation().getColumnNr();
                return new Attempt(
                        line, raw, null, "column " + column + ": expected JSON, found: " + e.getOriginalMessage());
            }
        }
    }

    @Override
    public Iterator<Row> iterator() {
        return new Iterator<>() {
            private @Nullable Attempt ahead = JsonLines.this.next();

            @Override
            public boolean hasNext() {
                return ahead != null;
            }

            @Override
            public Row next() {
                Attempt now = ahead;
                if (now == null) {
                    throw new NoSuchElementException();
                }
                JsonNode value = now.value();
                if (value == null) {
                    throw new BadInput(file + ":" + now.line() + ": " + now.error());
                }
                ahead = JsonLines.this.next();
                return new Row(now.line(), value);
            }
        };
    }

    private byte @Nullable [] readLine() {
        ByteArrayOutputStream out = new ByteArrayOutputStream(256);
        try {
            int b = in.read();
            if (b < 0) {
                return null;
            }
            while (b >= 0 && b != '\n') {
                out.write(b);
                b = in.read();
            }
        } catch (IOException e) {
            throw new BadInput(file + ":" + (line + 1) + ": cannot be read: " + e.getMessage(), e);
        }
        return out.toByteArray();
    }

    private static boolean isBlank(byte[] raw) {
        for (byte b : raw) {
            if (b != ' ' && b != '\t' && b != '\r') {
                return false;
            }
        }
        return true;
    }

    @Override
    public void close() {
        try {
            in.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
