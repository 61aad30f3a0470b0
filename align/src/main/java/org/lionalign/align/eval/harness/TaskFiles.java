package org.lionalign.align.eval.harness;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;
import org.lionalign.align.eval.DataPlaces;
import org.lionalign.align.eval.Suite;
import org.lionalign.align.eval.harness.Rows.Row;
import org.lionalign.align.eval.python.PyRandom;
import org.lionalign.core.data.RowFiles;
import org.lionalign.core.data.RowReader;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.json.Json;

/**
 * The data folder of one run: finds each task's files under the names they have on the hub or in their original repositories, and reads
 * every file once.
 */
final class TaskFiles {
    /**
     * Where one split can lie.
     *
     * @param places relative to the data folder, the first that is there counts: {@code folder:split} for a folder in Hugging Face layout
     *     (JSONL, JSON or Parquet), else a file, packed ({@code .gz}) or not
     * @param origin where it can be had
     */
    record Source(List<String> places, String origin) {
        Source {
            places = List.copyOf(places);
        }

        /** @param optional what happens without it; empty where nothing goes without */
        Suite.Data needed(String optional) {
            return new Suite.Data(places, origin, optional);
        }
    }

    private final Path data;
    private final Map<List<Path>, List<Row>> read = new HashMap<>();
    private final PyRandom global = new PyRandom(0);

    TaskFiles(Path data) {
        this.data = data;
    }

    /** Python's global generator, as the harness seeds it: one for all tasks of a run, in their order. */
    PyRandom global() {
        return global;
    }

    /** The rows; an error that says which file is wanted and where it can be had. */
    List<Row> rows(Source source, String task) {
        List<Row> rows = rowsIfThere(source);
        if (rows == null) {
            throw new BadInput(data + ": " + task + " needs " + String.join(" or ", source.places())
                    + " in this folder; it can be had from " + source.origin());
        }
        if (rows.isEmpty()) {
            throw new BadInput(data + ": " + task + ": expected rows, found none in " + source.places());
        }
        return rows;
    }

    @Nullable
    List<Row> rowsIfThere(Source source) {
        List<Path> files = DataPlaces.first(data, source.places());
        return files.isEmpty()
                ? null
                : read.computeIfAbsent(
                        files,
                        all -> all.stream().flatMap(file -> read(file).stream()).toList());
    }

    private static List<Row> read(Path file) {
        String name = file.toString().replaceFirst("\\.gz$", "");
        if (name.endsWith(".csv")) {
            return Csv.read(file.toString(), text(file));
        }
        if (name.endsWith(".json")) {
            return whole(file, Json.parse(text(file), file.toString()));
        }
        List<Row> rows = new ArrayList<>();
        try (RowReader reader = RowFiles.open(file)) {
            for (RowReader.Row row = reader.next(); row != null; row = reader.next()) {
                JsonNode value = row.value();
                if (value == null || !value.isObject()) {
                    throw new BadInput(file + ":" + row.number() + ": expected an object, found "
                            + (value == null ? row.error() : value.getNodeType()));
                }
                rows.add(new Row(value, file + ":" + row.number()));
            }
        }
        return rows;
    }

    /** A file that is one JSON value: a list of rows, or BBH's object with {@code examples}. */
    private static List<Row> whole(Path file, JsonNode value) {
        JsonNode list = value.isObject() ? value.path("examples") : value;
        if (!list.isArray()) {
            throw BadInput.of(
                    file, "examples", "a list of rows", value.getNodeType().toString());
        }
        List<Row> rows = new ArrayList<>();
        for (JsonNode row : list) {
            rows.add(new Row(row, file + ":" + (rows.size() + 1)));
        }
        return rows;
    }

    private static String text(Path file) {
        try (InputStream raw = Files.newInputStream(file);
                InputStream in = file.toString().endsWith(".gz") ? new GZIPInputStream(raw) : raw) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new BadInput(file + ": cannot be read: " + e.getMessage(), e);
        }
    }
}
