package org.lionalign.align.eval.harness;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import org.lionalign.core.error.BadInput;

/** Reading the fields of a question's row, with errors that name file, row, key, what was expected and what was found. */
final class Rows {
    private Rows() {}

    /**
     * A row and where it stands.
     *
     * @param where {@code file:row}
     */
    record Row(JsonNode value, String where) {}

    static String text(Row row, String key) {
        JsonNode value = row.value().path(key);
        if (!value.isTextual()) {
            throw wrong(row, key, "a string");
        }
        return value.textValue();
    }

    /** A whole number, also one written as a string. */
    static int number(Row row, String key) {
        JsonNode value = row.value().path(key);
        if (value.isTextual() && value.textValue().matches("\\d{1,6}")) {
            return Integer.parseInt(value.textValue());
        }
        if (!value.isIntegralNumber() || !value.canConvertToInt()) {
            throw wrong(row, key, "a whole number");
        }
        return value.intValue();
    }

    /** The index that {@code key} holds, of a list of {@code size}. */
    static int index(Row row, String key, int size) {
        int index = number(row, key);
        if (index < 0 || index >= size) {
            throw wrong(row, key, "0 to " + (size - 1) + ", a choice's index");
        }
        return index;
    }

    static List<String> texts(Row row, String key) {
        return texts(row, key, row.value().path(key));
    }

    static List<String> texts(Row row, String key, JsonNode list) {
        List<String> texts = new ArrayList<>();
        for (JsonNode element : list) {
            if (!element.isTextual()) {
                throw new BadInput(row.where() + ": " + key + ": expected strings, found " + element);
            }
            texts.add(element.textValue());
        }
        if (!list.isArray() || texts.isEmpty()) {
            throw wrong(row, key, "a list of strings");
        }
        return texts;
    }

    static BadInput wrong(Row row, String key, String expected) {
        JsonNode value = row.value().path(key);
        String found = value.isMissingNode() ? "no such key" : value.toString();
        return new BadInput(row.where() + ": " + key + ": expected " + expected + ", found "
                + (found.length() > 100 ? found.substring(0, 100) + "…" : found));
    }
}
