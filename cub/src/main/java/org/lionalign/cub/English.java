package org.lionalign.cub;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/** What the world needs of English: words, numbers, lists and sentence boundaries. */
final class English {
    private static final List<String> NUMBERS =
            List.of("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten");
    private static final Pattern SPLIT = Pattern.compile("[^A-Za-z0-9']+");

    private English() {}

    static String lower(String text) {
        return text.toLowerCase(Locale.ROOT);
    }

    static String capital(String text) {
        return text.isEmpty() ? text : text.substring(0, 1).toUpperCase(Locale.ROOT) + text.substring(1);
    }

    /** zero to ten. */
    static String number(int n) {
        return NUMBERS.get(n);
    }

    static String article(String noun) {
        return ("aeiou".indexOf(noun.charAt(0)) >= 0 ? "an " : "a ") + noun;
    }

    /** {@code a, b and c}. */
    static String and(List<String> items) {
        int n = items.size();
        return n == 1 ? items.get(0) : String.join(", ", items.subList(0, n - 1)) + " and " + items.get(n - 1);
    }

    /** Lower-case words and numbers in order. */
    static List<String> words(String text) {
        List<String> out = new ArrayList<>();
        for (String word : SPLIT.split(lower(text))) {
            if (!word.isEmpty()) {
                out.add(word);
            }
        }
        return out;
    }

    /**
     * The sentences of a text. A quotation's own marks end a sentence only at the closing quote, and only if what follows
     * starts with a capital: {@code "Oh no!" said Tom.} is one sentence.
     */
    static List<String> sentences(String text) {
        List<String> out = new ArrayList<>();
        boolean quoted = false;
        int from = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            boolean closes = c == '"' && quoted;
            if (c == '"') {
                quoted = !quoted;
            }
            boolean mark =
                    closes ? i > 0 && isMark(text.charAt(i - 1)) && startsNew(text, i + 1) : !quoted && isMark(c);
            if (mark && (i + 1 == text.length() || Character.isWhitespace(text.charAt(i + 1)))) {
                out.add(text.substring(from, i + 1).strip());
                from = i + 1;
            }
        }
        if (!text.substring(from).isBlank()) {
            out.add(text.substring(from).strip());
        }
        return out;
    }

    private static boolean startsNew(String text, int from) {
        for (int i = from; i < text.length(); i++) {
            char c = text.charAt(i);
            if (!Character.isWhitespace(c)) {
                return c == '"' || Character.isUpperCase(c);
            }
        }
        return true;
    }

    static boolean isMark(char c) {
        return c == '.' || c == '!' || c == '?';
    }

    /** Whether the text stops where a sentence stops. */
    static boolean finished(String text) {
        String end = text.stripTrailing();
        if (end.isEmpty()) {
            return false;
        }
        char last = end.charAt(end.length() - 1);
        return isMark(last) || last == '"' && end.length() > 1 && isMark(end.charAt(end.length() - 2));
    }
}
