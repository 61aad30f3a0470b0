package org.lionalign.align.eval.formula;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.lionalign.align.eval.formula.Expr.Const;
import org.lionalign.align.eval.formula.Expr.Matrix;
import org.lionalign.align.eval.formula.Expr.Num;
import org.lionalign.align.eval.formula.Expr.Op;
import org.lionalign.align.eval.formula.Expr.Sym;

/**
 * Sums, products, powers and functions. Products without a sign bind closer than division ({@code 1/2x} is {@code 1/(2x)}), a whole number
 * before a positive fraction is a mixed number in the dialect of math-verify.
 */
final class TermParser {
    /** Whose reading of LaTeX. */
    enum Dialect {
        /** latex2sympy2_extended: symbols in small letters, {@code e} and {@code \pi} are numbers. */
        MATH_VERIFY,
        /** {@code sympy.parsing.latex.parse_latex} with ANTLR: every letter is a symbol as it stands. */
        SYMPY
    }

    private final Tokens tokens;
    private final Dialect dialect;
    private final boolean real;
    private int at;
    private int bars;

    TermParser(Tokens tokens, Dialect dialect, boolean real) {
        this.tokens = tokens;
        this.dialect = dialect;
        this.real = real;
    }

    int position() {
        return at;
    }

    void back(int position) {
        at = position;
    }

    @Nullable
    String word() {
        return at < tokens.list().size() ? tokens.list().get(at).word() : null;
    }

    boolean is(String word) {
        return word.equals(word());
    }

    void next() {
        at++;
    }

    private void expect(String word) throws Unreadable {
        if (!is(word)) {
            throw new Unreadable("expected " + word + ", found " + word());
        }
        at++;
    }

    Expr additive() throws Unreadable {
        Expr left = product(true);
        while (is("+") || is("-")) {
            int before = at;
            boolean minus = is("-");
            at++;
            try {
                Expr right = product(true);
                left = Expr.flat("add", left, minus ? Expr.negate(right) : right);
            } catch (Unreadable e) {
                at = before;
                break;
            }
        }
        return left;
    }

    private Expr product(boolean functions) throws Unreadable {
        Expr left = unary(functions);
        while (word() != null) {
            boolean times = is("*") || is("\\times") || is("\\cdot") || is("×") || is("·");
            boolean over = is("/") || is("\\div") || is(":") || is("÷");
            if (!times && !over) {
                break;
            }
            int before = at;
            at++;
            try {
                Expr right = unary(functions);
                left = times ? Expr.flat("mul", left, right) : over(left, right);
            } catch (Unreadable e) {
                at = before;
                break;
            }
        }
        return left;
    }

    private Expr over(Expr left, Expr right) {
        return dialect == Dialect.SYMPY
                ? Expr.op("mul", left, Expr.op("pow", right, Num.of(-1)))
                : Expr.divide(left, right);
    }

    private Expr unary(boolean functions) throws Unreadable {
        if (is("+")) {
            at++;
            return unary(functions);
        }
        if (is("-") || is("−")) {
            at++;
            return Expr.negate(unary(functions));
        }
        return factors(functions);
    }

    /** Factors side by side, from the right as the original folds them. */
    private Expr factors(boolean functions) throws Unreadable {
        List<Expr> factors = new ArrayList<>();
        factors.add(power(functions));
        while (startsFactor() && (functions || !startsFunction())) {
            int before = at;
            try {
                factors.add(power(functions));
            } catch (Unreadable e) {
                at = before;
                break;
            }
        }
        Expr result = factors.get(factors.size() - 1);
        for (int i = factors.size() - 2; i >= 0; i--) {
            Expr left = factors.get(i);
            if (dialect == Dialect.MATH_VERIFY
                    && left instanceof Num whole
                    && whole.isInteger()
                    && result instanceof Num fraction
                    && fraction.p().signum() > 0) {
                result = whole.p().signum() < 0 ? whole.plus(fraction.negate()) : whole.plus(fraction);
            } else {
                result = Expr.flat("mul", left, result);
            }
        }
        return result;
    }

    /** Commands that are no factor. */
    private boolean isReserved(String word) {
        return dialect == Dialect.MATH_VERIFY
                ? LatexWords.UNSUPPORTED.contains(word)
                : LatexWords.RESERVED_IN_SYMPY.contains(word);
    }

