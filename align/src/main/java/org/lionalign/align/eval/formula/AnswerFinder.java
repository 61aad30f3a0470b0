package org.lionalign.align.eval.formula;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.lionalign.align.eval.python.PyRegex;
import org.lionalign.align.eval.python.PyText;

/**
 * {@code parse} of math-verify 0.9.0 ({@code parser.py}): patterns in order of how surely they mark an answer, and among the matches of equal
 * rank the rightmost that can be read.
 */
final class AnswerFinder {
    /**
     * What was found.
     *
     * @param formula null where nothing could be read
     * @param text of the first match tried, normalised; null where nothing was found
     */
    record Found(@Nullable Expr formula, @Nullable String text) {}

    /** @param sign in small letters, without which a text cannot match; spares the search */
    private record Ranked(int rank, String sign, Pattern pattern, boolean latex) {}

    private record Candidate(Ranked ranked, java.util.regex.MatchResult result, Matcher groups) {}

    private static final String PERCENT = "(?:\\\\?%|[Pp]ercent|[Pp]ercentage|[Pp]ct)";
    private static final List<String> KINDS = List.of(
            "DisplayDollar",
            "DisplayBracket",
            "InlineDollar",
            "InlineParenthesis",
            "InlineBracket",
            "Fraction",
            "Boxed");
    private static final List<Ranked> LATEX = latex();
    private static final List<Ranked> LATEX_AND_NUMBERS = latexAndNumbers();

    private AnswerFinder() {}

    /** With LaTeX alone, as reference solutions are read. */
    static Found inSolution(String text) {
        return find(text, LATEX);
    }

    /** With LaTeX and plain numbers, as answers are read. */
    static Found inAnswer(String text) {
        return find(text, LATEX_AND_NUMBERS);
    }

    private static Found find(String text, List<Ranked> patterns) {
        TreeMap<Integer, List<Ranked>> byRank = new TreeMap<>();
        patterns.forEach(
                p -> byRank.computeIfAbsent(p.rank(), r -> new ArrayList<>()).add(p));
        String fallback = null;
        String small = PyText.lower(text);
        boolean math = text.indexOf('$') >= 0 || text.indexOf('\\') >= 0 || text.indexOf('[') >= 0;
        for (List<Ranked> group : byRank.values()) {
            List<Candidate> candidates = new ArrayList<>();
            for (Ranked ranked : group) {
                if (!small.contains(ranked.sign()) || ranked.latex() && !math) {
                    continue;
                }
                Matcher matcher = ranked.pattern().matcher(text);
                while (matcher.find()) {
                    Matcher groups = ranked.pattern().matcher(text);
                    groups.find(matcher.start());
                    candidates.add(new Candidate(ranked, matcher.toMatchResult(), groups));
                }
            }
            candidates.sort(Comparator.<Candidate>comparingInt(c -> -c.result().end())
                    .thenComparingInt(c -> c.result().start()));
            for (Candidate candidate : candidates) {
                Found found = candidate.ranked().latex() ? formula(candidate.groups()) : number(candidate.groups());
                if (fallback == null && found.text() != null && !found.text().isEmpty()) {
                    fallback = found.text();
                }
                if (found.formula() != null) {
                    return new Found(found.formula(), fallback);
                }
            }
        }
        return new Found(null, fallback);
    }

    private static Found formula(Matcher match) {
        List<Expr> formulas = new ArrayList<>();
        List<String> texts = new ArrayList<>();
        boolean all = true;
        for (int i = 0; i <= 5; i++) {
            String prefix = i == 0 ? "first" : "next" + i;
            String latex = null;
            boolean box = false;
            for (String kind : KINDS) {
                String value = group(match, prefix + kind);
                if (latex == null && value != null && !value.isEmpty()) {
                    latex = value;
                    box = kind.equals("Boxed");
                }
            }
            if (latex == null) {
                continue;
            }
            String normal = LatexNormalizer.normalize(latex, box);
            texts.add(normal);
            Expr read = read(normal);
            if (read != null && group(match, prefix + "percent") != null) {
                read = Expr.op("pct", read);
            }
            all &= read != null;
            if (i == 0 || read != null) {
                formulas.add(read == null ? Expr.Num.ZERO : read);
            }
        }
        if (texts.size() > 1 && all) {
            List<Expr> elements = new ArrayList<>();
            formulas.forEach(f -> elements.addAll(f instanceof Expr.FiniteSet set ? set.elements() : List.of(f)));
            return new Found(new Expr.FiniteSet(elements), String.join(" and ", texts));
        }
        if (texts.isEmpty()) {
            return new Found(null, null);
        }
        return new Found(read(texts.get(0)) == null ? null : formulas.get(0), texts.get(0));
    }

