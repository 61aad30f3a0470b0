package org.lionalign.align.eval.harness.generative;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.lionalign.align.eval.formula.MathVerify;
import org.lionalign.align.eval.python.PyRegex;
import org.lionalign.align.eval.python.PyText;

/**
 * MATH's first scoring, {@code exact_match_original}: the answer after {@code Final Answer: The final answer is}, normalised as in appendix D of
 * Lewkowycz et al. (2022), equal as text or as a formula ({@code process_result_v1} of {@code leaderboard/math/utils.py}).
 */
final class MinervaAnswer {
    static final String INVALID = "[invalidanswer]";
    private static final Pattern FINAL =
            PyRegex.compile("Final Answer: The final answer is(.*?). I hope it is correct.");

    private record Rule(String from, String to) {}

    private static final List<Rule> SUBSTITUTED = List.of(
            new Rule("an ", ""),
            new Rule("a ", ""),
            new Rule(".$", "$"),
            new Rule("\\$", ""),
            new Rule("\\ ", ""),
            new Rule(" ", ""),
            new Rule("mbox", "text"),
            new Rule(",\\text{and}", ","),
            new Rule("\\text{and}", ","),
            new Rule("\\text{m}", "\\text{}"));
    private static final List<String> REMOVED = List.of(
            "square",
            "ways",
            "integers",
            "dollars",
            "mph",
            "inches",
            "ft",
            "hours",
            "km",
            "units",
            "\\ldots",
            "sue",
            "points",
            "feet",
            "minutes",
            "digits",
            "cents",
            "degrees",
            "cm",
            "gm",
            "pounds",
            "meters",
            "meals",
            "edges",
            "students",
            "childrentickets",
            "multiples",
            "\\text{s}",
            "\\text{.}",
            "\\text{\ns}",
            "\\text{}^2",
            "\\text{}^3",
            "\\text{\n}",
            "\\text{}",
            "\\mathrm{th}",
            "^\\circ",
            "^{\\circ}",
            "\\;",
            ",\\!",
            "{,}",
            "\"",
            "\\dots");

    private record Shape(Pattern pattern, String replacement) {
        static Shape of(String pattern, String replacement) {
            return new Shape(PyRegex.compile(pattern), replacement);
        }
    }

    private static final List<Shape> SHAPES = List.of(
            Shape.of("(.*?)(\\$)(.*?)(\\$)(.*)", "\\$$3\\$"),
            Shape.of("(\\\\text\\{)(.*?)(\\})", "$2"),
            Shape.of("(\\\\textbf\\{)(.*?)(\\})", "$2"),
            Shape.of("(\\\\overline\\{)(.*?)(\\})", "$2"),
            Shape.of("(\\\\boxed\\{)(.*)(\\})", "$2"),
            Shape.of("(frac)([^{])(.)", "frac{$2}{$3}"),
            Shape.of("(sqrt)([^{])", "sqrt{$2}"));

    private MinervaAnswer() {}

    /** Whether an answer states the boxed result. */
    static boolean matches(String gold, String answer) {
        String found = normalize(extract(answer));
        String expected = normalize(gold);
        return !found.equals(INVALID)
                && (PyText.strip(found).equals(PyText.strip(expected)) || MathVerify.sympyEquivalent(found, expected));
    }

    static String extract(String answer) {
        Matcher matcher = FINAL.matcher(answer + "I hope it is correct.");
        return matcher.find() ? PyText.strip(matcher.group(1)) : INVALID;
    }

    static String normalize(String answer) {
        String text = answer.substring(answer.lastIndexOf('=') + 1);
        for (Rule rule : SUBSTITUTED) {
            text = text.replace(rule.from(), rule.to());
        }
        for (String removed : REMOVED) {
            text = text.replace(removed, "");
        }
        for (Shape shape : SHAPES) {
            text = shape.pattern().matcher(text).replaceAll(shape.replacement());
        }
        text = text.replace("$", "");
        String digits = text.replace(",", "");
        return PyText.isDigit(digits) ? digits : text;
    }

    /** What the last box of a solution holds. */
    static String boxed(String solution) {
        String box = lastBox(solution);
        if (box.contains("\\boxed ")) {
            return box.startsWith("\\boxed ") ? box.substring("\\boxed ".length()) : INVALID;
        }
        return box.startsWith("\\boxed{") && box.endsWith("}")
                ? box.substring("\\boxed{".length(), box.length() - 1)
                : INVALID;
    }

    private static String lastBox(String solution) {
        int spaced = solution.lastIndexOf("\\boxed ");
        if (spaced >= 0) {
            String rest = solution.substring(spaced + "\\boxed ".length());
            int dollar = rest.indexOf('$');
            return "\\boxed " + (dollar < 0 ? rest : rest.substring(0, dollar));
        }
        int start = solution.lastIndexOf("\\boxed");
        if (start < 0) {
            start = solution.lastIndexOf("\\fbox");
        }
        if (start < 0) {
            return INVALID;
        }
        int depth = 0;
        for (int i = start; i < solution.length(); i++) {
            if (solution.charAt(i) == '{') {
                depth++;
            } else if (solution.charAt(i) == '}' && --depth == 0) {
                return solution.substring(start, i + 1);
            }
        }
        return INVALID;
    }
}
