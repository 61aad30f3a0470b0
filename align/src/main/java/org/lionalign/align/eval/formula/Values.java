package org.lionalign.align.eval.formula;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.lionalign.align.eval.formula.Expr.Flt;
import org.lionalign.align.eval.formula.Expr.Num;
import org.lionalign.align.eval.formula.Expr.Op;

/**
 * {@code sympy_numeric_eq} and {@code sympy_symbolic_eq} of math-verify. Where SymPy simplifies the difference to 0, this compares the values at
 * random points, real ones for real symbols, positive and negative; formulas that are equal there but nowhere else would be taken for equal.
 */
final class Values {
    private static final int POINTS = 6;
    private static final double TOLERANCE = 1e-9;

    private Values() {}

    static boolean equal(Expr a, Expr b) {
        if (a.equals(b)) {
            return true;
        }
        Expr x = withoutPercent(a);
        Expr y = withoutPercent(b);
        if (x instanceof Flt || y instanceof Flt) {
            BigDecimal left = decimal(a);
            BigDecimal right = decimal(b);
            if (left != null && right != null && rounded(left).compareTo(rounded(right)) == 0) {
                return true;
            }
        } else if (x instanceof Num m && y instanceof Num n && m.isInteger() && n.isInteger() && m.equals(n)) {
            return true; // 9 % is 9
        }
        return identical(a, b);
    }

    private static Expr withoutPercent(Expr e) {
        return e instanceof Op op && op.name().equals("pct") ? op.args().get(0) : e;
    }

    private static BigDecimal rounded(BigDecimal value) {
        return value.setScale(6, RoundingMode.HALF_EVEN);
    }

    /** The value of a formula without symbols; null for others and for complex values. */
    private static @Nullable BigDecimal decimal(Expr e) {
        Num exact = Evaluator.exact(e, true);
        if (exact != null) {
            return new BigDecimal(exact.p()).divide(new BigDecimal(exact.q()), new MathContext(60));
        }
        if (!Evaluator.symbols(e).isEmpty()) {
            return null;
        }
        Complex value = Evaluator.at(e, Map.of());
        return value.isFinite() && Math.abs(value.im()) < 1e-12 ? new BigDecimal(value.re()) : null;
    }

    /** Whether the difference is 0 wherever both have a value. */
    static boolean identical(Expr a, Expr b) {
        Num left = Evaluator.exact(a, true);
        Num right = Evaluator.exact(b, true);
        if (left != null && right != null) {
            return left.equals(right);
        }
        int compared = 0;
        for (Map<String, Complex> point : points(a, b)) {
            Complex x = Evaluator.at(a, point);
            Complex y = Evaluator.at(b, point);
            if (!x.isFinite() && !y.isFinite()) {
                continue;
            }
            if (!x.isFinite() || !y.isFinite()) {
                return false;
            }
            double scale = Math.max(Math.max(x.abs(), y.abs()), 1e-3);
            if (!(x.minus(y).abs() <= TOLERANCE * scale)) {
                return false;
            }
            compared++;
        }
        return compared > 0;
    }

    /** The number k with a = k·b at all points; NaN where there is none. */
    static double factor(Expr a, Expr b) {
        double factor = Double.NaN;
        if (Evaluator.symbols(a).isEmpty() || !Evaluator.symbols(a).equals(Evaluator.symbols(b))) {
            return Double.NaN;
        }
        for (Map<String, Complex> point : points(a, b)) {
            Complex ratio = Evaluator.at(a, point).over(Evaluator.at(b, point));
            if (!ratio.isFinite()
                    || Math.abs(ratio.im()) > TOLERANCE
                    || !Double.isNaN(factor) && Math.abs(ratio.re() - factor) > TOLERANCE * Math.abs(factor)) {
                return Double.NaN;
            }
            factor = ratio.re();
        }
        return factor;
    }

    /** Points for the symbols of both: complex for symbols that may be. One point where there are no symbols. */
    private static Iterable<Map<String, Complex>> points(Expr a, Expr b) {
        Set<String> symbols = new TreeSet<>(Evaluator.symbols(a));
        symbols.addAll(Evaluator.symbols(b));
        SplittableRandom random = new SplittableRandom(20_240_917);
        java.util.List<Map<String, Complex>> points = new java.util.ArrayList<>();
        for (int i = 0; i < (symbols.isEmpty() ? 1 : POINTS); i++) {
            Map<String, Complex> point = new HashMap<>();
            for (String symbol : symbols) {
                double re = random.nextDouble(-2.5, 2.5);
                point.put(symbol, symbol.endsWith("*") ? new Complex(re, random.nextDouble(-2, 2)) : Complex.of(re));
            }
            points.add(point);
        }
        return points;
    }
}
