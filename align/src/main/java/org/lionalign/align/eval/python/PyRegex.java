package org.lionalign.align.eval.python;

import java.util.regex.Pattern;

/**
 * Patterns as Python's {@code re} reads them on {@code str}: {@code \w \s \d \b} know all scripts (letters and numbers, no marks), {@code .}
 * and {@code $} know {@code \n} alone. Java's own classes are ASCII, and Unicode-aware ones count combining marks as word characters.
 */
public final class PyRegex {
    /** Insides of a character class: what {@code \s}, {@code \w} and {@code \d} stand for. */
    private static final String SPACE =
            "\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";

    private static final String WORD = "\\p{L}\\p{N}_";
    private static final String DIGIT = "\\p{Nd}";
    private static final String BOUNDARY =
            "(?:(?<=[" + WORD + "])(?![" + WORD + "])|(?<![" + WORD + "])(?=[" + WORD + "]))";

    private static final Pattern QUANTIFIER = Pattern.compile("\\{(\\d+(,\\d*)?|,\\d+)\\}");

    private PyRegex() {}

    /** Compiles a Python pattern; {@code flags} are Java's ({@link Pattern#CASE_INSENSITIVE}, {@link Pattern#MULTILINE} …). */
    public static Pattern compile(String python, int flags) {
        int unicode = (flags & Pattern.CASE_INSENSITIVE) != 0 ? Pattern.UNICODE_CASE : 0;
        return Pattern.compile(translate(python), flags | unicode | Pattern.UNIX_LINES);
    }

    public static Pattern compile(String python) {
        return compile(python, 0);
    }

    /** The same pattern in Java's words. */
    static String translate(String python) {
        StringBuilder java = new StringBuilder();
        int classStart = -1;
        for (int i = 0; i < python.length(); i++) {
            char c = python.charAt(i);
            if (c == '\\' && i + 1 < python.length()) {
                java.append(escape(python.charAt(++i), classStart >= 0));
            } else if (classStart < 0 && c == '[') {
                classStart = java.length();
                java.append('[');
                if (i + 1 < python.length() && python.charAt(i + 1) == '^') {
                    java.append('^');
                    i++;
                }
                if (i + 1 < python.length() && python.charAt(i + 1) == ']') {
                    java.append("\\]");
                    i++;
                }
            } else if (classStart >= 0 && c == ']') {
                classStart = -1;
                java.append(']');
            } else if (classStart >= 0 && (c == '[' || c == '&' || c == '^')) {
                java.append('\\').append(c); // nested classes and intersections are Java's alone
            } else if (classStart < 0
                    && c == '{'
                    && !QUANTIFIER.matcher(python).region(i, python.length()).lookingAt()) {
                java.append("\\{"); // a brace that counts nothing is a character to Python
            } else if (classStart < 0 && python.startsWith("(?P<", i)) {
                java.append("(?<");
                i += 3;
            } else {
                java.append(c);
            }
        }
        return java.toString();
    }

    private static String escape(char c, boolean inClass) {
        return switch (c) {
            case 's' -> inClass ? SPACE : "[" + SPACE + "]";
            case 'S' -> "[^" + SPACE + "]";
            case 'w' -> inClass ? WORD : "[" + WORD + "]";
            case 'W' -> "[^" + WORD + "]";
            case 'd' -> inClass ? DIGIT : "[" + DIGIT + "]";
            case 'D' -> "[^" + DIGIT + "]";
            case 'b' -> inClass ? "\\x08" : BOUNDARY;
            case 'Z' -> "\\z";
            default -> "\\" + c;
        };
    }
}
