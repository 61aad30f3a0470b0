package org.lionalign.align.eval.formula;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** LaTeX as tokens: commands with their backslash, numbers, single characters; white space and spacing commands are left out. */
record Tokens(String text, List<Token> list) {
    /** @param start its place in the text */
    record Token(String word, int start) {
        boolean isNumber() {
            return Character.isDigit(word.charAt(0)) || word.charAt(0) == '.' && word.length() > 1;
        }

        boolean isLetter() {
            return word.length() == 1 && (word.charAt(0) | 32) >= 'a' && (word.charAt(0) | 32) <= 'z';
        }
    }

    private static final Set<String> SKIPPED = Set.of(
            "\\,",
            "\\;",
            "\\:",
            "\\!",
            "\\ ",
            "\\quad",
            "\\qquad",
            "\\thinspace",
            "\\displaystyle",
            "\\limits",
            "\\$",
            "$",
            "~",
            "\\left",
            "\\right",
            "\\mleft",
            "\\mright",
            "\\big",
            "\\Big",
            "\\bigg",
            "\\Bigg",
            "\\textstyle",
            "'");

    /** @param commas whether groups of three digits after a comma belong to a number */
    static Tokens of(String text, boolean commas) {
        List<Token> list = new ArrayList<>();
        int i = 0;
        while (i < text.length()) {
            int end = end(text, i, commas);
            String word = text.substring(i, end);
            if (!word.isBlank() && !SKIPPED.contains(word)) {
                list.add(new Token(word, i));
            }
            i = end;
        }
        return new Tokens(text, List.copyOf(list));
    }

    private static int end(String text, int start, boolean commas) {
        char c = text.charAt(start);
        int i = start + 1;
        if (c == '\\') {
            if (i < text.length() && isLetter(text.charAt(i))) {
                while (i < text.length() && isLetter(text.charAt(i))) {
                    i++;
                }
                return i;
            }
            return Math.min(i + 1, text.length());
        }
        if (!isDigit(text, start) && !(c == '.' && isDigit(text, i))) {
            return i;
        }
        i = start;
        while (isDigit(text, i)) {
            i++;
        }
        while (commas
                && i < text.length()
                && text.charAt(i) == ','
                && isDigit(text, i + 1)
                && isDigit(text, i + 2)
                && isDigit(text, i + 3)) {
            i += 4;
        }
        if (i < text.length() && text.charAt(i) == '.' && isDigit(text, i + 1)) {
            i++;
            while (isDigit(text, i)) {
                i++;
            }
        }
        return i;
    }

    private static boolean isDigit(String text, int i) {
        return i < text.length() && text.charAt(i) >= '0' && text.charAt(i) <= '9';
    }

    private static boolean isLetter(char c) {
        return (c | 32) >= 'a' && (c | 32) <= 'z';
    }
}