    private static @Nullable String group(Matcher match, String name) {
        try {
            return match.group(name);
        } catch (IllegalArgumentException noSuchGroup) {
            return null;
        }
    }

    /** The formula; where it cannot be read, the last side of a chain of equations. */
    private static @Nullable Expr read(String latex) {
        try {
            return FormulaParser.parse(latex);
        } catch (Unreadable | ArithmeticException e) {
            String[] sides = latex.split("(?<!\\\\|<|!|>)=", -1);
            if (sides.length < 3 || latex.contains(",") || latex.contains(";")) {
                return null;
            }
            try {
                return FormulaParser.parse(sides[sides.length - 1]);
            } catch (Unreadable | ArithmeticException again) {
                return null;
            }
        }
    }

    private static Found number(Matcher match) {
        String integer = first(match, "integer");
        String decimal = first(match, "decimal");
        if (integer != null || decimal != null) {
            // lstrip("0") as in the original: leading zeros go, and so does a single one.
            String whole = integer == null ? "" : PyText.lstrip(integer.replaceAll("[, ]", ""), "0");
            String text = (whole.isEmpty() ? "0" : whole) + (decimal == null ? "" : decimal.replace(",", "."));
            Expr number = FormulaParser.number(text);
            return new Found(group(match, "percent") != null ? Expr.op("pct", number) : number, text);
        }
        String expression = group(match, "expr");
        if (expression == null || expression.isEmpty()) {
            return new Found(null, expression);
        }
        return new Found(PythonTerm.read(expression.replace("\n", " ").replace("^", "**")), expression);
    }

    private static @Nullable String first(Matcher match, String name) {
        for (int i = 1; i <= 3; i++) {
            String value = group(match, name + i);
            if (value != null && !value.isEmpty()) {
                return value;
            }
        }
        return null;
    }

    private static String environment(String prefix, boolean boxed) {
        String displayDollar = "(?:[^$]|\\$(?!\\$))";
        String displayBracket = "(?:[^\\\\]|\\\\(?!\\]))";
        String inlineDollar = "(?:\\\\[$]|[^\\n$])";
        String inlineParenthesis = "(?:[^\\\\\\n]|\\\\(?!\\)))";
        String inlineBracket = "[^\\n\\]\\[]";
        String all = "(?<!\\\\)\\$\\$(?<" + prefix + "DisplayDollar>" + content(displayDollar, boxed)
                + ")(?<!\\\\)\\$\\$"
                + "|(?<!\\\\)\\\\\\[(?<" + prefix + "DisplayBracket>" + content(displayBracket, boxed)
                + ")(?<!\\\\)\\\\\\]"
                + "|(?<!\\\\|\\d)\\$(?<" + prefix + "InlineDollar>" + content(inlineDollar, boxed) + ")(?<!\\\\)\\$"
                + "|(?<!\\\\)\\\\\\((?<" + prefix + "InlineParenthesis>" + content(inlineParenthesis, boxed)
                + ")(?<!\\\\)\\\\\\)"
                + "|\\s\\[(?<" + prefix + "InlineBracket>" + content(inlineBracket, boxed) + ")\\]\\s";
        if (!boxed) {
            String number = "-?\\d+(?:[.,]\\d+)?";
            all += "|(?<" + prefix + "Fraction>-?\\\\frac{" + number + "}{" + number + "})";
        }
        return "(?:(?:" + all + ")\\s*(?<" + prefix + "percent>" + PERCENT + ")?)";
    }

