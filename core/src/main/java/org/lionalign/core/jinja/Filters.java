package org.lionalign.core.jinja;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Jinja's filters and tests. */
final class Filters {
    private Filters() {}

    static @Nullable Object apply(
            String name,
            @Nullable Object value,
            List<@Nullable Object> a,
            Map<String, @Nullable Object> named,
            int line) {
        switch (name) {
            case "trim":
                return Values.str(value)
                        .strip(a.isEmpty() ? null : Methods.argument(a, 0, line).text(), true, true);
            case "upper":
                return Values.str(value).mapped(Values.str(value).text().toUpperCase(java.util.Locale.ROOT));
            case "lower":
                return Values.str(value).mapped(Values.str(value).text().toLowerCase(java.util.Locale.ROOT));
            case "title":
                return Methods.title(Values.str(value));
            case "capitalize":
                return Methods.capitalize(Values.str(value));
            case "string":
                return Values.str(value);
            case "safe":
                return value;
            case "escape", "e", "forceescape":
                return Values.str(value)
                        .replace("&", Str.of("&amp;"), -1)
                        .replace("<", Str.of("&lt;"), -1)
                        .replace(">", Str.of("&gt;"), -1)
                        .replace("'", Str.of("&#39;"), -1)
                        .replace("\"", Str.of("&#34;"), -1);
            case "length", "count":
                return length(value, line);
            case "tojson":
                return tojson(value, a, named, line);
            case "default", "d": {
                Object otherwise = argument(a, named, 0, "default_value", Str.EMPTY);
                boolean falsy = Values.truthy(argument(a, named, 1, "boolean", false));
                return value instanceof Values.Undefined || (falsy && !Values.truthy(value)) ? otherwise : value;
            }
            case "join": {
                Object attribute = argument(a, named, 1, "attribute", null);
                List<@Nullable Object> items = Values.iterate(value, line);
                if (attribute != null) {
                    items.replaceAll(item -> get(item, attribute, line));
                }
                return join(items, Values.str(argument(a, named, 0, "d", Str.EMPTY)));
            }
            case "first": {
                List<@Nullable Object> items = Values.iterate(value, line);
                return items.isEmpty() ? new Values.Undefined("first") : items.get(0);
            }
            case "last": {
                List<@Nullable Object> items = Values.iterate(value, line);
                return items.isEmpty() ? new Values.Undefined("last") : items.get(items.size() - 1);
            }
            case "list":
                return Values.iterate(value, line);
            case "reverse": {
                List<@Nullable Object> items = Values.iterate(value, line);
                java.util.Collections.reverse(items);
                return value instanceof Str ? join(items, Str.EMPTY) : items;
            }
            case "replace":
                return Values.str(value)
                        .replace(
                                Values.str(argument(a, named, 0, "old", null)).text(),
                                Values.str(argument(a, named, 1, "new", null)),
                                count(argument(a, named, 2, "count", null), line));
            case "int":
                return toInt(value, argument(a, named, 0, "default", 0L));
            case "float":
                try {
                    return Values.isNumber(value)
                            ? Values.number(value)
                            : Double.parseDouble(Values.str(value).text().strip());
                } catch (NumberFormatException e) {
                    return argument(a, named, 0, "default", 0.0);
                }
            case "abs":
                return value instanceof Double d
                        ? (Object) Math.abs(d)
                        : (Object) Math.abs(Values.integer(value, "value", line));
            case "round": {
                long digits = a.isEmpty() ? 0 : Values.integer(a.get(0), "precision", line);
                double scale = Math.pow(10, digits);
                return Math.rint(Values.number(value) * scale) / scale;
            }
            case "items":
                return value instanceof Values.Undefined ? new ArrayList<>() : pairs(value, line);
            case "dictsort": {
                List<@Nullable Object> pairs = pairs(value, line);
                boolean exact = Values.truthy(argument(a, named, 0, "case_sensitive", false));
                int by = Values.str(argument(a, named, 1, "by", Str.of("key")))
                                .text()
                                .equals("value")
                        ? 1
                        : 0;
                boolean backwards = Values.truthy(argument(a, named, 2, "reverse", false));
                pairs.sort((x, y) -> ordered(
                        Operators.item(x, (long) by, line),
                        Operators.item(y, (long) by, line),
                        exact,
                        backwards,
                        line));
                return pairs;
            }
            case "indent":
                return indent(Values.str(value), a, named, line);
            case "map":
                return map(value, a, named, line);
            case "select", "reject", "selectattr", "rejectattr":
                return select(name, value, a, line);
            case "unique": {
                List<@Nullable Object> seen = new ArrayList<>();
                for (Object item : Values.iterate(value, line)) {
                    if (seen.stream().noneMatch(other -> Values.equal(other, item))) {
                        seen.add(item);
                    }
                }
                return seen;
            }
            case "sort": {
                List<@Nullable Object> items = Values.iterate(value, line);
                Object attribute = argument(a, named, 2, "attribute", null);
                boolean backwards = Values.truthy(argument(a, named, 0, "reverse", false));
                boolean exact = Values.truthy(argument(a, named, 1, "case_sensitive", false));
                items.sort((x, y) -> {
                    Object u = attribute == null ? x : get(x, attribute, line);
                    Object v = attribute == null ? y : get(y, attribute, line);
                    return ordered(u, v, exact, backwards, line);
                });
                return items;
            }
            case "max", "min": {
                Object best = null;
                boolean found = false;
                for (Object item : Values.iterate(value, line)) {
                    if (!found
                            || (Values.compare(item, best, line) > 0) == name.equals("max")
                                    && !Values.equal(item, best)) {
                        best = item;
                        found = true;
                    }
                }
                return found ? best : new Values.Undefined(name);
            }
            case "sum": {
                Object total = 0L;
                Object attribute = argument(a, named, 0, "attribute", null);
                for (Object item : Values.iterate(value, line)) {
                    total = Operators.binary("+", total, attribute == null ? item : get(item, attribute, line), line);
                }
                return total;
            }
            case "attr":
                return get(value, a.isEmpty() ? null : a.get(0), line);
            case "wordcount":
                return (long) Values.str(value).text().split("\\W+").length;
            default:
                throw new TemplateError(line, "filter '" + name + "' is not supported");
        }
    }

