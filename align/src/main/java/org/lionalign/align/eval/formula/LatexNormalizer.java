package org.lionalign.align.eval.formula;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.lionalign.align.eval.python.PyRegex;
import org.lionalign.align.eval.python.PyText;

/**
 * {@code normalize_latex} of latex2sympy2_extended 1.11.0 ({@code math_normalization.py}, MIT) with the configuration that math-verify uses:
 * basic LaTeX, units, malformed operators, nits and boxes, in that code's order and with its quirks.
 */
final class LatexNormalizer {
    private static final Pattern LEFT = PyRegex.compile(
            "\\\\m?left(\\\\\\{|\\{|\\\\\\||\\||\\[|\\(|\\\\rbracl|\\\\lgroup|\\\\lbrace|\\\\lbrack|\\\\vert|\\\\lvert|\\\\lceil|\\\\lfloor|\\\\langle|\\\\llcorner|\\\\ulcorner)");
    private static final Pattern RIGHT = PyRegex.compile(
            "\\\\m?right(\\\\\\}|\\}|\\\\\\||\\||\\]|\\)|\\\\rbrack|\\\\rgroup|\\\\rbrace|\\\\vert|\\\\rvert|\\\\rceil|\\\\rfloor|\\\\rangle|\\\\lrcorner|\\\\urcorner)");

    private static final String UNITS =
            "integerpoint|feet|sue|digit|pound|meal|edge|student|children ticket|multiple|east|degree|mph|kmph|ft|m square| m east|sq m|deg|"
                    + "mile|q .|monkey|prime|ratio|profit of rs|rd|o|gm|p . m|lb|tile|per|dm|lt|gain|ab|way|west|a .|b .|c .|d .|e .|f .|g .|"
                    + "h .|t|h|no change|men|soldier|pie|bc|excess|st|inches|noon|cent|by|gal|kmh|c|acre|rise|a . m|th|π r 2|sq|mark|l|toy|"
                    + "coin|sq . m|gallon|° f|profit|minw|yr|women|am|pm|hr|cu cm|square|v â € ™|are|rupee|rounds|cubic|cc|mtr|s|ohm|number|"
                    + "kmph|day|hour|minute|min|second|man|woman|sec|cube|mt|sq inch|mp|∏ cm ³|hectare|more|sec|unit|cu . m|cm 2|rs .|rs|kg|"
                    + "g|month|km|m|cm|mm|apple|liter|loss|yard|pure|year|increase|decrease|d|less|Surface|litre|pi sq m|s .|metre|meter|inch";
    private static final Pattern UNIT = PyRegex.compile("(\\d|\\}|\\s)\\s*(?:(?:" + UNITS + ")(?:s|es)?)\\s*$");
    private static final Pattern UNIT_POWER = PyRegex.compile("(\\\\(?:text|mbox){.*?})(\\^\\d|\\{\\^\\d\\})?$");

    private static final Pattern REMOVED = PyRegex.compile(
            "\\\\mathrm\\{th\\}|\\\\!\\s*|\\\\text\\s*\\{\\s*\\}|\\\\\\$|\\$|(?<!\\\\)[\"\\']|\\\\displaystyle");
    private static final Pattern PERMUTATION =
            PyRegex.compile("\\(([a-zA-Z0-9+\\-*/\\\\ ]+?)\\)_{([a-zA-Z0-9+\\-*/\\\\ ]+?)}");
    private static final Pattern DOUBLED_SLASH = PyRegex.compile("\\\\\\\\(?=[a-zA-Z])");

    private record Rule(String pattern, String replacement) {}