    private static String content(String character, boolean boxed) {
        return boxed ? character + "*?\\\\boxed{" + character + "+?}" + character + "*?" : character + "+?";
    }

    private static String environments(boolean boxed) {
        StringBuilder all = new StringBuilder(environment("first", boxed));
        for (int i = 1; i <= 5; i++) {
            all.append(boxed ? "\\s*(?:" : "(?:")
                    .append("\\s*(?:,?and|,?or|,)\\s*")
                    .append(environment("next" + i, boxed))
                    .append(")?");
        }
        return boxed ? all.toString() : "(?:" + all + ")";
    }

    private static List<Ranked> latex() {
        String any = environments(false);
        List<Ranked> all = new ArrayList<>();
        add(all, 0, "final answer is", "(?i:final answer is)\\:?\\s*" + any + "\\.?\\s?I hope");
        add(all, 50, "final answer", "(?i:final answer.{0,100}?)\\s+is\\:?\\s*" + any);
        add(all, 100, "answer:", "(?i:answer):.{0,50}?" + any);
        add(all, 200, "answer", "(?i:answer).{0,50}?" + any);
        add(all, 300, "", any);
        add(all, 50, "\\boxed{", environments(true));
        add(all, 50, "\\boxed{", "(?<firstBoxed>\\\\boxed{.+})");
        return all;
    }

    private static void add(List<Ranked> all, int rank, String sign, String pattern) {
        all.add(new Ranked(rank, sign, PyRegex.compile(pattern, Pattern.DOTALL), true));
    }

    private static List<Ranked> latexAndNumbers() {
        String number = "(?<!\\d)(?:(?<integer1>-?[1-9]\\d{0,2}(?:[ ,]\\d{3})+)(?<decimal1>\\.\\d+)?|"
                + "(?<integer2>-?\\d+)(?<decimal2>[.,]\\d+)|(?<decimal3>\\.\\d+)|(?<integer3>-?\\d+))"
                + "(?<percent>\\s*(?:%|[Pp]ercent|\\s*[Pp]ercentage|\\s*[Pp]ct))?";
        String operators = "\\+\\-\\*\\×\\/\\^\\(\\)\\÷";
        String characters = "[\\d\\.\\s" + operators + "]";
        String expression = "(?<expr>-?\\(?-?\\d" + characters + "*[" + operators + "]" + characters + "+\\)?)";
        String prefix = "(?:^|\\s|\\=)(?:\\*\\*)?";
        String suffix = "(?:\\*\\*)?(?:\\.|,|:|\\s|\\)|\\$|$)";
        String anchored = "(?:" + prefix + expression + suffix + ")";
        String anchoredNumber = "(?:" + prefix + "[\\$€£¥₹₽₪₩₫฿₡₢₣₤₥₦₧₨₭₮₯₰₱₲₳₴₵₶₷₸₺₻₼₾₿]?" + number + ")";
        String either = "(?:" + anchored + "|" + anchoredNumber + ")";
        List<Ranked> all = new ArrayList<>(LATEX);
        addNumber(all, 0, "final answer is", "(?i:final answer is)\\:?\\s*" + either + "\\.?\\s?I hope");
        addNumber(all, 50, "final answer", "(?i:final answer.{0,100}?)\\s+is\\:?" + either);
        addNumber(all, 100, "answer:", "(?i:answer):(?:.{0,100}=\\s*|.{0,50}?)" + either + "(?!\\s*=)");
        addNumber(all, 200, "answer", "(?i:answer)(?:.{0,100}=\\s*|.{0,50}?)" + either + "(?!\\s*=)");
        addNumber(all, 300, "", anchored);
        addNumber(all, 300, "", anchoredNumber);
        return all;
    }

    private static void addNumber(List<Ranked> all, int rank, String sign, String pattern) {
        all.add(new Ranked(rank, sign, PyRegex.compile(pattern), false));
    }
}
