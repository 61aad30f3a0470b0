package org.lionalign.align.eval.python;

/**
 * Whether {@code json.loads} takes a text: NaN and Infinity pass, duplicate keys pass, a byte order mark or a control character in a string
 * does not. Lion's own reader is stricter and would judge answers otherwise than Python does.
 */
public final class PyJson {
    private final String text;
    private int at;

    private PyJson(String text) {
        this.text = text;
    }

    /** Depth at which CPython gives up too. */
    private static final int DEEPEST = 990;

    public static boolean loads(String text) {
        PyJson reader = new PyJson(text);
        reader.space();
        if (!reader.value(0)) {
            return false;
        }
        reader.space();
        return reader.at == text.length();
    }

    private void space() {
        while (at < text.length() && " \t\n\r".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
    }

    private boolean take(String word) {
        if (!text.startsWith(word, at)) {
            return false;
        }
        at += word.length();
        return true;
    }

    private boolean value(int depth) {
        if (depth > DEEPEST) {
            return false;
        }
        if (take("{")) {
            return items(depth, '}', true);
        }
        if (take("[")) {
            return items(depth, ']', false);
        }
        if (take("\"")) {
            return string();
        }
        return take("null")
                || take("true")
                || take("false")
                || take("NaN")
                || take("Infinity")
                || take("-Infinity")
                || number();
    }

    private boolean items(int depth, char end, boolean object) {
        space();
        if (take(String.valueOf(end))) {
            return true;
        }
        while (true) {
            space();
            if (object) {
                if (!take("\"") || !string()) {
                    return false;
                }
                space();
                if (!take(":")) {
                    return false;
                }
                space();
            }
            if (!value(depth + 1)) {
                return false;
            }
            space();
            if (take(String.valueOf(end))) {
                return true;
            }
            if (!take(",")) {
                return false;
            }
        }
    }

    private boolean string() {
        while (at < text.length()) {
            char c = text.charAt(at++);
            if (c == '"') {
                return true;
            }
            if (c < 0x20) {
                return false;
            }
            if (c == '\\') {
                if (at == text.length()) {
                    return false;
                }
                char escaped = text.charAt(at++);
                if (escaped == 'u') {
                    for (int i = 0; i < 4; i++, at++) {
                        if (at >= text.length() || "0123456789abcdefABCDEF".indexOf(text.charAt(at)) < 0) {
                            return false;
                        }
                    }
                } else if ("\"\\/bfnrt".indexOf(escaped) < 0) {
                    return false;
                }
            }
        }
        return false;
    }

    private boolean number() {
        take("-");
        if (!take("0") && digits() == 0) {
            return false;
        }
        int mark = at;
        if (take(".") && digits() == 0) {
            at = mark; // "1." is the number 1 and something that should not follow
        }
        mark = at;
        if (take("e") || take("E")) {
            if (!take("+")) {
                take("-");
            }
            if (digits() == 0) {
                at = mark;
            }
        }
        return true;
    }

    private int digits() {
        int start = at;
        while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
            at++;
        }
        return at - start;
    }
}
