package org.lionalign.align.eval.formula;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.BiPredicate;
import org.lionalign.align.eval.formula.Expr.And;
import org.lionalign.align.eval.formula.Expr.Const;
import org.lionalign.align.eval.formula.Expr.FiniteSet;
import org.lionalign.align.eval.formula.Expr.Interval;
import org.lionalign.align.eval.formula.Expr.Matrix;
import org.lionalign.align.eval.formula.Expr.Num;
import org.lionalign.align.eval.formula.Expr.Op;
import org.lionalign.align.eval.formula.Expr.Rel;
import org.lionalign.align.eval.formula.Expr.Sym;
import org.lionalign.align.eval.formula.Expr.Tuple;

/**
 * {@code sympy_expr_eq} of math-verify 0.9.0 ({@code grader.py}): whether an answer is the expected formula. Not symmetric: {@code 5} meets
 * {@code x = 5} either way, but an inequality meets an interval only if the answer is the interval.
 */
final class Equality {
    private Equality() {}

    static boolean equal(Expr gold, Expr answer) {
        boolean goldAssigns = isAssignment(gold);
        boolean answerEquates = isEquation(answer);
        boolean goldEquates = isEquation(gold);
        Expr expected = goldAssigns ? shortened(gold) : gold;
        Expr found = isAssignment(answer) ? shortened(answer) : answer;
        if (answerEquates && !goldEquates) {
            found = last(found).right();
        } else if (goldAssigns && !answerEquates) {
            expected = last(expected).right();
        }
        if (isRelation(expected) && Expr.isSet(found)) {
            RealSet left = RealSet.of(relations(expected));
            RealSet right = RealSet.of(found);
            return left != null && right != null && left.same(right);
        }
        if (same(expected, found)) {
            return true;
        }
        if (isRelation(expected) && isRelation(found)) {
            return relations(expected, found);
        }
        if (isCollection(expected) || isCollection(found)) {
            return collections(expected, found);
        }
        if (expected instanceof Sym || found instanceof Sym) {
            return symbols(expected, found);
        }
        if (expected instanceof Matrix a && found instanceof Matrix b) {
            return matrices(a, b);
        }
        return Evaluator.isNumeric(expected) && Evaluator.isNumeric(found) && Values.equal(expected, found);
    }

    /** Alike as written, but for the order in sets. */
    private static boolean same(Expr a, Expr b) {
        if (a instanceof FiniteSet x && b instanceof FiniteSet y) {
            return x.elements().size() == y.elements().size() && y.elements().containsAll(x.elements());
        }
        if (a instanceof Rel x && b instanceof Rel y) {
            return x.op() == y.op() && same(x.left(), y.left()) && same(x.right(), y.right());
        }
        return a.equals(b);
    }

    private static boolean isCollection(Expr e) {
        return Expr.isSet(e) || e instanceof Tuple;
    }

    private static boolean isRelation(Expr e) {
        return e instanceof Rel || e instanceof And;
    }

    private static List<Rel> relations(Expr e) {
        return e instanceof Rel r ? List.of(r) : ((And) e).relations();
    }

    private static boolean isEquation(Expr e) {
        return isRelation(e) && relations(e).stream().allMatch(r -> r.op() == '=');
    }

    private static boolean isAssignment(Expr e) {
        return isEquation(e) && onlySymbols(relations(e).get(0).left());
    }

    private static Rel last(Expr e) {
        List<Rel> all = relations(e);
        return all.get(all.size() - 1);
    }

    /** {@code a = b = 3} as {@code a = 3}. */
    private static Expr shortened(Expr e) {
        return new Rel('=', relations(e).get(0).left(), last(e).right());
    }

    /** {@code is_expr_of_only_symbols}: products, quotients and functions of symbols too. */
    static boolean onlySymbols(Expr e) {
        if (e instanceof Op op && op.name().equals("pow") && op.args().get(1).equals(Num.of(-1))) {
            return onlySymbols(op.args().get(0));
        }
        return e instanceof Sym || e instanceof Op op && op.args().stream().allMatch(Equality::onlySymbols);
    }

    static char flipped(char op) {
        return switch (op) {
            case '<' -> '>';
            case '>' -> '<';
            case '≤' -> '≥';
            case '≥' -> '≤';
            default -> op;
        };
    }

    private static boolean relations(Expr gold, Expr answer) {
        List<Rel> a = relations(gold);
        List<Rel> b = relations(answer);
        if (a.size() != b.size()) {
            return false;
        }
        for (int i = 0; i < a.size(); i++) {
            if (!relation(a.get(i), b.get(i))) {
                return false;
            }
        }
        return true;
    }