    private static int ordered(@Nullable Object a, @Nullable Object b, boolean exact, boolean backwards, int line) {
        int c = !exact && a instanceof Str s && b instanceof Str t
                ? s.text().toLowerCase(java.util.Locale.ROOT).compareTo(t.text().toLowerCase(java.util.Locale.ROOT))
                : Values.compare(a, b, line);
        return backwards ? -c : c;
    }

    private static long count(@Nullable Object value, int line) {
        return value == null ? -1 : Values.integer(value, "count", line);
    }

    private static @Nullable Object argument(
            List<@Nullable Object> a,
            Map<String, @Nullable Object> named,
            int i,
            String name,
            @Nullable Object otherwise) {
        return i < a.size() ? a.get(i) : named.containsKey(name) ? named.get(name) : otherwise;
    }

    private static long length(@Nullable Object value, int line) {
        if (value instanceof Str s) {
            return s.text().codePointCount(0, s.length());
        }
        return Values.iterate(value, line).size();
    }

    private static Str tojson(
            @Nullable Object value, List<@Nullable Object> a, Map<String, @Nullable Object> named, int line) {
        Object indent = argument(a, named, 1, "indent", a.size() == 1 && a.get(0) instanceof Long ? a.get(0) : null);
        Object separators = named.get("separators");
        List<String> texts = separators instanceof List<?> list && list.size() == 2
                ? List.of(
                        Values.str(list.get(0)).text(), Values.str(list.get(1)).text())
                : null;
        int spaces = indent == null ? -1 : (int) Math.min(100, Values.integer(indent, "indent", line));
        String text = Values.json(value, spaces, texts, Values.truthy(named.get("sort_keys")), line);
        if (Values.truthy(named.get("ensure_ascii"))) {
            StringBuilder ascii = new StringBuilder();
            text.chars().forEach(c -> ascii.append(c < 128 ? String.valueOf((char) c) : String.format("\\u%04x", c)));
            text = ascii.toString();
        }
        return Str.of(text, Values.strongest(value));
    }

    static Str join(List<@Nullable Object> items, Str separator) {
        List<Str> parts = new ArrayList<>();
        for (int i = 0; i < items.size(); i++) {
            if (i > 0) {
                parts.add(separator);
            }
            parts.add(Values.str(items.get(i)));
        }
        return Str.concat(parts);
    }

    private static Object toInt(@Nullable Object value, @Nullable Object otherwise) {
        try {
            if (Values.isNumber(value)) {
                return (long) Values.number(value);
            }
            String text = Values.str(value).text().strip();
            return text.contains(".") ? (long) Double.parseDouble(text) : Long.parseLong(text);
        } catch (NumberFormatException e) {
            return otherwise == null ? 0L : otherwise;
        }
    }

    private static List<@Nullable Object> pairs(@Nullable Object value, int line) {
        if (!(value instanceof Map<?, ?> map)) {
            throw new TemplateError(line, "expected a mapping, found " + Values.typeName(value));
        }
        List<@Nullable Object> pairs = new ArrayList<>();
        map.forEach((key, item) -> pairs.add(Methods.pair(key, item)));
        return pairs;
    }

    private static Str indent(Str text, List<@Nullable Object> a, Map<String, @Nullable Object> named, int line) {
        Object width = argument(a, named, 0, "width", 4L);
        Str by = width instanceof Str s
                ? s
                : Str.of(" ".repeat((int) Math.min(1000, Values.integer(width, "width", line))));
        boolean first = Values.truthy(argument(a, named, 1, "first", false));
        boolean blank = Values.truthy(argument(a, named, 2, "blank", false));
        List<Str> parts = new ArrayList<>();
        int at = 0;
        for (boolean start = true; at <= text.length(); start = false) {
            int end = text.text().indexOf('\n', at);
            int stop = end < 0 ? text.length() : end;
            if ((!start || first) && (blank || stop > at)) {
                parts.add(by);
            }
            parts.add(text.substring(at, end < 0 ? stop : stop + 1));
            if (end < 0) {
                break;
            }
            at = end + 1;
        }
        return Str.concat(parts);
    }

