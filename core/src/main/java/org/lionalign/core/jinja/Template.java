package org.lionalign.core.jinja;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.lionalign.core.error.BadInput;

/**
 * A parsed template. Immutable; one instance serves several threads.
 *
 * <pre>{@code
 * Rendered out = Template.parse("chatml.jinja", source).render(Json.parse(context, "row 1"));
 * }</pre>
 */
public final class Template {
    /** Source of data that belongs to no message: tools, documents, any other variable. */
    public static final int OTHER_DATA = (1 << 30) - 1;

    /** Context variables that are the model's own control tokens, not data. */
    private static final Set<String> TOKENS =
            Set.of("bos_token", "eos_token", "pad_token", "unk_token", "sep_token", "cls_token", "mask_token");

    private final String name;
    private final String source;
    private final List<Node.Statement> body;
    private final Supplier<LocalDateTime> clock;

    private Template(String name, String source, List<Node.Statement> body, Supplier<LocalDateTime> clock) {
        this.name = name;
        this.source = source;
        this.body = body;
        this.clock = clock;
    }

    /** Parses; {@code name} names the template in errors. */
    public static Template parse(String name, String source) {
        try {
            return new Template(name, source, Parser.parse(source), LocalDateTime::now);
        } catch (TemplateError e) {
            throw new BadInput(name + ":" + e.line + ": " + e.getMessage(), e);
        } catch (StackOverflowError e) {
            throw new BadInput(name + ": the template is nested too deeply", e);
        }
    }

    /** The same template with another clock for {@code strftime_now}. */
    public Template withClock(Supplier<LocalDateTime> other) {
        return new Template(name, source, body, other);
    }

    public String name() {
        return name;
    }

    public String source() {
        return source;
    }

    /** Renders with the fields of a JSON object as variables. Strings under {@code messages[n]} are marked as data of message n. */
    public Rendered render(JsonNode context) {
        Map<String, @Nullable Object> globals = functions();
        for (Map.Entry<String, JsonNode> field : context.properties()) {
            globals.put(field.getKey(), variable(field.getKey(), field.getValue()));
        }
        try {
            Str out = new Interpreter(globals).run(body);
            int[] sources = new int[out.length()];
            boolean[] generated = new boolean[out.length()];
            for (int i = 0; i < sources.length; i++) {
                sources[i] = out.markAt(i) & ~Str.GENERATED;
                generated[i] = (out.markAt(i) & Str.GENERATED) != 0;
            }
            return new Rendered(out.text(), sources, generated);
        } catch (TemplateError e) {
            throw new BadInput(name + ":" + e.line + ": " + e.getMessage(), e);
        } catch (StackOverflowError e) {
            throw new BadInput(name + ": the template recurses too deeply", e);
        } catch (IndexOutOfBoundsException | ClassCastException e) {
            throw new BadInput(name + ": a function was called with too few or wrong arguments", e);
        }
    }

    private static @Nullable Object variable(String key, JsonNode value) {
        if (key.equals("messages") && value.isArray()) {
            List<@Nullable Object> messages = new ArrayList<>();
            for (int i = 0; i < value.size(); i++) {
                Object message = Values.of(value.get(i), i + 1);
                if (message instanceof Map<?, ?> fields && fields.get(Str.of("role")) instanceof Str role) {
                    // The role chooses the header: it is the conversation's form, not anybody's words.
                    @SuppressWarnings("unchecked")
                    Map<Object, @Nullable Object> own = (Map<Object, @Nullable Object>) fields;
                    own.put(Str.of("role"), Str.of(role.text()));
                }
                messages.add(message);
            }
            return messages;
        }
        return Values.of(value, TOKENS.contains(key) ? Str.TEMPLATE : OTHER_DATA);
    }

    private Map<String, @Nullable Object> functions() {
        Map<String, @Nullable Object> functions = new HashMap<>();
        functions.put("raise_exception", (Values.Callable) (a, n, line) -> {
            throw new TemplateError(
                    line, "the template refuses this conversation: " + Values.str(a.isEmpty() ? null : a.get(0)));
        });
        functions.put("range", (Values.Callable) (a, n, line) -> range(a, line));
        functions.put("namespace", (Values.Callable) (a, n, line) -> {
            Values.Namespace namespace = new Values.Namespace();
            if (!a.isEmpty() && a.get(0) instanceof Map<?, ?> map) {
                map.forEach((key, value) -> namespace.values.put(String.valueOf(key), value));
            }
            namespace.values.putAll(n);
            return namespace;
        });
        functions.put("dict", (Values.Callable) (a, n, line) -> Filters.dict(n));
        functions.put("strftime_now", (Values.Callable) (a, n, line) ->
                Str.of(strftime(clock.get(), Methods.argument(a, 0, line).text(), line)));
        return functions;
    }

    private static Object range(List<@Nullable Object> a, int line) {
        long from = a.size() > 1 ? Values.integer(a.get(0), "range start", line) : 0;
        long to = Values.integer(a.size() > 1 ? a.get(1) : a.isEmpty() ? null : a.get(0), "range end", line);
        long step = a.size() > 2 ? Values.integer(a.get(2), "range step", line) : 1;
        if (step == 0 || Math.abs((to - from) / step) > 1_000_000) {
            throw new TemplateError(line, "range is too long or has step zero");
        }
        List<@Nullable Object> values = new ArrayList<>();
        for (long i = from; step > 0 ? i < to : i > to; i += step) {
            values.add(i);
        }
        return values;
    }

    private static String strftime(LocalDateTime now, String format, int line) {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < format.length(); i++) {
            char c = format.charAt(i);
            if (c != '%' || i + 1 == format.length()) {
                out.append(c);
                continue;
            }
            char kind = format.charAt(++i);
            boolean unpadded = kind == '-' && i + 1 < format.length();
            if (unpadded) {
                kind = format.charAt(++i);
            }
            String pattern =
                    switch (kind) {
                        case 'd' -> unpadded ? "d" : "dd";
                        case 'm' -> unpadded ? "M" : "MM";
                        case 'H' -> unpadded ? "H" : "HH";
                        case 'I' -> unpadded ? "h" : "hh";
                        case 'M' -> unpadded ? "m" : "mm";
                        case 'S' -> unpadded ? "s" : "ss";
                        case 'j' -> unpadded ? "D" : "DDD";
                        case 'Y' -> "yyyy";
                        case 'y' -> "yy";
                        case 'B' -> "MMMM";
                        case 'b' -> "MMM";
                        case 'A' -> "EEEE";
                        case 'a' -> "EEE";
                        case 'p' -> "a";
                        case 'F' -> "yyyy-MM-dd";
                        case 'T' -> "HH:mm:ss";
                        case '%' -> "'%'";
                        default -> throw new TemplateError(line, "date format %" + kind + " is not supported");
                    };
            out.append(now.format(DateTimeFormatter.ofPattern(pattern, Locale.ENGLISH)));
        }
        return out.toString();
    }
}
