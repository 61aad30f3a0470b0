package org.lionalign.align.eval.ifeval;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.lionalign.align.eval.python.PyRegex;
import org.lionalign.align.eval.python.PyText;

/**
 * Sentences as NLTK 3.10.4's {@code PunktTokenizer} cuts them (Kiss and Strunk 2006, Unsupervised Multilingual Sentence Boundary Detection;
 * {@code nltk/tokenize/punkt.py}): every {@code . ? !} before white space or punctuation is a candidate; a period after a known
 * abbreviation, an initial or a number ends a sentence only where the next word is written like a beginning.
 */
final class PunktSentences {
    private static final String NON_WORD = "(?:[)\";}\\]*:@'({\\[\u2018\u2019\u201c\u201d\u00ab\u00bb?!])";
    private static final String MULTI = "(?:-{2,}|\\.{2,}|(?:\\.\\s){2,}\\.)";
    private static final Pattern CANDIDATE = PyRegex.compile("[.?!](?=(?P<after>" + NON_WORD + "|\\s+(?P<next>\\S+)))");
    private static final Pattern TOKEN = PyRegex.compile("(" + MULTI + "|(?=[^(\"`{\\[:;&#*@)}\\]\\-,])\\S+?(?=\\s|$|"
            + NON_WORD + "|" + MULTI + "|,(?=$|\\s|" + NON_WORD + "|" + MULTI + "))|\\S)");
    private static final Pattern REALIGN =
            PyRegex.compile("[\"')\\]}\u2018\u2019\u201c\u201d\u00ab\u00bb]+?(?:\\s+|(?=--)|$)", Pattern.MULTILINE);
    private static final Pattern NUMBER = PyRegex.compile("^-?[.,]?\\d[\\d,.-]*\\.?$");
    private static final Pattern INITIAL = PyRegex.compile("[\\p{L}\\p{Nl}\\p{No}_]\\.$");
    private static final Pattern ELLIPSIS = PyRegex.compile("\\.\\.+$");

    private static final Pattern ORDINARY = Pattern.compile("\\p{Lu}(\\p{Ll}+|\\p{Lu}{4,})");
    private static final String LIST_LETTERS = "abixyz";

    private final PunktParameters parameters;

    PunktSentences(PunktParameters parameters) {
        this.parameters = parameters;
    }

    /** The sentences, each without the white space that parts it from the next. */
    List<String> split(String text) {
        List<int[]> slices = realign(text, slices(text));
        return slices.stream().map(s -> text.substring(s[0], s[1])).toList();
    }

    private record Candidate(int end, int next, String context) {}

    private List<int[]> slices(String text) {
        List<int[]> slices = new ArrayList<>();
        int last = 0;
        for (Candidate candidate : candidates(text)) {
            if (breaks(candidate.context())) {
                slices.add(new int[] {last, candidate.end()});
                last = candidate.next() >= 0 ? candidate.next() : candidate.end();
            }
        }
        slices.add(new int[] {last, Math.max(last, PyText.rstrip(text).length())});
        return slices;
    }

    /** Candidates with the word before and what follows; of those that share a word the last counts. */
    private static List<Candidate> candidates(String text) {
        List<Candidate> found = new ArrayList<>();
        Matcher matcher = CANDIDATE.matcher(text);
        int wordStart = 0;
        int wordEnd = 0;
        @Nullable Candidate previous = null;
        while (matcher.find()) {
            int space = lastSpace(text, wordEnd, matcher.start());
            // NLTK takes white space at the very start of the stretch for none.
            int start = space > wordEnd ? space + 1 : wordStart;
            if (previous != null && wordEnd <= start) {
                found.add(previous);
            }
            wordStart = start;
            wordEnd = matcher.start();
            previous = new Candidate(
                    matcher.end(),
                    matcher.group("next") == null ? -1 : matcher.start("next"),
                    text.substring(wordStart, wordEnd) + matcher.group() + matcher.group("after"));
        }
        if (previous != null) {
            found.add(previous);
        }
        return found;
    }

    private static int lastSpace(String text, int from, int to) {
        for (int i = to - 1; i >= from; i--) {
            if (" \t\n\r\u000b\f".indexOf(text.charAt(i)) >= 0) {
                return i;
            }
        }
        return from;
    }

    /** Closing quotes and brackets go with the sentence before them. */
    private static List<int[]> realign(String text, List<int[]> slices) {
        List<int[]> aligned = new ArrayList<>();
        int shift = 0;
        for (int i = 0; i < slices.size(); i++) {
            int start = slices.get(i)[0] + shift;
            int end = slices.get(i)[1];
            boolean lastOne = i + 1 == slices.size();
            Matcher closing =
                    lastOne ? null : REALIGN.matcher(text.substring(slices.get(i + 1)[0], slices.get(i + 1)[1]));
            if (closing != null && closing.lookingAt()) {
                aligned.add(new int[] {
                    start, slices.get(i + 1)[0] + PyText.rstrip(closing.group()).length()
                });
                shift = closing.end();
            } else {
                shift = 0;
                if (start < end) {
                    aligned.add(new int[] {start, end});
                }
            }
        }
        return aligned;
    }

