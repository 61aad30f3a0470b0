package org.lionalign.core.data;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.json.JsonLines;

/** Opens rows in the formats that data sets come in: JSONL and JSON arrays (also .gz), Parquet, and folders of those with splits. */
public final class RowFiles {
    private static final ObjectMapper MAPPER = JsonMapper.builder()
            .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
            .build();
    private static final List<String> ENDINGS = List.of(".jsonl", ".jsonl.gz", ".json", ".json.gz", ".parquet");

    private RowFiles() {}

    /**
     * The files behind a path: itself, or those of a split in a folder in Hugging Face layout ({@code train.jsonl},
     * {@code data/train-00000-of-00002.parquet}, {@code train/0.parquet}), in order. A file that is not there but packed beside its name
     * ({@code rows.jsonl.gz}) is taken.
     */
    public static List<Path> files(Path path, @Nullable String split) {
        if (Files.isRegularFile(path) || path.toString().equals("-")) {
            if (split != null) {
                throw new BadInput(path + ": split: expected a folder with splits, found a file");
            }
            return List.of(path);
        }
        if (!Files.isDirectory(path)) {
            Path packed = Path.of(path + ".gz");
            if (Files.isRegularFile(packed)) {
                return files(packed, split);
            }
            throw new BadInput(path + ": no such file or folder");
        }
        try (Stream<Path> walk = Files.walk(path, 3, FileVisitOption.FOLLOW_LINKS)) {
            List<String> names = walk.filter(Files::isRegularFile)
                    .map(file -> path.relativize(file).toString().replace('\\', '/'))
                    .sorted()
                    .toList();
            return ofSplit(path.toString(), names, split).stream()
                    .map(path::resolve)
                    .toList();
        } catch (IOException | UncheckedIOException e) { // a link that leads to a folder above it is found on the way
            throw new BadInput(path + ": cannot be listed: " + e.getMessage(), e);
        }
    }

    /**
     * Those names of files that belong to a split.
     *
     * @param folder what the names are below, for errors
     * @param names parted by {@code /}
     * @param split null for {@code train}
     */
    public static List<String> ofSplit(String folder, List<String> names, @Nullable String split) {
        String wanted = split == null ? "train" : split;
        List<String> found = new ArrayList<>();
        TreeSet<String> seen = new TreeSet<>();
        for (String file : names) {
            String[] parts = file.split("/", -1);
            String name = parts[parts.length - 1];
            if (ENDINGS.stream().noneMatch(name::endsWith) || parts.length > 3) {
                continue;
            }
            String inFolder = parts.length == 1 ? "" : parts[parts.length - 2];
            String stem = name.substring(0, name.indexOf('.')).replaceFirst("-\\d{5}-of-\\d{5}(-\\w+)?$", "");
            seen.add(inFolder.isEmpty() || inFolder.equals("data") ? stem : inFolder);
            if (stem.equals(wanted) || inFolder.equals(wanted)) {
                found.add(file);
            }
        }
        if (found.isEmpty()) {
            throw new BadInput(folder + ": split: expected one of " + seen + ", found " + wanted);
        }
        return found;
    }

    /** Opens one file by its ending; what has another is read as JSONL. */
    public static RowReader open(Path file) {
        String name = file.toString();
        if (name.endsWith(".parquet")) {
            return new ParquetRows(file);
        }
        boolean json = name.endsWith(".json") || name.endsWith(".json.gz");
        return json && startsWithBracket(file) ? new Array(file) : new Lines(file);
    }

    private static InputStream unpacked(Path file) throws IOException {
        InputStream raw = new BufferedInputStream(Files.newInputStream(file), 1 << 16);
        return file.toString().endsWith(".gz") ? new GZIPInputStream(raw, 1 << 16) : raw;
    }

    /**
     * Opens one file of documents: as {@link #open(Path)}, and plain text ({@code .txt}, {@code .txt.gz}), parted at a separator.
     *
     * @param column the key under which a plain text's documents are found
     */
    public static RowReader openTexts(Path file, String column, String separator) {
        String name = file.toString();
        return name.endsWith(".txt") || name.endsWith(".txt.gz") ? new TextRows(file, column, separator) : open(file);
    }

    private static boolean startsWithBracket(Path file) {
        try (InputStream in = unpacked(file)) {
            int c = in.read();
            while (c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == 0xEF || c == 0xBB || c == 0xBF) {
                c = in.read();
            }
            return c == '[';
        } catch (IOException e) {
            throw new BadInput(file + ": cannot be read: " + e.getMessage(), e);
        }
    }

    private static final class Lines implements RowReader {
        private final JsonLines lines;

        Lines(Path file) {
            lines = JsonLines.open(file);
        }

        @Override
        public @Nullable Row next() {
            JsonLines.Attempt attempt = lines.next();
            return attempt == null ? null : new Row(attempt.line(), attempt.value(), attempt.error());
        }

        @Override
        public void close() {
            lines.close();
        }
    }

    /** One array of objects, read element by element. Broken JSON ends it: what follows cannot be told apart. */
    private static final class Array implements RowReader {
        private final Path file;
        private final JsonParser parser;
        private long number;

        Array(Path file) {
            this.file = file;
            try {
                parser = MAPPER.getFactory().createParser(unpacked(file));
                parser.nextToken();
            } catch (IOException e) {
                throw new BadInput(file + ": cannot be read: " + e.getMessage(), e);
            }
        }

        @Override
        public @Nullable Row next() {
            try {
                JsonToken token = parser.nextToken();
                if (token == JsonToken.END_ARRAY) {
                    return null;
                }
                JsonNode value = token == null ? null : MAPPER.readTree(parser);
                if (value == null) {
                    throw new BadInput(file + ": expected ] at the end, found the end of the file");
                }
                return new Row(++number, value, null);
            } catch (JsonProcessingException e) {
                throw new BadInput(
                        file + ":" + e.getLocation().getLineNr() + ":"
                                + e.getLocation().getColumnNr() + ": not JSON: " + e.getOriginalMessage(),
                        e);
            } catch (IOException e) {
                throw new BadInput(file + ": cannot be read: " + e.getMessage(), e);
            }
        }

        @Override
        public void close() {
            try {
                parser.close();
            } catch (IOException e) {
                throw new BadInput(file + ": cannot be closed: " + e.getMessage(), e);
            }
        }
    }
}
