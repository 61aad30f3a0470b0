package org.lionalign.core.jinja;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Python's values as templates see them: null (None), {@link Boolean}, {@link Long}, {@link Double}, {@link Str}, {@link List},
 * {@link Map} with Str keys, {@link Undefined}, {@link Callable}. Truth, equality, printing and arithmetic follow Python.
 */
final class Values {
    private Values() {}

    /** A name that is not there: prints as nothing, is false, fails on anything else. */
    record Undefined(String name) {}

    /** Something a template can call. */
    interface Callable {
        @Nullable
        Object call(List<@Nullable Object> arguments, Map<String, @Nullable Object> named, int line);
    }

    /** {@code namespace(…)}: the only value that a template can change. */
    static final class Namespace {
        final Map<String, @Nullable Object> values = new LinkedHashMap<>();
    }

    /** From JSON, with every string marked by where it comes from. */
    static @Nullable Object of(JsonNode node, int mark) {
        return switch (node.getNodeType()) {
            case OBJECT -> {
                Map<Object, @Nullable Object> map = new LinkedHashMap<>();
                node.properties().forEach(e -> map.put(Str.of(e.getKey(), mark), of(e.getValue(), mark)));
                yield map;
            }
            case ARRAY -> {
                List<@Nullable Object> list = new ArrayList<>();
                node.forEach(item -> list.add(of(item, mark)));
                yield list;
            }
            case STRING -> Str.of(node.textValue(), mark);
            case BOOLEAN -> node.booleanValue();
            case NUMBER ->
                node.isIntegralNumber() && node.canConvertToLong() ? (Object) node.longValue() : node.doubleValue();
            default -> null;
        };
    }

    static boolean truthy(@Nullable Object value) {
        if (value == null || value instanceof Undefined) {
            return false;
        }
        if (value instanceof Boolean b) {
            return b;
        }
        if (value instanceof Number n) {
            return n.doubleValue() != 0;
        }
        if (value instanceof Str s) {
            return s.length() > 0;
        }
        if (value instanceof List<?> list) {
            return !list.isEmpty();
        }
        return !(value instanceof Map<?, ?> map) || !map.isEmpty();
    }

    static boolean equal(@Nullable Object a, @Nullable Object b) {
        if (a instanceof Undefined || b instanceof Undefined) {
            return a instanceof Undefined && b instanceof Undefined;
        }
        Object x = a instanceof Boolean flag ? (Object) (flag ? 1L : 0L) : a;
        Object y = b instanceof Boolean flag ? (Object) (flag ? 1L : 0L) : b;
        if (x instanceof Number m && y instanceof Number n) {
            return m instanceof Long && n instanceof Long ? m.equals(n) : m.doubleValue() == n.doubleValue();
        }
        if (x instanceof List<?> m && y instanceof List<?> n) {
            if (m.size() != n.size()) {
                return false;
            }
            for (int i = 0; i < m.size(); i++) {
                if (!equal(m.get(i), n.get(i))) {
                    return false;
                }
            }
            return true;
        }
        if (x instanceof Map<?, ?> m && y instanceof Map<?, ?> n) {
            return m.size() == n.size()
                    && m.entrySet().stream()
                            .allMatch(e -> n.containsKey(e.getKey()) && equal(e.getValue(), n.get(e.getKey())));
        }
        return x == null ? y == null : x.equals(y);
    }

    static int compare(@Nullable Object a, @Nullable Object b, int line) {
        if (a instanceof Str s && b instanceof Str t) {
            return s.text().compareTo(t.text());
        }
        if (isNumber(a) && isNumber(b)) {
            return Double.compare(number(a), number(b));
        }
        if (a instanceof List<?> m && b instanceof List<?> n) {
            for (int i = 0; i < Math.min(m.size(), n.size()); i++) {
                int c = compare(m.get(i), n.get(i), line);
                if (c != 0) {
                    return c;
                }
            }
            return Integer.compare(m.size(), n.size());
        }
        if (a instanceof Undefined && b instanceof Undefined) {
            return 0;
        }
        throw new TemplateError(line, "cannot order " + typeName(a) + " and " + typeName(b));
    }

    static boolean isNumber(@Nullable Object value) {
        return value instanceof Number || value instanceof Boolean;
    }