    /** Alternatives of one pattern, the first that matches counts. */
    private static final List<Rule> REPLACED = List.of(
            new Rule("\\\\math(?:rm|it|bf)", "\\text"),
            new Rule("\\\\text(?:normal|bf|it|rm)", "\\text"),
            new Rule("\\\\(?:d|t|c)frac", "\\frac"),
            new Rule("\\s\\.", " 0."),
            new Rule("\\{\\.", "{0."),
            new Rule("\\~\\=", "\\approx"),
            new Rule("\\s*\\{\\s*,\\s*\\}", ","),
            new Rule("(?<![a-zA-Z])(?:,?\\s*(?:and|or))(?![a-zA-Z])", ","),
            new Rule("(?:,?\\s*\\\\text{\\s*(?:and|or)\\s*})", ","),
            new Rule("(?<!\\\\)\\\\\\s", " "),
            new Rule("infinity", "\\infty"),
            new Rule(",?(?:\\\\ldots)", " "),
            new Rule("\\s*\\bpercentage\\b", "\\%"),
            new Rule("\\\\text{percentage}", "%"),
            new Rule("\\s*\\bpercent\\b", "\\%"),
            new Rule("\\\\text{percent}", "%"),
            new Rule("\\s*\\bpct\\b", "\\%"),
            new Rule("\\\\text{pct}", "%"),
            new Rule("(?:(?<!\\\\)inf(?!inity))", "\\infty"),
            new Rule(" sqrt", "\\sqrt"));

    private static final Pattern REPLACE = PyRegex.compile(String.join(
            "|", REPLACED.stream().map(rule -> "(" + rule.pattern() + ")").toList()));

    private record Operator(Pattern pattern, String replacement) {
        static Operator of(String pattern, String replacement) {
            return new Operator(PyRegex.compile(pattern), replacement);
        }
    }

    private static final List<Operator> MALFORMED = List.of(
            Operator.of("\\^\\s?\\((.*?)\\)", "^{$1}"),
            Operator.of("sqrt\\s?\\((.*?)\\)", "\\\\sqrt{$1}"),
            Operator.of("\\\\frac\\s?(\\d)\\s?(\\d+)", "\\\\frac{$1}{$2}"),
            Operator.of("\\\\log_\\s?(\\d)\\s?(\\d+)", "\\\\log_{$1}{$2}"),
            Operator.of("\\\\frac\\s?{(.*?)}\\s?(\\d)", "\\\\frac{$1}{$2}"),
            Operator.of("\\\\frac\\s?(\\d)\\s?{(.*?)}", "\\\\frac{$1}{$2}"),
            Operator.of("\\\\sqrt\\s?(\\d)", "\\\\sqrt{$1}"));
    private static final Pattern SLASHED = Pattern.compile("(0|-?[1-9][0-9]*)/(0|-?[1-9][0-9]*)");
    private static final Pattern SEPARATOR = PyRegex.compile("\\b(and|or)\\b|,|;");

    private LatexNormalizer() {}

    /** @param lastBoxOnly whether only the last of several boxes counts, unless they belong together */
    static String normalize(String latex, boolean lastBoxOnly) {
        String text = boxed(latex, lastBoxOnly);
        text = basic(text);
        text = units(text);
        if (text.startsWith(".")) {
            text = "0" + text;
        }
        if (text.equals("0.5")) {
            text = "\\frac{1}{2}";
        }
        for (Operator operator : MALFORMED) {
            text = operator.pattern().matcher(text).replaceAll(operator.replacement());
        }
        text = text.replace(" sqrt", "\\sqrt");
        return PyText.strip(slashed(fractions(roots(text))));
    }

    private static String basic(String latex) {
        String text =
                latex.replace("\\mathrm{T}", "T").replace("\\mathrm{d}", "d").replace("{\\rm d}", "d");
        text = text.replace("\\left[\\begin{matrix}", "\\begin{bmatrix}")
                .replace("\\end{matrix}\\right]", "\\end{bmatrix}");
        text = LEFT.matcher(text).replaceAll("$1");
        text = RIGHT.matcher(text).replaceAll("$1");
        text = PERMUTATION.matcher(text).replaceAll("\\\\frac{($1)!}{(($1)-($2))!}");
        text = REMOVED.matcher(text).replaceAll("");
        text = REPLACE.matcher(text).replaceAll(match -> Matcher.quoteReplacement(replacement(match)));
        text = text.replace("\n", " ").replace("\t", " ");
        return text.contains("matrix") ? text : DOUBLED_SLASH.matcher(text).replaceAll("\\\\");
    }

    private static String replacement(MatchResult match) {
        for (int g = 1; g <= match.groupCount(); g++) {
            if (match.group(g) != null) {
                return REPLACED.get(g - 1).replacement();
            }
        }
        throw new IllegalStateException(match.group());
    }