    private static final class Token {
        final String text;
        final String type;
        boolean sentenceBreak;
        boolean abbreviation;
        boolean ellipsis;

        Token(String text) {
            this.text = text;
            this.type = NUMBER.matcher(PyText.lower(text)).replaceFirst("##number##");
        }

        String typeWithoutPeriod() {
            return type.length() > 1 && type.endsWith(".") ? type.substring(0, type.length() - 1) : type;
        }

        String typeWithoutSentencePeriod() {
            return sentenceBreak ? typeWithoutPeriod() : type;
        }

        boolean startsUpper() {
            return PyText.isUpper(Character.toString(text.codePointAt(0)));
        }

        boolean startsLower() {
            return PyText.isLower(Character.toString(text.codePointAt(0)));
        }
    }

    /** Whether a sentence ends inside the context: at any of its tokens but the last. */
    private boolean breaks(String context) {
        List<Token> tokens = new ArrayList<>();
        for (String line : PyText.split(context, "\n")) {
            Matcher matcher = TOKEN.matcher(line);
            while (matcher.find()) {
                tokens.add(new Token(matcher.group()));
            }
        }
        tokens.forEach(this::first);
        for (int i = 0; i + 1 < tokens.size(); i++) {
            second(tokens.get(i), tokens.get(i + 1));
            if (tokens.get(i).sentenceBreak) {
                return true;
            }
        }
        return false;
    }

    /** By the token alone. */
    private void first(Token token) {
        String text = token.text;
        if (text.equals(".") || text.equals("?") || text.equals("!")) {
            token.sentenceBreak = true;
        } else if (ELLIPSIS.matcher(text).lookingAt()) {
            token.ellipsis = true;
        } else if (text.endsWith(".") && !text.endsWith("..")) {
            String word = PyText.lower(text.substring(0, text.length() - 1));
            token.abbreviation = parameters.abbreviations().contains(word)
                    || parameters.abbreviations().contains(word.substring(word.lastIndexOf('-') + 1));
            token.sentenceBreak = !token.abbreviation;
        }
    }

    /** By the token that follows. */
    private void second(Token token, Token next) {
        if (!token.text.endsWith(".")) {
            return;
        }
        String type = token.typeWithoutPeriod();
        String nextType = next.typeWithoutSentencePeriod();
        boolean initial = INITIAL.matcher(token.text).lookingAt();
        if (parameters.collocations().contains(type + "\t" + nextType)) {
            token.sentenceBreak = false;
            token.abbreviation = true;
            return;
        }
        boolean guessed = parameters.guesses() && next.startsUpper();
        Beginning beginning = guessed
                        && token.ellipsis
                        && orthography(nextType) == 0
                        && ORDINARY.matcher(next.text).matches()
                ? Beginning.YES
                : beginning(next);
        if ((token.abbreviation || token.ellipsis) && !initial) {
            if (beginning == Beginning.YES
                    || next.startsUpper() && parameters.starters().contains(nextType)) {
                token.sentenceBreak = true;
                return;
            }
        }
        if (initial || type.equals("##number##")) {
            boolean nameAfterInitial = beginning == Beginning.UNKNOWN
                    && initial
                    && next.startsUpper()
                    && (orthography(nextType) & PunktParameters.LOWER) == 0
                    && !(guessed && LIST_LETTERS.contains(type));
            if (beginning == Beginning.NO || nameAfterInitial) {
                token.sentenceBreak = false;
                token.abbreviation = true;
            }
        }
    }

    private enum Beginning {
        YES,
        NO,
        UNKNOWN
    }

    private int orthography(String type) {
        Map<String, Integer> known = parameters.orthography();
        return known.getOrDefault(type, 0);
    }

    /** Whether a token is written as the first of a sentence. */
    private Beginning beginning(Token token) {
        if (token.text.length() == 1 && ";:,.!?".contains(token.text)) {
            return Beginning.NO;
        }
        int seen = orthography(token.typeWithoutSentencePeriod());
        if (token.startsUpper() && (seen & PunktParameters.LOWER) != 0 && (seen & PunktParameters.MIDDLE_UPPER) == 0) {
            return Beginning.YES;
        }
        if (token.startsLower() && ((seen & PunktParameters.UPPER) != 0 || (seen & PunktParameters.BEGIN_LOWER) == 0)) {
            return Beginning.NO;
        }
        return Beginning.UNKNOWN;
    }
}