    static double number(@Nullable Object value) {
        return value instanceof Boolean b
                ? (b ? 1 : 0)
                : ((Number) java.util.Objects.requireNonNull(value)).doubleValue();
    }

    static long integer(@Nullable Object value, String what, int line) {
        if (value instanceof Boolean b) {
            return b ? 1 : 0;
        }
        if (value instanceof Long n) {
            return n;
        }
        throw new TemplateError(line, what + " must be a whole number, is " + typeName(value));
    }

    static String typeName(@Nullable Object value) {
        if (value == null) {
            return "None";
        }
        if (value instanceof Undefined undefined) {
            return "undefined '" + undefined.name() + "'";
        }
        if (value instanceof Boolean) {
            return "a boolean";
        }
        if (value instanceof Long) {
            return "an integer";
        }
        if (value instanceof Double) {
            return "a float";
        }
        if (value instanceof Str) {
            return "a string";
        }
        if (value instanceof List) {
            return "a list";
        }
        return value instanceof Map ? "a mapping" : "an object";
    }

    static boolean contains(@Nullable Object container, @Nullable Object item, int line) {
        if (container instanceof Str s) {
            if (item instanceof Str t) {
                return s.text().contains(t.text());
            }
            throw new TemplateError(line, "'in <string>' needs a string on the left, found " + typeName(item));
        }
        if (container instanceof List<?> list) {
            return list.stream().anyMatch(element -> equal(element, item));
        }
        if (container instanceof Map<?, ?> map) {
            return item != null && map.containsKey(item);
        }
        if (container instanceof Undefined) {
            return false;
        }
        throw new TemplateError(line, "'in' needs a string, list or mapping, found " + typeName(container));
    }

    /** What a loop runs over: a list's items, a mapping's keys, a string's characters. */
    static List<@Nullable Object> iterate(@Nullable Object value, int line) {
        if (value instanceof List<?> list) {
            return new ArrayList<>(list);
        }
        if (value instanceof Map<?, ?> map) {
            return new ArrayList<>(map.keySet());
        }
        if (value instanceof Str s) {
            List<@Nullable Object> characters = new ArrayList<>();
            for (int i = 0; i < s.length(); ) {
                int next = i + Character.charCount(s.text().codePointAt(i));
                characters.add(s.substring(i, next));
                i = next;
            }
            return characters;
        }
        if (value instanceof Undefined) {
            return new ArrayList<>();
        }
        throw new TemplateError(line, typeName(value) + " cannot be iterated over");
    }

    /** Python's {@code str()}. */
    static Str str(@Nullable Object value) {
        if (value instanceof Str s) {
            return s;
        }
        if (value instanceof Undefined) {
            return Str.EMPTY;
        }
        return Str.of(repr(value), strongest(value));
    }

    /** The strongest origin inside a value: what a text made from it must carry. */
    static int strongest(@Nullable Object value) {
        int most = Str.TEMPLATE;
        if (value instanceof Str s) {
            most = s.strongest();
        } else if (value instanceof List<?> list) {
            for (Object item : list) {
                most = Math.max(most, strongest(item));
            }
        } else if (value instanceof Map<?, ?> map) {
            for (Map.Entry<?, ?> entry : map.entrySet()) {
                most = Math.max(most, Math.max(strongest(entry.getKey()), strongest(entry.getValue())));
            }
        }
        return most;
    }

    /** Python's {@code repr()}. */
    static String repr(@Nullable Object value) {
        if (value == null) {
            return "None";
        }
        if (value instanceof Boolean b) {
            return b ? "True" : "False";
        }
        if (value instanceof Double d) {
            return floatText(d);
        }
        if (value instanceof Str s) {
            String quote = s.text().contains("'") && !s.text().contains("\"") ? "\"" : "'";
            return quote
                    + s.text()
                            .replace("\\", "\\\\")
                            .replace(quote, "\\" + quote)
                            .replace("\n", "\\n")
                            .replace("\t", "\\t")
                            .replace("\r", "\\r")
                    + quote;
        }
        if (value instanceof List<?> list) {
            StringBuilder text = new StringBuilder("[");
            for (Object item : list) {
                text.append(text.length() > 1 ? ", " : "").append(repr(item));
            }
            return text.append(']').toString();
        }
        if (value instanceof Map<?, ?> map) {
            StringBuilder text = new StringBuilder("{");
            for (Map.Entry<?, ?> entry : map.entrySet()) {
                text.append(text.length() > 1 ? ", " : "")
                        .append(repr(entry.getKey()))
                        .append(": ")
                        .append(repr(entry.getValue()));
            }
            return text.append('}').toString();
        }
        return value instanceof Long ? value.toString() : value instanceof Undefined ? "Undefined" : "<object>";
    }

