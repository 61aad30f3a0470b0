package org.lionalign.align.eval.python;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Python's {@code str} methods; Java's namesakes know other white space (no NBSP, no U+0085) and other letters. */
public final class PyText {
    private PyText() {}

    /** {@code chr(c).isspace()}. */
    public static boolean isSpace(int c) {
        return c >= '\t' && c <= '\r'
                || c >= 0x1c && c <= 0x20
                || c == 0x85
                || c == 0xa0
                || c == 0x1680
                || c >= 0x2000 && c <= 0x200a
                || c == 0x2028
                || c == 0x2029
                || c == 0x202f
                || c == 0x205f
                || c == 0x3000;
    }

    /** {@code text.strip()}. */
    public static String strip(String text) {
        return lstrip(rstrip(text));
    }

    public static String lstrip(String text) {
        int start = 0;
        while (start < text.length() && isSpace(text.charAt(start))) {
            start++;
        }
        return text.substring(start);
    }

    public static String rstrip(String text) {
        int end = text.length();
        while (end > 0 && isSpace(text.charAt(end - 1))) {
            end--;
        }
        return text.substring(0, end);
    }

    /** {@code text.lstrip(characters)}. */
    public static String lstrip(String text, String characters) {
        int start = 0;
        while (start < text.length() && characters.indexOf(text.charAt(start)) >= 0) {
            start++;
        }
        return text.substring(start);
    }

    /** {@code text.rstrip(characters)}. */
    public static String rstrip(String text, String characters) {
        int end = text.length();
        while (end > 0 && characters.indexOf(text.charAt(end - 1)) >= 0) {
            end--;
        }
        return text.substring(0, end);
    }

    /** {@code text.strip(characters)}. */
    public static String strip(String text, String characters) {
        return lstrip(rstrip(text, characters), characters);
    }

    /** {@code not text.strip()}. */
    public static boolean isBlank(String text) {
        return text.chars().allMatch(PyText::isSpace);
    }

    /** {@code text.split()}: pieces between white space, none of them empty. */
    public static List<String> split(String text) {
        List<String> pieces = new ArrayList<>();
        int start = -1;
        for (int i = 0; i <= text.length(); i++) {
            boolean space = i == text.length() || isSpace(text.charAt(i));
            if (space && start >= 0) {
                pieces.add(text.substring(start, i));
                start = -1;
            } else if (!space && start < 0) {
                start = i;
            }
        }
        return pieces;
    }

    /** {@code text.split(separator)}: empty pieces stay. */
    public static List<String> split(String text, String separator) {
        List<String> pieces = new ArrayList<>();
        int start = 0;
        for (int at = text.indexOf(separator); at >= 0; at = text.indexOf(separator, start)) {
            pieces.add(text.substring(start, at));
            start = at + separator.length();
        }
        pieces.add(text.substring(start));
        return pieces;
    }

    /** {@code text.removeprefix(prefix)}. */
    public static String removePrefix(String text, String prefix) {
        return text.startsWith(prefix) ? text.substring(prefix.length()) : text;
    }

    /** {@code text.removesuffix(suffix)}. */
    public static String removeSuffix(String text, String suffix) {
        return text.endsWith(suffix) ? text.substring(0, text.length() - suffix.length()) : text;
    }

    /** {@code text.isupper()}: a cased letter, and none that is not upper case. */
    public static boolean isUpper(String text) {
        return text.codePoints().noneMatch(c -> Character.isLowerCase(c) || Character.isTitleCase(c))
                && text.codePoints().anyMatch(Character::isUpperCase);
    }

    /** {@code text.islower()}. */
    public static boolean isLower(String text) {
        return text.codePoints().noneMatch(c -> Character.isUpperCase(c) || Character.isTitleCase(c))
                && text.codePoints().anyMatch(Character::isLowerCase);
    }

    /** {@code text.isdigit()}: decimal digits and digits as superscripts are. */
    public static boolean isDigit(String text) {
        return !text.isEmpty()
                && text.codePoints().allMatch(c -> Character.isDigit(c) || "²³¹⁰⁴⁵⁶⁷⁸⁹₀₁₂₃₄₅₆₇₈₉".indexOf(c) >= 0);
    }

    public static String lower(String text) {
        return text.toLowerCase(Locale.ROOT);
    }
}
