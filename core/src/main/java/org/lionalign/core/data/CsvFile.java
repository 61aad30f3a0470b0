package org.lionalign.core.data;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPInputStream;
import org.lionalign.core.error.BadInput;

/**
 * A CSV file with a header (RFC 4180): quoted fields may hold commas, doubled quotes and line breaks. Packed with gzip if its name ends so.
 *
 * @param columns names in the header's order; pandas leaves that of the index empty
 * @param rows one value for each column
 */
public record CsvFile(Path file, List<String> columns, List<Row> rows) {
    /**
     * One row.
     *
     * @param line where it begins, counted from 1
     */
    public record Row(long line, Map<String, String> values) {}

    public static CsvFile read(Path file) {
        String text;
        try (InputStream raw = new BufferedInputStream(Files.newInputStream(file));
                InputStream in = file.toString().endsWith(".gz") ? new GZIPInputStream(raw) : raw) {
            text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (NoSuchFileException e) {
            throw new BadInput(file + ": no such file", e);
        } catch (IOException e) {
            throw new BadInput(file + ": cannot be read: " + e.getMessage(), e);
        }
        List<String> columns = new ArrayList<>();
        List<Row> rows = new ArrayList<>();
        List<String> fields = new ArrayList<>();
        StringBuilder field = new StringBuilder();
        boolean quoted = false;
        long line = 1;
        long begun = 1;
        for (int i = text.startsWith("\uFEFF") ? 1 : 0; i <= text.length(); i++) {
            char c = i < text.length() ? text.charAt(i) : '\n';
            line += c == '\n' ? 1 : 0;
            if (quoted) {
                if (i == text.length()) {
                    throw new BadInput(file + ":" + begun + ": expected a closing quote, found the end of the file");
                }
                if (c != '"') {
                    field.append(c);
                } else if (i + 1 < text.length() && text.charAt(i + 1) == '"') {
                    field.append(text.charAt(i++));
                } else {
                    quoted = false;
                }
            } else if (c == '"') {
                quoted = true;
            } else if (c == ',') {
                fields.add(field.toString());
                field.setLength(0);
            } else if (c == '\n') {
                if (!field.isEmpty() && field.charAt(field.length() - 1) == '\r') {
                    field.setLength(field.length() - 1);
                }
                fields.add(field.toString());
                field.setLength(0);
                if (fields.size() > 1 || !fields.get(0).isEmpty()) {
                    add(file, begun, fields, columns, rows);
                }
                fields.clear();
                begun = line;
            } else {
                field.append(c);
            }
        }
        if (columns.isEmpty()) {
            throw new BadInput(file + ": expected a header, found an empty file");
        }
        return new CsvFile(file, List.copyOf(columns), List.copyOf(rows));
    }

    private static void add(Path file, long line, List<String> fields, List<String> columns, List<Row> rows) {
        if (columns.isEmpty()) {
            columns.addAll(fields);
            return;
        }
        if (fields.size() != columns.size()) {
            throw new BadInput(file + ":" + line + ": expected " + columns.size() + " fields, found " + fields.size());
        }
        Map<String, String> values = new LinkedHashMap<>();
        for (int i = 0; i < fields.size(); i++) {
            values.put(columns.get(i), fields.get(i));
        }
        rows.add(new Row(line, values));
    }

    public boolean has(String column) {
        return columns.contains(column);
    }

    /** A field of a row. */
    public String text(Row row, String column) {
        String value = row.values().get(column);
        if (value == null) {
            throw BadInput.of(file, 1, column, "a column of this name", "columns " + columns);
        }
        return value;
    }

    /** A number; NaN where the field is empty, as pandas reads it. */
    public double number(Row row, String column) {
        String value = text(row, column).strip();
        if (value.isEmpty() || value.equalsIgnoreCase("nan")) {
            return Double.NaN;
        }
        try {
            return Double.parseDouble(value);
        } catch (NumberFormatException e) {
            throw BadInput.of(file, row.line(), column, "a number", value);
        }
    }
}
