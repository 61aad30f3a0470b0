package org.lionalign.align.eval.harness.generative;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.lionalign.align.eval.DataPlaces;
import org.lionalign.align.eval.EvalFiles;
import org.lionalign.core.data.RowFiles;
import org.lionalign.core.data.RowReader;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.json.Json;

/** Rows of a data file in the layout of its origin: JSON Lines, Parquet, a JSON list, or BBH's object with {@code examples}. */
final class TaskRows {
    private TaskRows() {}

    /** A row and its place, for errors. */
    record Row(JsonNode value, String where) {
        String text(String key) {
            JsonNode field = value.path(key);
            if (!field.isTextual()) {
                throw new BadInput(where + ": " + key + ": expected a text, found " + EvalFiles.found(field));
            }
            return field.textValue();
        }
    }

    /**
     * The rows of the first place that is there.
     *
     * @param places below the data folder: a file (or its {@code .gz} twin), or {@code folder:split} in Hugging Face layout
     */
    static List<Row> read(Path data, String task, List<String> places) {
        List<Path> files = DataPlaces.first(data, places);
        if (!files.isEmpty()) {
            return files.stream().flatMap(file -> rows(file).stream()).toList();
        }
        throw new BadInput(
                data + ": " + task + " needs " + String.join(" or ", places) + " in this folder, found none of them");
    }

    static boolean has(Path data, List<String> places) {
        return !DataPlaces.first(data, places).isEmpty();
    }

    static List<Row> rows(Path file) {
        List<Row> rows = new ArrayList<>();
        String name = file.toString();
        if (name.endsWith(".json") || name.endsWith(".json.gz")) {
            JsonNode whole = Json.parse(EvalFiles.text(file), name);
            JsonNode list = whole.isObject() && whole.has("examples") ? whole.get("examples") : whole;
            if (list.isObject()) {
                return List.of(new Row(list, name));
            }
            list.forEach(row -> rows.add(new Row(row, name + ":" + (rows.size() + 1))));
            return rows;
        }
        try (RowReader reader = RowFiles.open(file)) {
            for (RowReader.Row row = reader.next(); row != null; row = reader.next()) {
                String where = file + ":" + row.number();
                if (row.value() == null) {
                    throw new BadInput(where + ": " + row.error());
                }
                rows.add(new Row(row.value(), where));
            }
        }
        return rows;
    }
}