    private static List<@Nullable Object> map(
            @Nullable Object value, List<@Nullable Object> a, Map<String, @Nullable Object> named, int line) {
        List<@Nullable Object> items = Values.iterate(value, line);
        if (named.containsKey("attribute")) {
            Object otherwise = named.get("default");
            items.replaceAll(item -> {
                Object found = get(item, named.get("attribute"), line);
                return found instanceof Values.Undefined && named.containsKey("default") ? otherwise : found;
            });
            return items;
        }
        String filter = Methods.argument(a, 0, line).text();
        items.replaceAll(item -> apply(filter, item, a.subList(1, a.size()), Map.of(), line));
        return items;
    }

    private static List<@Nullable Object> select(
            String name, @Nullable Object value, List<@Nullable Object> a, int line) {
        boolean byAttribute = name.endsWith("attr");
        boolean keep = name.startsWith("select");
        int testAt = byAttribute ? 1 : 0;
        String test = a.size() > testAt ? Methods.argument(a, testAt, line).text() : null;
        List<@Nullable Object> rest = a.size() > testAt + 1 ? a.subList(testAt + 1, a.size()) : List.of();
        List<@Nullable Object> kept = new ArrayList<>();
        for (Object item : Values.iterate(value, line)) {
            Object subject = byAttribute ? get(item, a.get(0), line) : item;
            boolean holds = test == null ? Values.truthy(subject) : test(test, subject, rest, line);
            if (holds == keep) {
                kept.add(item);
            }
        }
        return kept;
    }

    /** {@code a.b.0}: attributes by dots, as Jinja's attribute arguments have them. */
    private static @Nullable Object get(@Nullable Object item, @Nullable Object attribute, int line) {
        if (attribute instanceof Long) {
            return Operators.item(item, attribute, line);
        }
        Object value = item;
        for (String part : Values.str(attribute).text().split("\\.")) {
            value = value instanceof Values.Undefined
                    ? value
                    : Operators.item(
                            value, part.matches("\\d{1,9}") ? (Object) Long.valueOf(part) : Str.of(part), line);
        }
        return value;
    }

    static boolean test(String name, @Nullable Object value, List<@Nullable Object> a, int line) {
        Object other = a.isEmpty() ? null : a.get(0);
        return switch (name) {
            case "defined" -> !(value instanceof Values.Undefined);
            case "undefined" -> value instanceof Values.Undefined;
            case "none" -> value == null;
            case "boolean" -> value instanceof Boolean;
            case "true" -> Boolean.TRUE.equals(value);
            case "false" -> Boolean.FALSE.equals(value);
            case "string" -> value instanceof Str;
            case "number" -> Values.isNumber(value);
            case "integer" -> value instanceof Long;
            case "float" -> value instanceof Double;
            case "mapping" -> value instanceof Map;
            case "iterable" ->
                value instanceof List
                        || value instanceof Map
                        || value instanceof Str
                        || value instanceof Values.Undefined;
            case "sequence" -> value instanceof List || value instanceof Map || value instanceof Str;
            case "callable" -> value instanceof Values.Callable;
            case "odd" -> Math.floorMod(Values.integer(value, "value", line), 2L) == 1;
            case "even" -> Math.floorMod(Values.integer(value, "value", line), 2L) == 0;
            case "divisibleby" ->
                Math.floorMod(Values.integer(value, "value", line), Values.integer(other, "divisor", line)) == 0;
            case "eq", "equalto", "sameas" -> Values.equal(value, other);
            case "ne" -> !Values.equal(value, other);
            case "lt", "lessthan" -> Values.compare(value, other, line) < 0;
            case "le" -> Values.compare(value, other, line) <= 0;
            case "gt", "greaterthan" -> Values.compare(value, other, line) > 0;
            case "ge" -> Values.compare(value, other, line) >= 0;
            case "in" -> Values.contains(other, value, line);
            case "lower" -> value instanceof Str s && s.text().equals(s.text().toLowerCase(java.util.Locale.ROOT));
            case "upper" -> value instanceof Str s && s.text().equals(s.text().toUpperCase(java.util.Locale.ROOT));
            default -> throw new TemplateError(line, "test '" + name + "' is not supported");
        };
    }

    /** For {@code dict(…)}. */
    static Map<Object, @Nullable Object> dict(Map<String, @Nullable Object> named) {
        Map<Object, @Nullable Object> map = new LinkedHashMap<>();
        named.forEach((key, value) -> map.put(Str.of(key), value));
        return map;
    }
}
