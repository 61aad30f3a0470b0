package org.lionalign.align.eval;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.json.Json;
import org.lionalign.core.json.JsonLines;

/** Files as official tools write them, packed with gzip or not, and the fields of their rows with errors that name the place. */
public final class EvalFiles {
    private EvalFiles() {}

    /** The first of the names that exists below the folder, or its {@code .gz} twin. */
    public static Path find(Path folder, String... names) {
        List<Path> found = DataPlaces.first(folder, List.of(names));
        if (!found.isEmpty()) {
            return found.get(0);
        }
        throw new BadInput(folder + ": expected " + String.join(" or ", names) + " (or .gz), found "
                + (Files.isDirectory(folder) ? "none of them" : "no such folder"));
    }

    public static boolean has(Path folder, String name) {
        return !DataPlaces.first(folder, List.of(name)).isEmpty();
    }

    /** A file's text. */
    public static String text(Path file) {
        try (InputStream in = open(file)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new BadInput(file + ": cannot be read: " + e.getMessage(), e);
        }
    }

    private static InputStream open(Path file) throws IOException {
        try {
            InputStream raw = new BufferedInputStream(Files.newInputStream(file));
            return file.toString().endsWith(".gz") ? new GZIPInputStream(raw) : raw;
        } catch (NoSuchFileException e) {
            throw new BadInput(file + ": no such file", e);
        }
    }

    /** The rows of a {@code .jsonl} file, or the elements of the list that a {@code .json} file holds, each with its line. */
    public static List<JsonLines.Row> rows(Path file) {
        String name = file.getFileName().toString();
        List<JsonLines.Row> rows = new ArrayList<>();
        if (name.endsWith(".jsonl") || name.endsWith(".jsonl.gz")) {
            try (JsonLines lines = JsonLines.open(file)) {
                lines.forEach(rows::add);
            }
            return rows;
        }
        ObjectReader elements = Json.MAPPER.reader().without(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
        // Python writes NaN for a missing number, which is not JSON; it is read as what it means.
        try (InputStream in = open(file);
                JsonParser parser = Json.MAPPER.getFactory().createParser(in)) {
            parser.enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS.mappedFeature());
            if (parser.nextToken() != JsonToken.START_ARRAY) {
                throw new BadInput(file + ":1: expected a list of rows, found " + parser.currentToken());
            }
            while (parser.nextToken() != JsonToken.END_ARRAY) {
                long line = parser.currentTokenLocation().getLineNr();
                rows.add(new JsonLines.Row(line, elements.readTree(parser)));
            }
            return rows;
        } catch (JsonProcessingException e) {
            long line = e.getLocation() == null ? 0 : e.getLocation().getLineNr();
            throw new BadInput(file + ":" + line + ": expected JSON, found: " + e.getOriginalMessage(), e);
        } catch (IOException e) {
            throw new BadInput(file + ": cannot be read: " + e.getMessage(), e);
        }
    }

    /** The files of a folder that end so, sorted by name; or the file itself. */
    public static List<Path> files(Path from, String... ends) {
        if (!Files.isDirectory(from)) {
            if (!Files.exists(from)) {
                throw new BadInput(from + ": no such file or folder");
            }
            return List.of(from);
        }
        try (Stream<Path> list = Files.list(from)) {
            List<Path> found = list.filter(file -> {
                        String name = file.getFileName().toString();
                        return Stream.of(ends).anyMatch(end -> name.endsWith(end) || name.endsWith(end + ".gz"));
                    })
                    .sorted()
                    .toList();
            if (found.isEmpty()) {
                throw new BadInput(from + ": expected files *" + String.join(", *", ends) + " (or .gz), found none");
            }
            return found;
        } catch (IOException e) {
            throw new BadInput(from + ": cannot be read: " + e.getMessage(), e);
        }
    }

    /** A field that must be there and be a text. */
    public static String text(Path file, JsonLines.Row row, String key) {
        JsonNode value = row.value().path(key);
        if (!value.isTextual()) {
            throw BadInput.of(file, row.line(), key, "a text", found(value));
        }
        return value.textValue();
    }

    /** A field that must be a text or a number, as a text: ids are either, depending on the file. */
    public static String id(Path file, JsonLines.Row row, String... keys) {
        for (String key : keys) {
            JsonNode value = row.value().path(key);
            if (value.isTextual() || value.isIntegralNumber()) {
                return value.asText();
            }
        }
        throw BadInput.of(
                file,
                row.line(),
                String.join(" or ", keys),
                "a text or a number",
                found(row.value().path(keys[0])));
    }

    /** A number; NaN for null, and where the key is missing. */
    public static double number(Path file, JsonLines.Row row, String key) {
        JsonNode value = row.value().path(key);
        if (value.isNull() || value.isMissingNode()) {
            return Double.NaN;
        }
        if (!value.isNumber()) {
            throw BadInput.of(file, row.line(), key, "a number or null", found(value));
        }
        return value.doubleValue();
    }

    /** What an error says it found. */
    public static String found(JsonNode value) {
        if (value.isMissingNode()) {
            return "nothing";
        }
        String text = value.toString();
        return text.length() > 60 ? text.substring(0, 60) + "…" : text;
    }
}
