package org.lionalign.align.eval.formula;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.lionalign.align.eval.formula.Expr.Const;
import org.lionalign.align.eval.formula.Expr.FiniteSet;
import org.lionalign.align.eval.formula.Expr.Interval;
import org.lionalign.align.eval.formula.Expr.Rel;
import org.lionalign.align.eval.formula.Expr.SetOp;

/**
 * A set of real numbers as segments that do not touch, from left to right.
 *
 * @param segments each with its ends, and whether these belong to it
 */
record RealSet(List<Segment> segments) {
    private static final double TOLERANCE = 1e-9;

    record Segment(double low, boolean hasLow, double high, boolean hasHigh) {}

    private static final RealSet LINE =
            new RealSet(List.of(new Segment(Double.NEGATIVE_INFINITY, false, Double.POSITIVE_INFINITY, false)));

    /** The set's numbers; null where it has symbols or is no set of this kind. */
    static @Nullable RealSet of(Expr e) {
        if (e instanceof FiniteSet set) {
            List<Segment> points = new ArrayList<>();
            for (Expr element : set.elements()) {
                double value = number(element);
                if (Double.isNaN(value)) {
                    return null;
                }
                points.add(new Segment(value, true, value, true));
            }
            return joined(points);
        }
        if (e instanceof Interval interval) {
            double low = number(interval.left());
            double high = number(interval.right());
            if (Double.isNaN(low) || Double.isNaN(high)) {
                return null;
            }
            return joined(List.of(new Segment(
                    low,
                    !interval.leftOpen() && !Double.isInfinite(low),
                    high,
                    !interval.rightOpen() && !Double.isInfinite(high))));
        }
        if (e instanceof SetOp op && op.name().equals("reals")) {
            return LINE;
        }
        if (e instanceof SetOp op && op.args().size() == 2) {
            RealSet a = of(op.args().get(0));
            RealSet b = of(op.args().get(1));
            if (a == null || b == null) {
                return null;
            }
            return switch (op.name()) {
                case "union" -> a.union(b);
                case "intersection" -> a.complement().union(b.complement()).complement();
                case "complement" -> a.complement().union(b).complement();
                default -> null;
            };
        }
        return null;
    }

    /** The numbers for which a linear relation in one symbol holds, or all of a chain; null for others. */
    static @Nullable RealSet of(List<Rel> relations) {
        RealSet all = LINE;
        String symbol = null;
        for (Rel relation : relations) {
            if (!Evaluator.isNumeric(relation.left()) || !Evaluator.isNumeric(relation.right())) {
                return null;
            }
            Expr difference = Expr.flat("add", relation.left(), Expr.negate(relation.right()));
            Set<String> symbols = Evaluator.symbols(difference);
            if (symbols.size() != 1 || symbol != null && !symbols.contains(symbol)) {
                return null;
            }
            symbol = symbols.iterator().next();
            double zero =
                    Evaluator.at(difference, Map.of(symbol, Complex.of(0))).re();
            double slope =
                    Evaluator.at(difference, Map.of(symbol, Complex.of(1))).re() - zero;
            double three =
                    Evaluator.at(difference, Map.of(symbol, Complex.of(3))).re();
            if (slope == 0 || !(Math.abs(three - zero - 3 * slope) <= TOLERANCE * Math.max(1, Math.abs(three)))) {
                return null;
            }
            double bound = -zero / slope;
            char op = slope > 0 ? relation.op() : Equality.flipped(relation.op());
            boolean closed = op == '≤' || op == '≥' || op == '=';
            Segment below = new Segment(Double.NEGATIVE_INFINITY, false, bound, closed);
            Segment above = new Segment(bound, closed, Double.POSITIVE_INFINITY, false);
            RealSet one =
                    switch (op) {
                        case '<', '≤' -> joined(List.of(below));
                        case '>', '≥' -> joined(List.of(above));
                        case '=' -> joined(List.of(new Segment(bound, true, bound, true)));
                        default -> joined(List.of(below, above));
                    };
            all = all.complement().union(one.complement()).complement();
        }
        return all;
    }

    private static double number(Expr e) {
        if (e instanceof Expr.Op op && op.name().equals("mul") && op.args().contains(Const.INFINITY)) {
            return op.args().get(0) instanceof Expr.Num n && n.p().signum() < 0
                    ? Double.NEGATIVE_INFINITY
                    : Double.POSITIVE_INFINITY;
        }
        if (!Evaluator.isNumeric(e) || !Evaluator.symbols(e).isEmpty()) {
            return Double.NaN;
        }
        Complex value = Evaluator.at(e, Map.of());
        return Math.abs(value.im()) > TOLERANCE ? Double.NaN : value.re();
    }

    private RealSet union(RealSet other) {
        List<Segment> all = new ArrayList<>(segments);
        all.addAll(other.segments);
        return joined(all);
    }

    private static RealSet joined(List<Segment> pieces) {
        List<Segment> sorted = new ArrayList<>(pieces.stream()
                .filter(s -> s.low < s.high || s.low == s.high && s.hasLow && s.hasHigh)
                .toList());
        sorted.sort(Comparator.comparingDouble(Segment::low).thenComparing(s -> !s.hasLow));
        List<Segment> joined = new ArrayList<>();
        for (Segment next : sorted) {
            Segment last = joined.isEmpty() ? null : joined.get(joined.size() - 1);
            boolean touches =
                    last != null && (next.low < last.high || next.low == last.high && (next.hasLow || last.hasHigh));
            if (last == null || !touches) {
                joined.add(next);
            } else {
                boolean further = next.high > last.high || next.high == last.high && next.hasHigh;
                joined.set(
                        joined.size() - 1,
                        new Segment(
                                last.low,
                                last.hasLow,
                                further ? next.high : last.high,
                                further ? next.hasHigh : last.hasHigh));
            }
        }
        return new RealSet(joined);
    }

    private RealSet complement() {
        List<Segment> gaps = new ArrayList<>();
        double from = Double.NEGATIVE_INFINITY;
        boolean hasFrom = false;
        for (Segment s : segments) {
            gaps.add(new Segment(from, hasFrom, s.low, !s.hasLow && !Double.isInfinite(s.low)));
            from = s.high;
            hasFrom = !s.hasHigh && !Double.isInfinite(s.high);
        }
        gaps.add(new Segment(from, hasFrom, Double.POSITIVE_INFINITY, false));
        return joined(gaps);
    }

    /** Whether both have the same numbers, ends up to 1e-9. */
    boolean same(RealSet other) {
        if (segments.size() != other.segments.size()) {
            return false;
        }
        for (int i = 0; i < segments.size(); i++) {
            Segment a = segments.get(i);
            Segment b = other.segments.get(i);
            if (a.hasLow != b.hasLow || a.hasHigh != b.hasHigh || !close(a.low, b.low) || !close(a.high, b.high)) {
                return false;
            }
        }
        return true;
    }

    private static boolean close(double a, double b) {
        return a == b || Math.abs(a - b) <= TOLERANCE * Math.max(1, Math.abs(a));
    }
}