    /** Python's {@code repr(float)}: the shortest digits that give the number back, plain between 1e-4 and 1e16. */
    static String floatText(double d) {
        if (Double.isNaN(d)) {
            return "nan";
        }
        if (Double.isInfinite(d)) {
            return d > 0 ? "inf" : "-inf";
        }
        double size = Math.abs(d);
        if (size != 0 && (size < 1e-4 || size >= 1e16)) {
            String[] parts = Double.toString(d).split("E");
            String mantissa = parts[0].endsWith(".0") ? parts[0].substring(0, parts[0].length() - 2) : parts[0];
            int exponent = parts.length > 1 ? Integer.parseInt(parts[1]) : 0;
            return mantissa + "e" + (exponent < 0 ? "-" : "+") + (Math.abs(exponent) < 10 ? "0" : "")
                    + Math.abs(exponent);
        }
        String plain = new BigDecimal(Double.toString(d)).toPlainString();
        return plain.contains(".") ? plain : plain + ".0";
    }

    /** {@code json.dumps(value, ensure_ascii=False, indent=indent)}. */
    static String json(
            @Nullable Object value, int indent, @Nullable List<String> separators, boolean sortKeys, int line) {
        StringBuilder text = new StringBuilder();
        String item = separators != null ? separators.get(0) : indent >= 0 ? "," : ", ";
        String key = separators != null ? separators.get(1) : ": ";
        json(value, text, indent, 1, item, key, sortKeys, line);
        return text.toString();
    }

    private static void json(
            @Nullable Object value,
            StringBuilder out,
            int indent,
            int depth,
            String item,
            String key,
            boolean sort,
            int line) {
        if (value == null) {
            out.append("null");
        } else if (value instanceof Boolean || value instanceof Long) {
            out.append(value);
        } else if (value instanceof Double d) {
            out.append(
                    Double.isNaN(d) ? "NaN" : Double.isInfinite(d) ? (d > 0 ? "Infinity" : "-Infinity") : floatText(d));
        } else if (value instanceof Str s) {
            quote(s.text(), out);
        } else if (value instanceof List<?> list) {
            out.append('[');
            for (int i = 0; i < list.size(); i++) {
                out.append(i > 0 ? item : "");
                newline(out, indent, depth);
                json(list.get(i), out, indent, depth + 1, item, key, sort, line);
            }
            if (!list.isEmpty()) {
                newline(out, indent, depth - 1);
            }
            out.append(']');
        } else if (value instanceof Map<?, ?> map) {
            out.append('{');
            List<Map.Entry<?, ?>> entries = new ArrayList<>(map.entrySet());
            if (sort) {
                entries.sort((a, b) ->
                        str(a.getKey()).text().compareTo(str(b.getKey()).text()));
            }
            for (int i = 0; i < entries.size(); i++) {
                out.append(i > 0 ? item : "");
                newline(out, indent, depth);
                Object name = entries.get(i).getKey();
                quote(
                        name instanceof Boolean || name == null
                                ? json(name, -1, null, false, line)
                                : str(name).text(),
                        out);
                out.append(key);
                json(entries.get(i).getValue(), out, indent, depth + 1, item, key, sort, line);
            }
            if (!map.isEmpty()) {
                newline(out, indent, depth - 1);
            }
            out.append('}');
        } else {
            throw new TemplateError(line, typeName(value) + " cannot be written as JSON");
        }
    }

    private static void newline(StringBuilder out, int indent, int depth) {
        if (indent >= 0) {
            out.append('\n').append(" ".repeat(indent * depth));
        }
    }

    private static void quote(String text, StringBuilder out) {
        out.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '"' -> out.append("\\\"");
                case '\\' -> out.append("\\\\");
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                case '\b' -> out.append("\\b");
                case '\f' -> out.append("\\f");
                default -> {
                    if (c < 0x20) {
                        out.append(String.format("\\u%04x", (int) c));
                    } else {
                        out.append(c);
                    }
                }
            }
        }
        out.append('"');
    }
}