    private static String units(String latex) {
        String text = latex;
        String bare = PyText.strip(UNIT_POWER.matcher(text).replaceAll(""));
        text = bare.isEmpty() ? text : bare;
        for (int i = 0; i < 2; i++) {
            bare = UNIT.matcher(text).replaceAll("$1");
            text = bare.isEmpty() ? text : bare;
        }
        return text;
    }

    /** {@code \sqrt3} → {@code \sqrt{3}}. */
    private static String roots(String text) {
        List<String> pieces = PyText.split(text, "\\sqrt");
        StringBuilder fixed = new StringBuilder(pieces.get(0));
        for (String piece : pieces.subList(1, pieces.size())) {
            String bare = PyText.lstrip(piece);
            if (!bare.isEmpty() && bare.charAt(0) != '{' && bare.charAt(0) != '[') {
                fixed.append("\\sqrt{").append(bare.charAt(0)).append('}').append(bare.substring(1));
            } else {
                fixed.append("\\sqrt").append(bare);
            }
        }
        return fixed.toString();
    }

    /** {@code \frac12} → {@code \frac{1}{2}}; the whole text stays as it is where one fraction has no two characters. */
    private static String fractions(String text) {
        List<String> pieces = PyText.split(text, "\\frac");
        StringBuilder fixed = new StringBuilder(pieces.get(0));
        for (String piece : pieces.subList(1, pieces.size())) {
            String bare = PyText.lstrip(piece);
            fixed.append("\\frac");
            if (bare.startsWith("{")) {
                fixed.append(bare);
            } else if (bare.length() < 2) {
                return text;
            } else if (bare.charAt(1) != '{') {
                fixed.append('{')
                        .append(bare.charAt(0))
                        .append("}{")
                        .append(bare.charAt(1))
                        .append('}')
                        .append(bare.substring(2));
            } else {
                fixed.append('{').append(bare.charAt(0)).append('}').append(bare.substring(1));
            }
        }
        return fixed.toString();
    }

    private static String slashed(String text) {
        Matcher matcher = SLASHED.matcher(text);
        return matcher.matches() ? "\\frac{" + matcher.group(1) + "}{" + matcher.group(2) + "}" : text;
    }

    /** {@code extract_boxed_content}: from right to left, joined by commas. */
    private static String boxed(String text, boolean lastOnly) {
        List<String> results = new ArrayList<>();
        int current = text.length();
        int end = text.length();
        int lastStart = -1;
        while (true) {
            int box = current == 0 ? -1 : lastIndexWithin(text, "\\boxed", current);
            int frame = current == 0 ? -1 : lastIndexWithin(text, "\\fbox", current);
            int start = Math.max(box, frame);
            if (start < 0) {
                break;
            }
            int next = start + (box > frame ? 6 : 5);
            while (next < end && PyText.isSpace(text.charAt(next))) {
                next++;
            }
            if (next >= end) {
                break;
            }
            int close = text.charAt(next) == '{' ? closing(text, next, end) : -1;
            if (close < 0) {
                if (results.isEmpty()) {
                    results.add(text.substring(next));
                }
                break;
            }
            String content = PyText.strip(text.substring(next + 1, close));
            if (lastOnly
                    && lastStart >= 0
                    && !belong(text, content, results.get(results.size() - 1), close, lastStart)) {
                break;
            }
            if (results.isEmpty() || !results.get(results.size() - 1).equals(content)) {
                results.add(content);
            }
            lastStart = start;
            end = start;
            current = start;
        }
        if (results.isEmpty()) {
            return text;
        }
        Collections.reverse(results);
        return String.join(",", results);
    }

    private static int lastIndexWithin(String text, String word, int end) {
        return text.lastIndexOf(word, end - word.length());
    }

    private static int closing(String text, int open, int end) {
        int depth = 1;
        for (int i = open + 1; i < end; i++) {
            if (text.charAt(i) == '{') {
                depth++;
            } else if (text.charAt(i) == '}' && --depth == 0) {
                return i;
            }
        }
        return -1;
    }

    private static boolean belong(String text, String content, String nextContent, int end, int nextStart) {
        String between = text.substring(Math.min(end + 1, nextStart), nextStart);
        return between.length() < 10
                || !nextContent.equals(content)
                        && between.length() < 70
                        && SEPARATOR.matcher(between).find();
    }
}