    boolean startsFactor() {
        String word = word();
        if (word == null || word.equals("|") && bars > 0 || isReserved(word)) {
            return false;
        }
        return word.charAt(0) == '\\'
                || tokens.list().get(at).isLetter()
                || tokens.list().get(at).isNumber()
                || "([{|".contains(word)
                || Greek.isLetter(word);
    }

    private boolean startsFunction() {
        String word = String.valueOf(word());
        return LatexWords.TRIGONOMETRY.contains(word)
                || LatexWords.FUNCTIONS.containsKey(word)
                || LatexWords.SEVERAL.contains(word)
                || word.equals("\\operatorname");
    }

    private Expr power(boolean functions) throws Unreadable {
        Expr base = base(functions);
        while (word() != null) {
            if (is("!")) {
                at++;
                base = Expr.op("factorial", base);
            } else if (is("^") && isDegree() && dialect == Dialect.MATH_VERIFY) {
                skipDegree();
            } else if (is("^")) {
                int before = at;
                at++;
                try {
                    base = raise(base, exponent());
                } catch (Unreadable e) {
                    at = before;
                    break;
                }
            } else if (is("°") && dialect == Dialect.MATH_VERIFY) {
                at++;
            } else {
                break;
            }
        }
        return base;
    }

    private static Expr raise(Expr base, Expr exponent) {
        return base == Const.E ? Expr.op("exp", exponent) : Expr.op("pow", base, exponent);
    }

    private boolean isDegree() {
        int i = at + 1;
        boolean braces = i < tokens.list().size() && tokens.list().get(i).word().equals("{");
        i += braces ? 1 : 0;
        return i < tokens.list().size()
                && Set.of("\\circ", "\\degree", "°")
                        .contains(tokens.list().get(i).word());
    }

    private void skipDegree() {
        at++;
        boolean braces = is("{");
        at += braces ? 3 : 1;
    }

    private Expr exponent() throws Unreadable {
        if (is("{")) {
            at++;
            Expr e = additive();
            expect("}");
            return e;
        }
        if (is("-") && dialect == Dialect.SYMPY) {
            throw new Unreadable("a sign as exponent");
        }
        return atom();
    }

    private Expr base(boolean functions) throws Unreadable {
        String word = word();
        if (word == null) {
            throw new Unreadable("nothing");
        }
        switch (word) {
            case "(" -> {
                return group(")");
            }
            case "{" -> {
                return braceGroup();
            }
            case "\\{" -> {
                if (dialect == Dialect.SYMPY) {
                    return group("\\}");
                }
                throw new Unreadable("a set");
            }
            case "[" -> {
                return group("]");
            }
            case "|" -> {
                at++;
                bars++;
                Expr inner = additive();
                bars--;
                expect("|");
                return Expr.op("abs", inner);
            }
            case "\\lvert", "\\vert" -> {
                at++;
                Expr inner = additive();
                if (!is("\\rvert") && !is("\\vert")) {
                    throw new Unreadable("an open bar");
                }
                at++;
                return Expr.op("abs", inner);
            }
            case "\\lfloor" -> {
                return enclosed("\\rfloor", "floor");
            }
            case "\\lceil" -> {
                return enclosed("\\rceil", "ceil");
            }
            case "\\frac", "\\dfrac", "\\tfrac", "\\cfrac" -> {
                at++;
                Expr top = bracesOrDigit();
                Expr bottom = bracesOrDigit();
                return dialect == Dialect.SYMPY ? fractionOfSympy(top, bottom) : Expr.divide(top, bottom);
            }
            case "\\binom", "\\dbinom", "\\tbinom" -> {
                at++;
                return Expr.op("binomial", braces(), braces());
            }
            case "\\sqrt" -> {
                return root();
            }
            case "\\begin" -> {
                return matrix();
            }
            default -> {
                return functions && startsFunction() ? function() : atom();
            }
        }
    }

    private static Expr fractionOfSympy(Expr top, Expr bottom) {
        return top.equals(Num.ONE)
                ? Expr.op("pow", bottom, Num.of(-1))
                : Expr.op("mul", top, Expr.op("pow", bottom, Num.of(-1)));
    }

    private Expr group(String close) throws Unreadable {
        at++;
        int outer = bars;
        bars = 0;
        Expr inner = additive();
        bars = outer;
        expect(close);
        return inner;
    }

