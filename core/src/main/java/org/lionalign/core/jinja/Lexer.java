package org.lionalign.core.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Cuts a template into text, tags and the tokens inside them, with Jinja's rules for white space around tags. */
final class Lexer {
    enum Kind {
        TEXT,
        BLOCK_START,
        BLOCK_END,
        EXPRESSION_START,
        EXPRESSION_END,
        NAME,
        STRING,
        INTEGER,
        FLOAT,
        OPERATOR,
        END
    }

    /** One token; for TEXT and STRING the value is the content. */
    record Token(Kind kind, String value, int line) {
        boolean is(Kind k, String v) {
            return kind == k && value.equals(v);
        }
    }

    private static final Pattern OPEN = Pattern.compile("\\{\\{|\\{%|\\{#");
    private static final Pattern RAW_END = Pattern.compile("\\{%([-+]?)\\s*endraw\\s*([-+]?)%\\}");
    private static final Pattern NUMBER =
            Pattern.compile("(\\d[\\d_]*\\.\\d[\\d_]*([eE][-+]?\\d+)?)|(\\d[\\d_]*[eE][-+]?\\d+)|(\\d[\\d_]*)");
    private static final String[] OPERATORS = {
        "**", "//", "==", "!=", "<=", ">=", "+", "-", "*", "/", "%", "~", "<", ">", "=", ".", ",", ":", "|", "(", ")",
        "[", "]", "{", "}"
    };

    private final String source;
    private final List<Token> tokens = new ArrayList<>();
    private int at;
    private boolean lineStarting =
            true; // the next text begins a line: nothing precedes it, or a newline that a tag swallowed

    private Lexer(String source) {
        // Like Jinja: line ends are \n, and one newline at the end of the file does not count.
        String unified = source.replace("\r\n", "\n").replace('\r', '\n');
        this.source = unified.endsWith("\n") ? unified.substring(0, unified.length() - 1) : unified;
    }

    static List<Token> lex(String source) {
        Lexer lexer = new Lexer(source);
        lexer.run();
        return lexer.tokens;
    }

    private void run() {
        Matcher open = OPEN.matcher(source);
        while (at < source.length()) {
            int from = at;
            if (!open.find(at)) {
                text(source.substring(from), false, false);
                at = source.length();
                break;
            }
            int tag = open.start();
            String kind = open.group();
            char modifier = tag + 2 < source.length() ? source.charAt(tag + 2) : ' ';
            boolean lstrip = !kind.equals("{{") && modifier != '+' && modifier != '-';
            text(source.substring(from, tag), lstrip, modifier == '-');
            at = tag + 2 + (modifier == '-' || modifier == '+' ? 1 : 0);
            switch (kind) {
                case "{#" -> comment(tag);
                case "{{" -> inside(Kind.EXPRESSION_START, Kind.EXPRESSION_END, "}}");
                default -> {
                    Matcher raw = Pattern.compile("\\s*raw\\s*([-+]?)%\\}")
                            .matcher(source)
                            .region(at, source.length());
                    if (raw.lookingAt()) {
                        raw(raw);
                    } else {
                        inside(Kind.BLOCK_START, Kind.BLOCK_END, "%}");
                    }
                }
            }
        }
        tokens.add(new Token(Kind.END, "", line(source.length())));
    }

    /** Text before a tag: {@code strip} for a "-" on the tag, {@code lstrip} for lstrip_blocks. */
    private void text(String raw, boolean lstrip, boolean strip) {
        String text = raw;
        if (strip) {
            text = text.replaceFirst("\\s+$", "");
        } else if (lstrip) {
            int lineStart = text.lastIndexOf('\n') + 1;
            if ((lineStart > 0 || lineStarting) && text.substring(lineStart).isBlank()) {
                text = text.substring(0, lineStart);
            }
        }
        if (!text.isEmpty()) {
            tokens.add(new Token(Kind.TEXT, text, line(at)));
        }
    }

    /** After a tag: "-" swallows all white space, trim_blocks one newline. */
    private void swallow(boolean all, boolean newline) {
        int from = at;
        while (all && at < source.length() && Character.isWhitespace(source.charAt(at))) {
            at++;
        }
        if (!all && newline && at < source.length() && source.charAt(at) == '\n') {
            at++;
        }
        lineStarting = at > from && source.charAt(at - 1) == '\n';
    }

    private void comment(int tag) {
        int end = source.indexOf("#}", at);
        if (end < 0) {
            throw new TemplateError(line(tag), "comment is never closed");
        }
        boolean minus = end > at && source.charAt(end - 1) == '-';
        boolean plus = end > at && source.charAt(end - 1) == '+';
        at = end + 2;
        swallow(minus, !plus);
    }

