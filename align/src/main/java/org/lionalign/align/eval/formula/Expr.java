package org.lionalign.align.eval.formula;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;

/** A formula, as it was written: nothing is evaluated but fractions of whole numbers. */
sealed interface Expr {
    /** A rational number in lowest terms, denominator above 0. */
    record Num(BigInteger p, BigInteger q) implements Expr {
        static final Num ZERO = of(0);
        static final Num ONE = of(1);

        public Num {
            if (q.signum() == 0) {
                throw new ArithmeticException("denominator is 0");
            }
            BigInteger g = p.gcd(q);
            if (q.signum() < 0) {
                g = g.negate();
            }
            p = p.divide(g);
            q = q.divide(g);
        }

        static Num of(long value) {
            return new Num(BigInteger.valueOf(value), BigInteger.ONE);
        }

        static Num of(BigDecimal value) {
            return value.scale() > 0
                    ? new Num(value.unscaledValue(), BigInteger.TEN.pow(value.scale()))
                    : new Num(value.toBigIntegerExact(), BigInteger.ONE);
        }

        boolean isInteger() {
            return q.equals(BigInteger.ONE);
        }

        Num negate() {
            return new Num(p.negate(), q);
        }

        Num plus(Num other) {
            return new Num(p.multiply(other.q).add(other.p.multiply(q)), q.multiply(other.q));
        }

        Num times(Num other) {
            return new Num(p.multiply(other.p), q.multiply(other.q));
        }

        double toDouble() {
            return new BigDecimal(p)
                    .divide(new BigDecimal(q), java.math.MathContext.DECIMAL64)
                    .doubleValue();
        }
    }

    /** A number written with a decimal point. */
    record Flt(BigDecimal value) implements Expr {}

    /**
     * A symbol.
     *
     * @param real whether it stands for real numbers; symbols of formulas with complex numbers do not, and are others
     */
    record Sym(String name, boolean real) implements Expr {}

    /** π, e, i, ∞, Euler's γ. */
    enum Const implements Expr {
        PI,
        E,
        I,
        INFINITY,
        GAMMA
    }

    /**
     * An operation: {@code add mul pow} and functions by name; {@code pct} is a number in per cent, {@code f:NAME} an unknown function.
     */
    record Op(String name, List<Expr> args) implements Expr {
        public Op {
            args = List.copyOf(args);
        }
    }

    /** A finite set; the elements in the order they were written, no two alike. */
    record FiniteSet(List<Expr> elements) implements Expr {
        public FiniteSet {
            elements = List.copyOf(new java.util.LinkedHashSet<>(elements));
        }
    }

    record Tuple(List<Expr> elements) implements Expr {
        public Tuple {
            elements = List.copyOf(elements);
        }
    }

    record Interval(Expr left, Expr right, boolean leftOpen, boolean rightOpen) implements Expr {}

    /** {@code union intersection complement} of two sets, or {@code naturals integers rationals reals complexes} of none. */
    record SetOp(String name, List<Expr> args) implements Expr {
        public SetOp {
            args = List.copyOf(args);
        }
    }

    /** {@code left op right}, op one of {@code = ≠ < ≤ > ≥}. */
    record Rel(char op, Expr left, Expr right) implements Expr {}

    /** Relations of a chain: {@code 1 < x < 2} is {@code 1 < x} and {@code x < 2}. */
    record And(List<Rel> relations) implements Expr {
        public And {
            relations = List.copyOf(relations);
        }
    }

    record Matrix(List<List<Expr>> rows) implements Expr {
        public Matrix {
            rows = rows.stream().map(List::copyOf).toList();
        }
    }

    static Expr op(String name, Expr... args) {
        return new Op(name, List.of(args));
    }

    /** A sum or product with the parts of sums or products within it side by side. */
    static Expr flat(String name, Expr left, Expr right) {
        List<Expr> args = new ArrayList<>();
        for (Expr arg : List.of(left, right)) {
            if (arg instanceof Op op && op.name().equals(name)) {
                args.addAll(op.args());
            } else {
                args.add(arg);
            }
        }
        return new Op(name, args);
    }

    static Expr negate(Expr e) {
        return e instanceof Num n
                ? n.negate()
                : e instanceof Flt f ? new Flt(f.value().negate()) : flat("mul", Num.of(-1), e);
    }

    static Expr divide(Expr a, Expr b) {
        return a instanceof Num x && b instanceof Num y && x.isInteger() && y.isInteger() && y.p().signum() != 0
                ? new Num(x.p(), y.p())
                : op("mul", a, op("pow", b, Num.of(-1)));
    }

    static boolean isSet(Expr e) {
        return e instanceof FiniteSet || e instanceof Interval || e instanceof SetOp;
    }
}