    /** {@code {…}}, or {@code {n \choose k}}. */
    private Expr braceGroup() throws Unreadable {
        int start = at;
        at++;
        Expr top = additive();
        if (is("\\choose")) {
            at++;
            Expr bottom = additive();
            expect("}");
            return Expr.op("binomial", top, bottom);
        }
        at = start;
        return group("}");
    }

    private Expr enclosed(String close, String name) throws Unreadable {
        at++;
        Expr inner = additive();
        expect(close);
        return Expr.op(name, inner);
    }

    private Expr braces() throws Unreadable {
        if (!is("{")) {
            throw new Unreadable("expected {");
        }
        return group("}");
    }

    private Expr bracesOrDigit() throws Unreadable {
        if (dialect == Dialect.SYMPY && word() != null && String.valueOf(word()).matches("\\d")) {
            Expr digit = FormulaParser.number(String.valueOf(word()));
            at++;
            return digit;
        }
        return braces();
    }

    private Expr root() throws Unreadable {
        at++;
        Expr index = is("[") ? group("]") : Num.of(2);
        Expr exponent = index instanceof Num n && n.p().signum() != 0
                ? new Num(n.q(), n.p())
                : Expr.op("pow", index, Num.of(-1));
        return Expr.op("pow", braces(), exponent);
    }

    /** The text between braces, without white space; the braces may be nested. */
    String braced() throws Unreadable {
        if (!is("{")) {
            throw new Unreadable("expected {");
        }
        int start = tokens.list().get(at).start();
        int depth = 0;
        while (word() != null) {
            depth += is("{") ? 1 : is("}") ? -1 : 0;
            at++;
            if (depth == 0) {
                return tokens.text()
                        .substring(start + 1, tokens.list().get(at - 1).start())
                        .replace(" ", "");
            }
        }
        throw new Unreadable("an open brace");
    }

    private Expr matrix() throws Unreadable {
        at++;
        String kind = braced();
        if (!kind.endsWith("matrix") && !kind.equals("array") || dialect == Dialect.SYMPY) {
            throw new Unreadable("environment " + kind);
        }
        if (kind.equals("array") && is("{")) {
            braced();
        }
        List<List<Expr>> rows = new ArrayList<>();
        List<Expr> row = new ArrayList<>();
        while (!is("\\end")) {
            row.add(additive());
            if (is("&")) {
                at++;
            } else if (is("\\\\")) {
                at++;
                rows.add(row);
                row = new ArrayList<>();
            } else if (!is("\\end")) {
                throw new Unreadable("in a matrix: " + word());
            }
        }
        at++;
        braced();
        if (!row.isEmpty()) {
            rows.add(row);
        }
        if (rows.isEmpty()
                || rows.stream().anyMatch(r -> r.size() != rows.get(0).size())) {
            throw new Unreadable("rows of unequal length");
        }
        return new Matrix(rows);
    }

    private Expr function() throws Unreadable {
        String word = String.valueOf(word());
        at++;
        if (word.equals("\\operatorname")) {
            word = "\\" + braced();
        }
        Expr base = null;
        Expr power = null;
        while (is("_") || is("^")) {
            boolean sub = is("_");
            at++;
            String digits = String.valueOf(word());
            if (sub && dialect == Dialect.SYMPY && digits.matches("\\d{2,}")) {
                at++; // \log_28 is the logarithm of 8 to the base 2
                return Expr.op(
                        "log", FormulaParser.number(digits.substring(1)), FormulaParser.number(digits.substring(0, 1)));
            }
            if (sub && is("e") && dialect == Dialect.MATH_VERIFY) {
                throw new Unreadable("a logarithm to the base e, which the original's grammar does not have");
            }
            Expr value = exponent();
            base = sub ? value : base;
            power = sub ? power : value;
        }
        if (LatexWords.SEVERAL.contains(word)) {
            return powered(new Op(word.substring(1), arguments()), power);
        }
        Expr argument = is("(") ? group(")") : product(false);
        if (LatexWords.TRIGONOMETRY.contains(word)) {
            boolean inverse = Num.of(-1).equals(power);
            return powered(Expr.op((inverse ? "a" : "") + word.substring(1), argument), inverse ? null : power);
        }
        String name = LatexWords.FUNCTIONS.get(word);
        if ("log".equals(name)) {
            // parse_latex takes \log without a base for the natural logarithm
            Expr to = base != null || dialect == Dialect.SYMPY ? base : word.equals("\\log") ? Num.of(10) : Const.E;
            return powered(to == null ? Expr.op("log", argument) : Expr.op("log", argument, to), power);
        }
        return powered(Expr.op(name != null ? name : "f:" + word.substring(1), argument), power);
    }

