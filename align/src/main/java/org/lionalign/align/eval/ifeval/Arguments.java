package org.lionalign.align.eval.ifeval;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.IntPredicate;
import org.lionalign.core.error.BadInput;

/**
 * An instruction's {@code kwargs}. As in the harness, null, 0, "" and [] count as missing; where Google's code then draws a value at random,
 * this is an error, for no score could be repeated.
 */
final class Arguments {
    private final JsonNode values;
    private final String where;
    private final Set<String> read = new TreeSet<>();

    Arguments(JsonNode values, String where) {
        this.values = values;
        this.where = where;
    }

    /** After all are read: the rest is refused. */
    void end() {
        for (Map.Entry<String, JsonNode> entry : values.properties()) {
            if (!read.contains(entry.getKey()) && !isMissing(entry.getValue())) {
                throw new BadInput(
                        where + ": " + entry.getKey() + ": expected one of " + read + ", found another argument");
            }
        }
    }

    int count(String key) {
        JsonNode value = required(key);
        if (!value.isNumber() || value.doubleValue() != Math.rint(value.doubleValue()) || value.intValue() < 1) {
            throw wrong(key, "a whole number above 0", value);
        }
        return value.intValue();
    }

    String text(String key) {
        JsonNode value = required(key);
        if (!value.isTextual()) {
            throw wrong(key, "a text", value);
        }
        return value.textValue();
    }

    List<String> texts(String key) {
        JsonNode value = required(key);
        List<String> texts = new ArrayList<>();
        for (JsonNode each : value) {
            if (!each.isTextual()) {
                throw wrong(key, "a list of texts", value);
            }
            texts.add(each.textValue());
        }
        if (texts.isEmpty()) {
            throw wrong(key, "a list of texts", value);
        }
        return texts;
    }

    /** {@code less than} or {@code at least} {@code threshold}. */
    IntPredicate relation(String key, int threshold) {
        String relation = text(key);
        return switch (relation) {
            case "less than" -> count -> count < threshold;
            case "at least" -> count -> count >= threshold;
            default -> throw wrong(key, "\"less than\" or \"at least\"", values.path(key));
        };
    }

    BadInput wrong(String key, String expected, JsonNode found) {
        return new BadInput(where + ": " + key + ": expected " + expected + ", found " + found);
    }

    private JsonNode required(String key) {
        read.add(key);
        JsonNode value = values.path(key);
        if (isMissing(value)) {
            throw wrong(key, "a value", value);
        }
        return value;
    }

    private static boolean isMissing(JsonNode value) {
        return value.isMissingNode()
                || value.isNull()
                || value.isNumber() && value.doubleValue() == 0
                || value.isTextual() && value.textValue().isEmpty()
                || value.isBoolean() && !value.booleanValue()
                || value.isContainerNode() && value.isEmpty();
    }
}
