package org.lionalign.core.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Python's methods of strings, mappings and lists that templates call; none of them changes its object. */
final class Methods {
    private Methods() {}

    static Values.@Nullable Callable of(@Nullable Object target, String name) {
        if (target instanceof Str s) {
            return string(s, name);
        }
        if (target instanceof Map<?, ?> map) {
            return mapping(map, name);
        }
        return target instanceof List<?> list ? list(list, name) : null;
    }

    private static Values.@Nullable Callable string(Str s, String name) {
        String text = s.text();
        return switch (name) {
            case "strip" -> (a, n, line) -> s.strip(chars(a, line), true, true);
            case "lstrip" -> (a, n, line) -> s.strip(chars(a, line), true, false);
            case "rstrip" -> (a, n, line) -> s.strip(chars(a, line), false, true);
            case "upper" -> (a, n, line) -> s.mapped(text.toUpperCase(java.util.Locale.ROOT));
            case "lower" -> (a, n, line) -> s.mapped(text.toLowerCase(java.util.Locale.ROOT));
            case "title" -> (a, n, line) -> title(s);
            case "capitalize" -> (a, n, line) -> capitalize(s);
            case "split" -> (a, n, line) -> split(s, a, n, line);
            case "rsplit" -> (a, n, line) -> rsplit(s, a, n, line);
            case "splitlines" -> (a, n, line) -> splitlines(s);
            case "startswith" -> (a, n, line) -> anyOf(a, line, text::startsWith);
            case "endswith" -> (a, n, line) -> anyOf(a, line, text::endsWith);
            case "replace" ->
                (a, n, line) -> s.replace(
                        argument(a, 0, line).text(),
                        argument(a, 1, line),
                        a.size() > 2 ? Values.integer(a.get(2), "count", line) : -1);
            case "join" -> (a, n, line) -> Filters.join(Values.iterate(a.isEmpty() ? null : a.get(0), line), s);
            case "find" ->
                (a, n, line) -> (long) text.indexOf(argument(a, 0, line).text());
            case "rfind" ->
                (a, n, line) -> (long) text.lastIndexOf(argument(a, 0, line).text());
            case "index" ->
                (a, n, line) -> {
                    int at = text.indexOf(argument(a, 0, line).text());
                    if (at < 0) {
                        throw new TemplateError(line, "substring not found");
                    }
                    return (long) at;
                };
            case "count" -> (a, n, line) -> count(text, argument(a, 0, line).text());
            case "isdigit", "isnumeric", "isdecimal" ->
                (a, n, line) -> !text.isEmpty() && text.chars().allMatch(Character::isDigit);
            case "isalpha" -> (a, n, line) -> !text.isEmpty() && text.chars().allMatch(Character::isLetter);
            case "isalnum" -> (a, n, line) -> !text.isEmpty() && text.chars().allMatch(Character::isLetterOrDigit);
            case "isspace" ->
                (a, n, line) -> !text.isEmpty() && s.strip(null, true, true).length() == 0;
            case "isupper" ->
                (a, n, line) -> text.chars().anyMatch(Character::isUpperCase)
                        && text.chars().noneMatch(Character::isLowerCase);
            case "islower" ->
                (a, n, line) -> text.chars().anyMatch(Character::isLowerCase)
                        && text.chars().noneMatch(Character::isUpperCase);
            case "removeprefix" ->
                (a, n, line) -> text.startsWith(argument(a, 0, line).text())
                        ? s.substring(argument(a, 0, line).length(), s.length())
                        : s;
            case "removesuffix" ->
                (a, n, line) -> !argument(a, 0, line).text().isEmpty()
                                && text.endsWith(argument(a, 0, line).text())
                        ? s.substring(0, s.length() - argument(a, 0, line).length())
                        : s;
            case "zfill" ->
                (a, n, line) -> {
                    long width = Math.min(Values.integer(a.get(0), "width", line), 10_000);
                    return Str.of("0".repeat((int) Math.max(0, width - s.length())))
                            .plus(s);
                };
            case "format" -> (a, n, line) -> format(s, a, n, line);
            default -> null;
        };
    }

    private static Values.@Nullable Callable mapping(Map<?, ?> map, String name) {
        return switch (name) {
            case "items" ->
                (a, n, line) -> {
                    List<@Nullable Object> items = new ArrayList<>();
                    map.forEach((key, value) -> items.add(pair(key, value)));
                    return items;
                };
            case "keys" -> (a, n, line) -> new ArrayList<@Nullable Object>(map.keySet());
            case "values" -> (a, n, line) -> new ArrayList<@Nullable Object>(map.values());
            case "get" ->
                (a, n, line) -> {
                    Object key = a.isEmpty() ? null : a.get(0);
                    if (key != null && map.containsKey(key)) {
                        return map.get(key);
                    }
                    return a.size() > 1 ? a.get(1) : n.get("default");
                };
            case "copy" -> (a, n, line) -> map;
            default -> null;
        };
    }

    private static Values.@Nullable Callable list(List<?> list, String name) {
        return switch (name) {
            case "index" ->
                (a, n, line) -> {
                    for (int i = 0; i < list.size(); i++) {
                        if (Values.equal(list.get(i), a.get(0))) {
                            return (long) i;
                        }
                    }
                    throw new TemplateError(line, "value is not in the list");
                };
            case "count" ->
                (a, n, line) -> list.stream()
                        .filter(item -> Values.equal(item, a.get(0)))
                        .count();
            case "copy" -> (a, n, line) -> list;
            default -> null;
        };
    }

    static List<@Nullable Object> pair(@Nullable Object key, @Nullable Object value) {
        List<@Nullable Object> pair = new ArrayList<>(2);
        pair.add(key);
        pair.add(value);
        return pair;
    }