    private static Expr powered(Expr function, @Nullable Expr power) {
        return power == null ? function : Expr.op("pow", function, power);
    }

    private List<Expr> arguments() throws Unreadable {
        expect("(");
        List<Expr> arguments = new ArrayList<>(List.of(additive()));
        while (is(",")) {
            at++;
            arguments.add(additive());
        }
        expect(")");
        return arguments;
    }

    private Expr atom() throws Unreadable {
        String word = word();
        if (word == null || isReserved(word)) {
            throw new Unreadable("found " + word);
        }
        Tokens.Token token = tokens.list().get(at);
        if (token.isNumber()) {
            at++;
            if (dialect == Dialect.SYMPY && (word.startsWith(".") || word.matches("0\\d*[1-9]\\d*"))) {
                throw new Unreadable("no number to Python: " + word);
            }
            if (is("_") && dialect == Dialect.MATH_VERIFY) {
                at++;
                exponentText(); // the base of a numeral, which the original leaves out
            }
            return FormulaParser.number(word.replace(",", ""));
        }
        if (word.equals("\\infty") || word.equals("∞")) {
            at++;
            return Const.INFINITY;
        }
        if (token.isLetter()) {
            return letter(word.charAt(0));
        }
        String accent = LatexWords.ACCENTS.get(word);
        if (accent != null && dialect == Dialect.MATH_VERIFY) {
            at++;
            String inside = braced();
            String name = accent.isEmpty() ? inside.replace("(", "").replace(")", "") : accent + "{" + inside + "}";
            return new Sym((name + subscript()).toLowerCase(java.util.Locale.ROOT), real);
        }
        if (word.equals("\\overline") && dialect == Dialect.SYMPY) {
            at++;
            return Expr.op("conjugate", braces());
        }
        if (word.charAt(0) == '\\' && word.length() > 1 && Character.isLetter(word.charAt(1)) || Greek.isLetter(word)) {
            at++;
            String name = dialect == Dialect.SYMPY ? word.substring(1) : Greek.name(word);
            name += subscript();
            return dialect == Dialect.SYMPY ? new Sym(name, false) : FormulaParser.symbol(name, real);
        }
        throw new Unreadable("found " + word);
    }

    private Expr letter(char c) throws Unreadable {
        at++;
        boolean sympy = dialect == Dialect.SYMPY;
        if (c == 'd' && at < tokens.list().size() && tokens.list().get(at).isLetter()) {
            String name = "d" + word();
            at++;
            return new Sym(name, real);
        }
        if (c == 'e' && !sympy) {
            return Const.E;
        }
        String name = c + subscript();
        if (is("(") && (sympy || isSimpleCall())) {
            return new Op("f:" + name, arguments());
        }
        return name.equals("I") && !sympy
                ? Const.I
                : new Sym(sympy ? name : name.toLowerCase(java.util.Locale.ROOT), real);
    }

    /** Whether {@code (…)} holds single tokens parted by commas: {@code f(x)} is a function, {@code x(x+1)} a product. */
    private boolean isSimpleCall() {
        for (int i = at + 1; i + 1 < tokens.list().size(); i += 2) {
            Tokens.Token token = tokens.list().get(i);
            boolean simple = token.isLetter() || token.isNumber() || Greek.isLetter(token.word());
            String after = tokens.list().get(i + 1).word();
            if (!simple || !after.equals(",") && !after.equals(")")) {
                return false;
            }
            if (after.equals(")")) {
                return true;
            }
        }
        return false;
    }

    private String subscript() throws Unreadable {
        if (!is("_")) {
            return "";
        }
        at++;
        String text = exponentText();
        return text.length() > 1 ? "_{" + text + "}" : "_" + text;
    }

    private String exponentText() throws Unreadable {
        if (is("{")) {
            return braced();
        }
        String word = word();
        if (word == null) {
            throw new Unreadable("nothing");
        }
        at++;
        return word;
    }
}
