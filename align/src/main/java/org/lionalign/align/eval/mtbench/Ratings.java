package org.lionalign.align.eval.mtbench;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What FastChat reads out of a judge's text ({@code llm_judge/common.py}, fschat 0.2.36). */
final class Ratings {
    /** Ratings this near are a tie. */
    private static final double TIE = 0.1;

    // Python's \d and \s know all of Unicode.
    private static final Pattern ONE = unicode("\\[\\[(\\d+\\.?\\d*)]]");
    private static final Pattern ONE_BACKUP = unicode("\\[(\\d+\\.?\\d*)]");
    private static final Pattern TWO = unicode("\\[\\[(\\d+\\.?\\d*),\\s?(\\d+\\.?\\d*)]]");
    private static final Pattern TWO_BACKUP = unicode("\\[(\\d+\\.?\\d*),\\s?(\\d+\\.?\\d*)]");

    /** A comparison's outcome, from the side of who is shown first. */
    enum Winner {
        A,
        B,
        TIE,
        ERROR
    }

    private Ratings() {}

    private static Pattern unicode(String regex) {
        return Pattern.compile(regex, Pattern.UNICODE_CHARACTER_CLASS);
    }

    /** The first number in double brackets, else the first in single ones, else NaN. */
    static double of(String judgment) {
        for (Pattern pattern : new Pattern[] {ONE, ONE_BACKUP}) {
            Matcher matcher = pattern.matcher(judgment);
            if (matcher.find()) {
                return number(matcher.group(1));
            }
        }
        return Double.NaN;
    }

    /** The verdict of a pairwise prompt with the labels {@code [[A]]}, {@code [[B]]}, {@code [[C]]}; A first where there are several. */
    static Winner winner(String judgment) {
        if (judgment.contains("[[A]]")) {
            return Winner.A;
        }
        if (judgment.contains("[[B]]")) {
            return Winner.B;
        }
        return judgment.contains("[[C]]") ? Winner.TIE : Winner.ERROR;
    }

    /** The verdict of a pairwise prompt with two ratings. */
    static Winner winnerByRatings(String judgment) {
        for (Pattern pattern : new Pattern[] {TWO, TWO_BACKUP}) {
            Matcher matcher = pattern.matcher(judgment);
            if (matcher.find()) {
                double a = number(matcher.group(1));
                double b = number(matcher.group(2));
                return Math.abs(a - b) <= TIE ? Winner.TIE : a > b ? Winner.A : Winner.B;
            }
        }
        return Winner.ERROR;
    }

    /** Any script's digits; FastChat itself stops at leading zeros and at digits that are not ASCII. */
    private static double number(String text) {
        StringBuilder ascii = new StringBuilder();
        text.codePoints().forEach(c -> ascii.append(c == '.' ? "." : String.valueOf(Character.digit(c, 10))));
        return Double.parseDouble(ascii.toString());
    }
}