    private void raw(Matcher open) {
        int start = open.end();
        Matcher end = RAW_END.matcher(source);
        if (!end.find(start)) {
            throw new TemplateError(line(at), "raw block is never closed");
        }
        at = start;
        swallow(open.group(1).equals("-"), open.group(1).isEmpty());
        text(
                source.substring(Math.min(at, end.start()), end.start()),
                end.group(1).isEmpty(),
                end.group(1).equals("-"));
        at = end.end();
        swallow(end.group(2).equals("-"), end.group(2).isEmpty());
    }

    private void inside(Kind startKind, Kind endKind, String close) {
        int startLine = line(at);
        tokens.add(new Token(startKind, "", startLine));
        int depth = 0;
        while (true) {
            while (at < source.length() && Character.isWhitespace(source.charAt(at))) {
                at++;
            }
            if (at >= source.length()) {
                throw new TemplateError(startLine, "tag is never closed with " + close);
            }
            if (depth == 0) {
                boolean minus = source.startsWith("-" + close, at);
                boolean plus = source.startsWith("+" + close, at);
                if (minus || plus || source.startsWith(close, at)) {
                    tokens.add(new Token(endKind, "", line(at)));
                    at += close.length() + (minus || plus ? 1 : 0);
                    swallow(minus, !plus && endKind == Kind.BLOCK_END);
                    return;
                }
            }
            depth += token();
        }
    }

    /** Reads one token; returns the change of bracket depth. */
    private int token() {
        char c = source.charAt(at);
        int line = line(at);
        if (Character.isLetter(c) || c == '_') {
            int end = at;
            while (end < source.length()
                    && (Character.isLetterOrDigit(source.charAt(end)) || source.charAt(end) == '_')) {
                end++;
            }
            tokens.add(new Token(Kind.NAME, source.substring(at, end), line));
            at = end;
            return 0;
        }
        if (c == '"' || c == '\'') {
            string(c, line);
            return 0;
        }
        Matcher number = NUMBER.matcher(source).region(at, source.length());
        if (Character.isDigit(c) && number.lookingAt()) {
            Kind kind = number.group(4) != null ? Kind.INTEGER : Kind.FLOAT;
            tokens.add(new Token(kind, number.group().replace("_", ""), line));
            at = number.end();
            return 0;
        }
        for (String operator : OPERATORS) {
            if (source.startsWith(operator, at)) {
                tokens.add(new Token(Kind.OPERATOR, operator, line));
                at += operator.length();
                return "([{".contains(operator) ? 1 : ")]}".contains(operator) ? -1 : 0;
            }
        }
        throw new TemplateError(line, "unexpected character '" + c + "'");
    }

    private void string(char quote, int line) {
        StringBuilder value = new StringBuilder();
        int i = at + 1;
        while (i < source.length() && source.charAt(i) != quote) {
            char c = source.charAt(i++);
            if (c != '\\' || i >= source.length()) {
                value.append(c);
                continue;
            }
            char e = source.charAt(i++);
            switch (e) {
                case 'n' -> value.append('\n');
                case 't' -> value.append('\t');
                case 'r' -> value.append('\r');
                case 'b' -> value.append('\b');
                case 'f' -> value.append('\f');
                case '\n' -> {}
                case '\\', '\'', '"' -> value.append(e);
                case 'u', 'x' -> {
                    int digits = e == 'u' ? 4 : 2;
                    if (i + digits > source.length()) {
                        throw new TemplateError(line, "string escape is cut off");
                    }
                    try {
                        value.append((char) Integer.parseInt(source.substring(i, i + digits), 16));
                    } catch (NumberFormatException bad) {
                        throw new TemplateError(line, "\\" + e + " needs " + digits + " hexadecimal digits");
                    }
                    i += digits;
                }
                default -> value.append('\\').append(e);
            }
        }
        if (i >= source.length()) {
            throw new TemplateError(line, "string is never closed");
        }
        tokens.add(new Token(Kind.STRING, value.toString(), line));
        at = i + 1;
    }

    private int lineCacheAt;
    private int lineCache = 1;

    private int line(int position) {
        if (position < lineCacheAt) {
            lineCacheAt = 0;
            lineCache = 1;
        }
        for (; lineCacheAt < position && lineCacheAt < source.length(); lineCacheAt++) {
            if (source.charAt(lineCacheAt) == '\n') {
                lineCache++;
            }
        }
        return lineCache;
    }
}
