package org.lionalign.align.eval.formula;

import org.jspecify.annotations.Nullable;
import org.lionalign.align.eval.python.PyText;

/**
 * Whether an answer in words states the result of a worked solution: {@code verify(parse(solution, LaTeX), parse(answer))} of math-verify 0.9.0,
 * as {@code leaderboard/math/utils.py} of lm-evaluation-harness calls it.
 *
 * <pre>{@code
 * MathVerify.judge("… is $\\boxed{\\frac12}$.", "The final answer is $0.5$. I hope it is correct.").equal() // true
 * }</pre>
 */
public final class MathVerify {
    /** Stack for patterns that go one frame deeper for every character. */
    private static final long STACK = 512L << 20;

    private MathVerify() {}

    /**
     * @param extracted what was taken for the answer, as normalised LaTeX; null where nothing was found
     */
    public record Verdict(boolean equal, @Nullable String extracted) {}

    /** Compares; an answer that cannot be read is equal to nothing but the same text. */
    public static Verdict judge(String solution, String answer) {
        Verdict[] verdict = {new Verdict(false, null)};
        Thread thread = new Thread(null, () -> verdict[0] = compare(solution, answer), "math-verify", STACK);
        thread.setUncaughtExceptionHandler((t, e) -> {
            // A text that overflows even this stack has no answer that could be found.
        });
        thread.start();
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
        return verdict[0];
    }

    private static Verdict compare(String solution, String answer) {
        AnswerFinder.Found gold = AnswerFinder.inSolution(solution);
        AnswerFinder.Found found = AnswerFinder.inAnswer(answer);
        boolean equal =
                gold.formula() != null && found.formula() != null && Equality.equal(gold.formula(), found.formula());
        if (!equal && gold.text() != null && found.text() != null) {
            String text = PyText.strip(gold.text());
            equal = !text.isEmpty() && text.equals(PyText.strip(found.text()));
        }
        return new Verdict(equal, found.text());
    }

    /**
     * {@code is_equiv} of the harness's first MATH scoring: both texts read by {@code sympy.parsing.latex.parse_latex}, their difference
     * simplified. Only terms can be subtracted; relations, sets and lists are equal to nothing.
     */
    public static boolean sympyEquivalent(String a, String b) {
        try {
            Expr left = SympyLatex.term(a);
            Expr right = SympyLatex.term(b);
            return Evaluator.isNumeric(left) && Evaluator.isNumeric(right) && Values.identical(left, right);
        } catch (Unreadable | ArithmeticException e) {
            return false;
        }
    }
}