    private static @Nullable String chars(List<@Nullable Object> arguments, int line) {
        return arguments.isEmpty() || arguments.get(0) == null
                ? null
                : argument(arguments, 0, line).text();
    }

    static Str argument(List<@Nullable Object> arguments, int i, int line) {
        if (i < arguments.size() && arguments.get(i) instanceof Str s) {
            return s;
        }
        throw new TemplateError(
                line,
                "argument " + (i + 1) + " must be a string, is "
                        + (i < arguments.size() ? Values.typeName(arguments.get(i)) : "missing"));
    }

    private static boolean anyOf(
            List<@Nullable Object> arguments, int line, java.util.function.Predicate<String> test) {
        if (!arguments.isEmpty() && arguments.get(0) instanceof List<?> list) {
            return list.stream().anyMatch(item -> item instanceof Str s && test.test(s.text()));
        }
        return test.test(argument(arguments, 0, line).text());
    }

    private static long count(String text, String part) {
        long found = 0;
        for (int at = text.indexOf(part); at >= 0 && !part.isEmpty(); at = text.indexOf(part, at + part.length())) {
            found++;
        }
        return part.isEmpty() ? text.length() + 1L : found;
    }

    private static List<@Nullable Object> split(
            Str s, List<@Nullable Object> arguments, Map<String, @Nullable Object> named, int line) {
        Object separator = !arguments.isEmpty() ? arguments.get(0) : named.get("sep");
        Object limit = arguments.size() > 1 ? arguments.get(1) : named.get("maxsplit");
        long most = limit == null ? -1 : Values.integer(limit, "maxsplit", line);
        List<@Nullable Object> parts = new ArrayList<>();
        if (separator == null) {
            int at = 0;
            while (true) {
                while (at < s.length() && Str.isSpace(s.text().charAt(at))) {
                    at++;
                }
                if (at >= s.length()) {
                    return parts;
                }
                int end = at;
                while (end < s.length() && !Str.isSpace(s.text().charAt(end))) {
                    end++;
                }
                if (most-- == 0) {
                    parts.add(s.substring(at, s.length()));
                    return parts;
                }
                parts.add(s.substring(at, end));
                at = end;
            }
        }
        String by = Values.str(separator).text();
        if (by.isEmpty()) {
            throw new TemplateError(line, "empty separator");
        }
        int at = 0;
        for (int found = s.text().indexOf(by);
                found >= 0 && most-- != 0;
                found = s.text().indexOf(by, at)) {
            parts.add(s.substring(at, found));
            at = found + by.length();
        }
        parts.add(s.substring(at, s.length()));
        return parts;
    }

    private static List<@Nullable Object> rsplit(
            Str s, List<@Nullable Object> arguments, Map<String, @Nullable Object> named, int line) {
        Object limit = arguments.size() > 1 ? arguments.get(1) : named.get("maxsplit");
        if (limit == null || arguments.isEmpty() || arguments.get(0) == null) {
            return split(s, arguments, named, line);
        }
        long most = Values.integer(limit, "maxsplit", line);
        String by = argument(arguments, 0, line).text();
        List<@Nullable Object> parts = new ArrayList<>();
        int end = s.length();
        for (int found = by.isEmpty() ? -1 : s.text().lastIndexOf(by); found >= 0 && most-- != 0; ) {
            parts.add(0, s.substring(found + by.length(), end));
            end = found;
            found = found == 0 ? -1 : s.text().lastIndexOf(by, found - by.length());
        }
        parts.add(0, s.substring(0, end));
        return parts;
    }

    private static List<@Nullable Object> splitlines(Str s) {
        List<@Nullable Object> lines = new ArrayList<>();
        int at = 0;
        while (at < s.length()) {
            int end = s.text().indexOf('\n', at);
            lines.add(s.substring(at, end < 0 ? s.length() : end));
            at = end < 0 ? s.length() : end + 1;
        }
        return lines;
    }

    static Str title(Str s) {
        StringBuilder text = new StringBuilder();
        boolean inWord = false;
        for (int i = 0; i < s.length(); i++) {
            char c = s.text().charAt(i);
            text.append(inWord ? Character.toLowerCase(c) : Character.toUpperCase(c));
            inWord = Character.isLetter(c);
        }
        return s.mapped(text.toString());
    }

    static Str capitalize(Str s) {
        if (s.length() == 0) {
            return s;
        }
        return s.mapped(s.text().substring(0, 1).toUpperCase(java.util.Locale.ROOT)
                + s.text().substring(1).toLowerCase(java.util.Locale.ROOT));
    }

    private static Str format(Str s, List<@Nullable Object> arguments, Map<String, @Nullable Object> named, int line) {
        List<Str> parts = new ArrayList<>();
        int at = 0;
        int next = 0;
        for (int open = s.text().indexOf('{'); open >= 0; open = s.text().indexOf('{', at)) {
            int close = s.text().indexOf('}', open);
            String field = close < 0 ? "?" : s.text().substring(open + 1, close);
            parts.add(s.substring(at, open));
            if (field.isEmpty() && next < arguments.size()) {
                parts.add(Values.str(arguments.get(next++)));
            } else if (field.matches("\\d{1,3}") && Integer.parseInt(field) < arguments.size()) {
                parts.add(Values.str(arguments.get(Integer.parseInt(field))));
            } else if (named.containsKey(field)) {
                parts.add(Values.str(named.get(field)));
            } else {
                throw new TemplateError(line, "format field {" + field + "} is not supported, or has no value");
            }
            at = close + 1;
        }
        parts.add(s.substring(at, s.length()));
        return Str.concat(parts);
    }
}
