package org.lionalign.core.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Arithmetic, indexing and slicing with Python's rules. */
final class Operators {
    private static final int MAX_REPEAT = 1_000_000;

    private Operators() {}

    static @Nullable Object binary(String operator, @Nullable Object a, @Nullable Object b, int line) {
        if (operator.equals("~")) {
            return Values.str(a).plus(Values.str(b));
        }
        if (operator.equals("+") && a instanceof Str s && b instanceof Str t) {
            return s.plus(t);
        }
        if (operator.equals("+") && a instanceof List<?> m && b instanceof List<?> n) {
            List<@Nullable Object> joined = new ArrayList<>(m);
            joined.addAll(n);
            return joined;
        }
        if (operator.equals("*") && a instanceof Str s && b instanceof Long n) {
            return repeat(s, n, line);
        }
        if (operator.equals("*") && a instanceof Long n && b instanceof Str s) {
            return repeat(s, n, line);
        }
        if (operator.equals("%") && a instanceof Str s) {
            return format(s, b, line);
        }
        if (!Values.isNumber(a) || !Values.isNumber(b)) {
            throw new TemplateError(
                    line, "'" + operator + "' does not apply to " + Values.typeName(a) + " and " + Values.typeName(b));
        }
        boolean whole = !(a instanceof Double) && !(b instanceof Double);
        double x = Values.number(a);
        double y = Values.number(b);
        if (List.of("/", "//", "%").contains(operator) && y == 0) {
            throw new TemplateError(line, "division by zero");
        }
        if (whole && !operator.equals("/")) {
            long m = Values.integer(a, "operand", line);
            long n = Values.integer(b, "operand", line);
            try {
                switch (operator) {
                    case "+":
                        return Math.addExact(m, n);
                    case "-":
                        return Math.subtractExact(m, n);
                    case "*":
                        return Math.multiplyExact(m, n);
                    case "//":
                        return Math.floorDiv(m, n);
                    case "%":
                        return Math.floorMod(m, n);
                    default:
                        if (n >= 0) {
                            double power = Math.pow(m, n);
                            if (Math.abs(power) < 9e15) {
                                return (long) power;
                            }
                        }
                }
            } catch (ArithmeticException e) {
                throw new TemplateError(line, "number is too large");
            }
        }
        return switch (operator) {
            case "+" -> x + y;
            case "-" -> x - y;
            case "*" -> x * y;
            case "/" -> x / y;
            case "//" -> Math.floor(x / y);
            case "%" -> x - Math.floor(x / y) * y;
            default -> Math.pow(x, y);
        };
    }

    private static Str repeat(Str s, long n, int line) {
        if (n * (double) s.length() > MAX_REPEAT) {
            throw new TemplateError(line, "repeated string is too long");
        }
        List<Str> parts = new ArrayList<>();
        for (long i = 0; i < n; i++) {
            parts.add(s);
        }
        return Str.concat(parts);
    }

    /** {@code "…%s…" % value}: %s, %d and %% only. */
    private static Str format(Str pattern, @Nullable Object values, int line) {
        List<?> list = values instanceof List<?> l ? l : java.util.Collections.singletonList(values);
        List<Str> parts = new ArrayList<>();
        int next = 0;
        int at = 0;
        String text = pattern.text();
        for (int i = text.indexOf('%'); i >= 0; i = text.indexOf('%', at)) {
            parts.add(pattern.substring(at, i));
            char kind = i + 1 < text.length() ? text.charAt(i + 1) : ' ';
            if (kind == '%') {
                parts.add(Str.of("%"));
            } else if ((kind == 's' || kind == 'd') && next < list.size()) {
                parts.add(Values.str(list.get(next++)));
            } else {
                throw new TemplateError(line, "string format %" + kind + " is not supported, or has no value");
            }
            at = i + 2;
        }
        parts.add(pattern.substring(Math.min(at, text.length()), text.length()));
        return Str.concat(parts);
    }

    static @Nullable Object item(@Nullable Object target, @Nullable Object index, int line) {
        if (target instanceof Map<?, ?> map) {
            return index != null && map.containsKey(index)
                    ? map.get(index)
                    : new Values.Undefined(String.valueOf(index));
        }
        if (target instanceof List<?> list && (index instanceof Long || index instanceof Boolean)) {
            long i = Values.integer(index, "index", line);
            long at = i < 0 ? i + list.size() : i;
            return at >= 0 && at < list.size() ? list.get((int) at) : new Values.Undefined("[" + i + "]");
        }
        if (target instanceof Str && index instanceof Long i) {
            List<@Nullable Object> characters = Values.iterate(target, line);
            long at = i < 0 ? i + characters.size() : i;
            return at >= 0 && at < characters.size() ? characters.get((int) at) : new Values.Undefined("[" + i + "]");
        }
        if (target instanceof Values.Undefined || target == null) {
            throw new TemplateError(line, Values.typeName(target) + " has no item '" + index + "'");
        }
        return new Values.Undefined(String.valueOf(index));
    }

    static Object slice(
            @Nullable Object target, @Nullable Object from, @Nullable Object to, @Nullable Object by, int line) {
        List<@Nullable Object> items =
                target instanceof Str || target instanceof List ? Values.iterate(target, line) : null;
        if (items == null) {
            throw new TemplateError(line, Values.typeName(target) + " cannot be sliced");
        }
        long step = by == null ? 1 : Values.integer(by, "slice step", line);
        if (step == 0) {
            throw new TemplateError(line, "slice step is zero");
        }
        long n = items.size();
        long start = bound(from, step > 0 ? 0 : n - 1, step > 0 ? 0 : -1, step > 0 ? n : n - 1, n, line);
        long stop = bound(to, step > 0 ? n : -1, step > 0 ? 0 : -1, step > 0 ? n : n - 1, n, line);
        List<@Nullable Object> taken = new ArrayList<>();
        for (long i = start; step > 0 ? i < stop : i > stop; i += step) {
            taken.add(items.get((int) i));
        }
        return target instanceof Str
                ? Str.concat(taken.stream().map(Values::str).toList())
                : taken;
    }

    private static long bound(@Nullable Object value, long missing, long least, long most, long n, int line) {
        if (value == null || value instanceof Values.Undefined) {
            return missing;
        }
        long i = Values.integer(value, "slice bound", line);
        return Math.max(least, Math.min(most, i < 0 ? i + n : i));
    }
}
