package org.lionalign.align.eval.formula;

import java.math.BigInteger;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.lionalign.align.eval.formula.Expr.Const;
import org.lionalign.align.eval.formula.Expr.Flt;
import org.lionalign.align.eval.formula.Expr.Num;
import org.lionalign.align.eval.formula.Expr.Op;
import org.lionalign.align.eval.formula.Expr.Sym;

/** Values of formulas: exact where they are rational, else complex numbers in double precision. */
final class Evaluator {
    private static final int LARGEST_EXPONENT = 4000;
    private static final double[] LANCZOS = {
        0.9999999999998099,
        676.5203681218851,
        -1259.1392167224028,
        771.3234287776531,
        -176.6150291621406,
        12.507343278686905,
        -0.13857109526572012,
        9.984369578019572e-06,
        1.5056327351493116e-07
    };

    private Evaluator() {}

    /** The rational value of a formula without symbols; null where it is none, or has a decimal fraction in it and these are not to count. */
    static @Nullable Num exact(Expr e, boolean decimals) {
        if (e instanceof Num n) {
            return n;
        }
        if (e instanceof Flt f) {
            return decimals ? Num.of(f.value()) : null;
        }
        if (!(e instanceof Op op)) {
            return null;
        }
        Num[] values = new Num[op.args().size()];
        for (int i = 0; i < values.length; i++) {
            Num value = exact(op.args().get(i), decimals);
            if (value == null) {
                return null;
            }
            values[i] = value;
        }
        try {
            return exact(op.name(), values);
        } catch (ArithmeticException undefined) {
            return null;
        }
    }

    private static @Nullable Num exact(String name, Num[] v) {
        return switch (name) {
            case "add" -> java.util.Arrays.stream(v).reduce(Num.ZERO, Num::plus);
            case "mul" -> java.util.Arrays.stream(v).reduce(Num.ONE, Num::times);
            case "pct" -> v[0].times(new Num(BigInteger.ONE, BigInteger.valueOf(100)));
            case "pow" -> power(v[0], v[1]);
            case "abs" -> v[0].p().signum() < 0 ? v[0].negate() : v[0];
            case "floor" -> new Num(floor(v[0]), BigInteger.ONE);
            case "ceil" -> new Num(floor(v[0].negate()).negate(), BigInteger.ONE);
            case "factorial" -> factorial(v[0]);
            case "binomial" -> binomial(v[0], v[1]);
            case "gcd" -> fold(v, BigInteger::gcd);
            case "lcm" -> fold(v, (a, b) -> a.multiply(b).abs().divide(a.gcd(b)));
            case "max" -> extreme(v, 1);
            case "min" -> extreme(v, -1);
            default -> null;
        };
    }

    private static BigInteger floor(Num n) {
        BigInteger[] parts = n.p().divideAndRemainder(n.q());
        return parts[1].signum() < 0 ? parts[0].subtract(BigInteger.ONE) : parts[0];
    }

    private static @Nullable Num power(Num base, Num exponent) {
        if (exponent.isInteger() && exponent.p().bitLength() < 13) {
            int n = exponent.p().intValue();
            int size = Math.max(base.p().bitLength(), base.q().bitLength());
            if ((long) Math.abs(n) * size > LARGEST_EXPONENT * 8L) {
                return null;
            }
            Num power = new Num(base.p().pow(Math.abs(n)), base.q().pow(Math.abs(n)));
            return n < 0 ? new Num(power.q(), power.p()) : power;
        }
        if (base.p().signum() < 0
                || !exponent.q().equals(BigInteger.TWO)
                || exponent.p().bitLength() > 8) {
            return null;
        }
        BigInteger p = base.p().sqrt();
        BigInteger q = base.q().sqrt();
        boolean square = p.multiply(p).equals(base.p()) && q.multiply(q).equals(base.q());
        return square ? power(new Num(p, q), new Num(exponent.p(), BigInteger.ONE)) : null;
    }

    private static @Nullable Num factorial(Num n) {
        if (!n.isInteger() || n.p().signum() < 0 || n.p().bitLength() > 11) {
            return null;
        }
        BigInteger product = BigInteger.ONE;
        for (int i = 2; i <= n.p().intValue(); i++) {
            product = product.multiply(BigInteger.valueOf(i));
        }
        return new Num(product, BigInteger.ONE);
    }

    private static @Nullable Num binomial(Num n, Num k) {
        if (!n.isInteger() || !k.isInteger() || n.p().bitLength() > 12 || k.p().bitLength() > 12) {
            return null;
        }
        Num product = Num.ONE;
        if (k.p().signum() < 0) {
            return Num.ZERO;
        }
        for (int i = 0; i < k.p().intValue(); i++) {
            product = product.times(new Num(n.p().subtract(BigInteger.valueOf(i)), BigInteger.valueOf(i + 1L)));
        }
        return product;
    }

    private static @Nullable Num fold(Num[] v, java.util.function.BinaryOperator<BigInteger> operator) {
        BigInteger result = v[0].p();
        for (Num value : v) {
            if (!value.isInteger()) {
                return null;
            }
            result = operator.apply(result, value.p());
        }
        return new Num(result.abs(), BigInteger.ONE);
    }

    private static Num extreme(Num[] v, int sign) {
        Num best = v[0];
        for (Num value : v) {
            if (value.plus(best.negate()).p().signum() * sign > 0) {
                best = value;
            }
        }
        return best;
    }