    private static boolean relation(Rel a, Rel b) {
        boolean numeric =
                List.of(a.left(), a.right(), b.left(), b.right()).stream().allMatch(Evaluator::isNumeric);
        if (!numeric) {
            return false;
        }
        Expr left = Expr.flat("add", a.left(), Expr.negate(a.right()));
        Expr right = Expr.flat("add", b.left(), Expr.negate(b.right()));
        if (a.op() == b.op() && Values.equal(left, right)) {
            return true;
        }
        if (a.op() != '≠' && flipped(a.op()) == b.op() && Values.equal(left, Expr.negate(right))) {
            return true;
        }
        // Equations have equal solutions where one is the other times a number; SymPy's solutions of inequalities
        // compare as nothing.
        return a.op() == '=' && b.op() == '=' && Math.abs(Values.factor(left, right)) > 0;
    }

    private static boolean collections(Expr gold, Expr answer) {
        Expr a = isCollection(gold) ? gold : new FiniteSet(List.of(gold));
        Expr b = isCollection(answer) ? answer : new FiniteSet(List.of(answer));
        if (a instanceof Interval x && b instanceof Interval y) {
            return x.leftOpen() == y.leftOpen()
                    && x.rightOpen() == y.rightOpen()
                    && equal(x.left(), y.left())
                    && equal(x.right(), y.right());
        }
        if (same(a, b)) {
            return true;
        }
        if (Expr.isSet(a) && Expr.isSet(b)) {
            RealSet x = RealSet.of(a);
            RealSet y = RealSet.of(b);
            if (x != null && y != null && x.same(y)) {
                return true;
            }
        }
        if (a instanceof Interval x && isOpenPair(x)) {
            a = new Tuple(List.of(x.left(), x.right()));
        } else if (b instanceof Interval y && isOpenPair(y)) {
            b = new Tuple(List.of(y.left(), y.right()));
        }
        return listed(a, b);
    }

    /** {@code (a, b)} may have meant a pair. */
    private static boolean isOpenPair(Interval interval) {
        return interval.leftOpen() && interval.rightOpen();
    }

    private static boolean listed(Expr gold, Expr answer) {
        if (gold instanceof Interval || answer instanceof Interval) {
            return false;
        }
        boolean set = gold instanceof FiniteSet;
        List<Expr> a =
                set ? ordered(((FiniteSet) gold).elements()) : gold instanceof Tuple t ? t.elements() : List.of();
        List<Expr> b =
                answer instanceof FiniteSet s ? s.elements() : answer instanceof Tuple t ? t.elements() : List.of();
        if (a.isEmpty() || a.size() != b.size()) {
            return false;
        }
        return set ? matched(a, ordered(b), Equality::equal) : matched(a, b, Equality::equal);
    }

    private static boolean matched(List<Expr> a, List<Expr> b, BiPredicate<Expr, Expr> equal) {
        for (int i = 0; i < a.size(); i++) {
            if (!equal.test(a.get(i), b.get(i))) {
                return false;
            }
        }
        return true;
    }

    /** By value where there is one, the rest by how it is written; of {@code x = 3} the value is 3. */
    private static List<Expr> ordered(List<Expr> elements) {
        List<Expr> sorted = new ArrayList<>(elements);
        sorted.sort(Comparator.<Expr>comparingDouble(e -> value(e)).thenComparing(Expr::toString));
        return sorted;
    }

    private static double value(Expr e) {
        Expr of = isAssignment(e) ? last(e).right() : e;
        return Evaluator.isNumeric(of) && Evaluator.symbols(of).isEmpty()
                ? Evaluator.at(of, Map.of()).re()
                : Double.POSITIVE_INFINITY;
    }

    /** {@code sympy_compare_symbols}: {@code $abc$} is {@code \text{ABC}}. */
    private static boolean symbols(Expr gold, Expr answer) {
        if (gold instanceof Sym a && answer instanceof Sym b) {
            return name(a).equals(name(b));
        }
        Sym symbol = gold instanceof Sym a ? a : (Sym) answer;
        Expr other = gold instanceof Sym ? answer : gold;
        if (other == Const.E) {
            return symbol.name().equalsIgnoreCase("e");
        }
        if (other instanceof Op op
                && op.name().equals("mul")
                && op.args().stream().allMatch(e -> e == Const.E || e instanceof Sym)) {
            StringBuilder joined = new StringBuilder();
            op.args().forEach(e -> joined.append(e instanceof Sym s ? s.name() : "e"));
            return joined.toString().equalsIgnoreCase(symbol.name());
        }
        return other instanceof Num n && n.isInteger() && n.p().toString().equals(symbol.name());
    }

    private static String name(Sym symbol) {
        return symbol.name().length() > 1 ? symbol.name().toLowerCase(Locale.ROOT) : symbol.name();
    }

    private static boolean matrices(Matrix a, Matrix b) {
        if (a.rows().size() != b.rows().size()
                || a.rows().get(0).size() != b.rows().get(0).size()) {
            return false;
        }
        for (int r = 0; r < a.rows().size(); r++) {
            if (!matched(a.rows().get(r), b.rows().get(r), Values::equal)) {
                return false;
            }
        }
        return true;
    }
}
