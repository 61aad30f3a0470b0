package org.lionalign.core.jinja;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A string that knows where each of its characters comes from.
 *
 * @param text the characters
 * @param marks one origin per UTF-16 unit, or null when all are {@link #TEMPLATE}
 */
record Str(String text, int @Nullable [] marks) {
    /** Origin of what the template itself wrote. */
    static final int TEMPLATE = 0;

    /** Added to an origin inside a generation block. */
    static final int GENERATED = 1 << 30;

    static final Str EMPTY = new Str("", null);

    static Str of(String text) {
        return new Str(text, null);
    }

    /** All characters of one origin. */
    static Str of(String text, int mark) {
        if (mark == TEMPLATE) {
            return of(text);
        }
        int[] marks = new int[text.length()];
        Arrays.fill(marks, mark);
        return new Str(text, marks);
    }

    int length() {
        return text.length();
    }

    int markAt(int i) {
        return marks == null ? TEMPLATE : marks[i];
    }

    Str substring(int from, int to) {
        return new Str(text.substring(from, to), marks == null ? null : Arrays.copyOfRange(marks, from, to));
    }

    /** The same length: a character-wise change; else every character takes this string's strongest origin, so that data stays data. */
    Str mapped(String changed) {
        if (marks == null) {
            return of(changed);
        }
        return changed.length() == text.length() ? new Str(changed, marks) : of(changed, strongest());
    }

    /** The largest origin that occurs: the answer where an operation mixes characters. */
    int strongest() {
        int most = TEMPLATE;
        if (marks != null) {
            for (int mark : marks) {
                most = Math.max(most, mark);
            }
        }
        return most;
    }

    static Str concat(List<Str> parts) {
        StringBuilder text = new StringBuilder();
        boolean marked = false;
        for (Str part : parts) {
            text.append(part.text);
            marked |= part.marks != null;
        }
        if (!marked) {
            return of(text.toString());
        }
        int[] marks = new int[text.length()];
        int at = 0;
        for (Str part : parts) {
            if (part.marks != null) {
                System.arraycopy(part.marks, 0, marks, at, part.length());
            }
            at += part.length();
        }
        return new Str(text.toString(), marks);
    }

    Str plus(Str other) {
        return concat(List.of(this, other));
    }

    Str replace(String from, Str to, long most) {
        if (from.isEmpty()) {
            return this;
        }
        java.util.ArrayList<Str> parts = new java.util.ArrayList<>();
        int at = 0;
        int found = text.indexOf(from);
        while (found >= 0 && most-- != 0) {
            parts.add(substring(at, found));
            parts.add(to);
            at = found + from.length();
            found = text.indexOf(from, at);
        }
        parts.add(substring(at, length()));
        return concat(parts);
    }

    /** Python's strip: {@code chars} null for white space. */
    Str strip(@Nullable String chars, boolean left, boolean right) {
        int from = 0;
        int to = length();
        while (left && from < to && stripped(text.charAt(from), chars)) {
            from++;
        }
        while (right && to > from && stripped(text.charAt(to - 1), chars)) {
            to--;
        }
        return substring(from, to);
    }

    private static boolean stripped(char c, @Nullable String chars) {
        return chars == null ? isSpace(c) : chars.indexOf(c) >= 0;
    }

    /** Python's {@code str.isspace} for one character. */
    static boolean isSpace(char c) {
        return Character.isWhitespace(c) || Character.isSpaceChar(c) || (c >= 0x1c && c <= 0x1f) || c == 0x85;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Str s && s.text.equals(text);
    }

    @Override
    public int hashCode() {
        return text.hashCode();
    }

    @Override
    public String toString() {
        return text;
    }
}