    /** The value at a point: symbols and unknown functions by name; NaN where there is none. */
    static Complex at(Expr e, Map<String, Complex> point) {
        if (e instanceof Num n) {
            return Complex.of(n.toDouble());
        }
        if (e instanceof Flt f) {
            return Complex.of(f.value().doubleValue());
        }
        if (e instanceof Sym s) {
            return point.getOrDefault(key(s), Complex.NAN);
        }
        if (e instanceof Const c) {
            return switch (c) {
                case PI -> Complex.of(Math.PI);
                case E -> Complex.of(Math.E);
                case I -> Complex.I;
                case INFINITY -> Complex.of(Double.POSITIVE_INFINITY);
                case GAMMA -> Complex.of(0.5772156649015329);
            };
        }
        if (!(e instanceof Op op)) {
            return Complex.NAN;
        }
        Num exact = exact(op, true);
        if (exact != null) {
            return Complex.of(exact.toDouble());
        }
        List<Complex> v = op.args().stream().map(arg -> at(arg, point)).toList();
        return op.name().startsWith("f:") ? unknown(op.name(), v) : operation(op.name(), v);
    }

    /** How a symbol is called in a point. */
    static String key(Sym s) {
        return s.real() ? s.name() : s.name() + "*";
    }

    /** Something smooth that depends on the name and the arguments alone. */
    private static Complex unknown(String name, List<Complex> v) {
        Complex value = Complex.of(name.hashCode() % 1009 / 1009.0);
        double weight = 1.37;
        for (Complex argument : v) {
            value = value.plus(argument.times(Complex.of(weight)).plus(argument.sin()));
            weight *= 0.71;
        }
        return value;
    }

    private static Complex operation(String name, List<Complex> v) {
        Complex x = v.get(0);
        Complex one = Complex.of(1);
        return switch (name) {
            case "add" -> v.stream().reduce(Complex.of(0), Complex::plus);
            case "mul" -> v.stream().reduce(one, Complex::times);
            case "pct" -> x.over(Complex.of(100));
            case "pow" -> x.pow(v.get(1));
            case "exp" -> x.exp();
            case "log" -> v.size() == 1 ? x.log() : x.log().over(v.get(1).log());
            case "abs" -> Complex.of(x.abs());
            case "conjugate" -> new Complex(x.re(), -x.im());
            case "floor" -> new Complex(Math.floor(x.re()), Math.floor(x.im()));
            case "ceil" -> new Complex(Math.ceil(x.re()), Math.ceil(x.im()));
            case "sin" -> x.sin();
            case "cos" -> x.cos();
            case "tan" -> x.sin().over(x.cos());
            case "csc" -> one.over(x.sin());
            case "sec" -> one.over(x.cos());
            case "cot" -> x.cos().over(x.sin());
            case "asin" -> x.asin();
            case "acos" -> Complex.of(Math.PI / 2).minus(x.asin());
            case "atan" -> x.atan();
            case "acsc" -> one.over(x).asin();
            case "asec" -> Complex.of(Math.PI / 2).minus(one.over(x).asin());
            case "acot" -> one.over(x).atan();
            case "sinh" -> x.exp().minus(one.over(x.exp())).over(Complex.of(2));
            case "cosh" -> x.exp().plus(one.over(x.exp())).over(Complex.of(2));
            case "tanh" -> operation("sinh", v).over(operation("cosh", v));
            case "factorial" -> gamma(x.plus(one));
            case "binomial" -> binomial(x, v.get(1));
            case "max" -> Complex.of(v.stream().mapToDouble(Complex::re).max().orElse(Double.NaN));
            case "min" -> Complex.of(v.stream().mapToDouble(Complex::re).min().orElse(Double.NaN));
            case "mod" ->
                Complex.of(x.re() - v.get(1).re() * Math.floor(x.re() / v.get(1).re()));
            default -> Complex.NAN;
        };
    }

    private static Complex binomial(Complex n, Complex k) {
        Complex one = Complex.of(1);
        if (k.im() == 0 && k.re() == Math.rint(k.re()) && k.re() >= 0 && k.re() < 100) {
            Complex product = one;
            for (int i = 0; i < (int) k.re(); i++) {
                product = product.times(n.minus(Complex.of(i))).over(Complex.of(i + 1));
            }
            return product;
        }
        return gamma(n.plus(one)).over(gamma(k.plus(one)).times(gamma(n.minus(k).plus(one))));
    }

    /** Γ by Lanczos' formula, g = 7, n = 9: 15 digits. */
    private static Complex gamma(Complex x) {
        Complex one = Complex.of(1);
        if (x.re() < 0.5) {
            Complex sine = x.times(Complex.of(Math.PI)).sin();
            return Complex.of(Math.PI).over(sine.times(gamma(one.minus(x))));
        }
        Complex sum = Complex.of(LANCZOS[0]);
        for (int i = 1; i < LANCZOS.length; i++) {
            sum = sum.plus(Complex.of(LANCZOS[i]).over(x.plus(Complex.of(i - 1))));
        }
        Complex t = x.plus(Complex.of(6.5));
        Complex power = t.log().times(x.minus(Complex.of(0.5))).minus(t).exp();
        return Complex.of(Math.sqrt(2 * Math.PI)).times(power).times(sum);
    }

    /** The symbols of a formula, sorted. */
    static Set<String> symbols(Expr e) {
        Set<String> found = new TreeSet<>();
        collect(e, found);
        return found;
    }

    private static void collect(Expr e, Set<String> found) {
        if (e instanceof Sym s) {
            found.add(key(s));
        } else if (e instanceof Op op) {
            op.args().forEach(arg -> collect(arg, found));
        }
    }

    /** Whether all of it can be evaluated: no sets, relations or matrices within. */
    static boolean isNumeric(Expr e) {
        return e instanceof Num
                || e instanceof Flt
                || e instanceof Sym
                || e instanceof Const
                || e instanceof Op op && op.args().stream().allMatch(Evaluator::isNumeric);
    }
}
