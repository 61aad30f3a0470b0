package org.lionalign.cub;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A context-free grammar with bound words. In an alternative, {@code {x}} is a bound word or another rule and
 * {@code [a|b|]} a choice on the spot; articles, capitals and spaces are mended after expansion.
 */
final class Grammar {
    private static final Pattern AN = Pattern.compile("\\b([Aa]) (?=[aeiou]|[AEIO][a-z])");
    private static final Pattern WORD = Pattern.compile("[A-Za-z]+");

    private final Map<String, List<String>> rules = new LinkedHashMap<>();

    /** Reads resources beside this class; a rule may be defined once. */
    Grammar(String... resources) {
        for (String resource : resources) {
            List<String> alternatives = new ArrayList<>();
            for (String line : read(resource).split("\n")) {
                if (line.isBlank() || line.startsWith("#")) {
                    continue;
                }
                if (!line.startsWith(" ")) {
                    alternatives = new ArrayList<>();
                    String name = line.strip().replace(":", "");
                    if (rules.put(name, alternatives) != null) {
                        throw new IllegalStateException(resource + ": rule " + name + " is defined twice");
                    }
                } else {
                    alternatives.add(line.strip());
                }
            }
        }
    }

    private static String read(String resource) {
        try (InputStream in = Grammar.class.getResourceAsStream(resource)) {
            if (in == null) {
                throw new IllegalStateException(resource + " is not on the class path");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The names that begin with {@code prefix}, in the order of the file. */
    List<String> names(String prefix) {
        return rules.keySet().stream().filter(n -> n.startsWith(prefix)).toList();
    }

    List<String> alternatives(String rule) {
        List<String> found = rules.get(rule);
        if (found == null) {
            throw new IllegalStateException("no rule and no bound word " + rule);
        }
        return found;
    }

    /** Every literal word of the grammar, in lower case. */
    Set<String> words() {
        return rules.entrySet().stream()
                .filter(e -> !e.getKey().startsWith("plot."))
                .flatMap(e -> e.getValue().stream())
                .flatMap(a -> WORD.matcher(a.replaceAll("\\{[^}]*}", " ")).results())
                .map(m -> English.lower(m.group()))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** One sentence (or phrase) of {@code rule}, mended. */
    String say(String rule, Map<String, String> bound, Draw draw) {
        return mend(expand(draw.pick(alternatives(rule)), bound, draw));
    }

    /** Articles, spaces and the capital at the start. */
    static String mend(String text) {
        String tidy = text.strip().replaceAll(" +", " ").replaceAll(" ([.,!?])", "$1");
        Matcher matcher = AN.matcher(tidy);
        tidy = matcher.replaceAll("$1n ");
        int first = tidy.startsWith("\"") ? 1 : 0;
        return tidy.substring(0, first) + English.capital(tidy.substring(first));
    }

    String expand(String template, Map<String, String> bound, Draw draw) {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < template.length(); i++) {
            char c = template.charAt(i);
            if (c == '{') {
                int end = template.indexOf('}', i);
                String name = template.substring(i + 1, end);
                String word = bound.get(name);
                out.append(word != null ? word : expand(draw.pick(alternatives(name)), bound, draw));
                i = end;
            } else if (c == '[') {
                List<String> choices = new ArrayList<>();
                int depth = 1;
                int from = i + 1;
                int at = from;
                for (; depth > 0; at++) {
                    char inner = template.charAt(at);
                    if (inner == '[') {
                        depth++;
                    } else if (inner == ']') {
                        depth--;
                    }
                    if (depth == 0 || depth == 1 && inner == '|') {
                        choices.add(template.substring(from, at));
                        from = at + 1;
                    }
                }
                out.append(expand(draw.pick(choices), bound, draw));
                i = at - 1;
            } else {
                out.append(c);
            }
        }
        return out.toString();
    }
}
