package org.lionalign.align.eval.formula;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.lionalign.align.eval.formula.Expr.And;
import org.lionalign.align.eval.formula.Expr.Const;
import org.lionalign.align.eval.formula.Expr.FiniteSet;
import org.lionalign.align.eval.formula.Expr.Interval;
import org.lionalign.align.eval.formula.Expr.Num;
import org.lionalign.align.eval.formula.Expr.Rel;
import org.lionalign.align.eval.formula.Expr.SetOp;
import org.lionalign.align.eval.formula.Expr.Sym;
import org.lionalign.align.eval.formula.Expr.Tuple;

/**
 * Lists, sets and relations of formulas, as latex2sympy2_extended's grammar reads them; {@link TermParser} reads what stands between. The whole text
 * must be one of them.
 */
final class FormulaParser {
    private static final Map<String, Character> RELATIONS = Map.ofEntries(
            Map.entry("=", '='),
            Map.entry("<", '<'),
            Map.entry("\\lt", '<'),
            Map.entry(">", '>'),
            Map.entry("\\gt", '>'),
            Map.entry("\\le", '≤'),
            Map.entry("\\leq", '≤'),
            Map.entry("\\leqslant", '≤'),
            Map.entry("≤", '≤'),
            Map.entry("\\ge", '≥'),
            Map.entry("\\geq", '≥'),
            Map.entry("\\geqslant", '≥'),
            Map.entry("≥", '≥'),
            Map.entry("\\ne", '≠'),
            Map.entry("\\neq", '≠'),
            Map.entry("≠", '≠'));
    private static final Map<String, String> SET_OPERATORS = Map.of(
            "\\cup",
            "union",
            "∪",
            "union",
            "\\cap",
            "intersection",
            "∩",
            "intersection",
            "\\setminus",
            "complement",
            "\\backslash",
            "complement");
    private static final Map<String, String> LITERALS =
            Map.of("N", "naturals", "Z", "integers", "Q", "rationals", "R", "reals", "C", "complexes");
    private static final Set<String> PLUS_MINUS = Set.of("\\pm", "\\mp", "±");

    private final TermParser terms;

    private FormulaParser(TermParser terms) {
        this.terms = terms;
    }

    /** Reads normalised LaTeX. */
    static Expr parse(String latex) throws Unreadable {
        if (latex.strip().matches("-?\\d{1,3}(,\\d{3})+(\\.\\d+)?")) {
            // Lists and thousands look alike; the whole text being one number decides. The sign is lost in the
            // original's reading too.
            return number(latex.strip().replace(",", ""));
        }
        boolean real = !ComplexSigns.in(latex);
        return new FormulaParser(new TermParser(Tokens.of(latex, false), TermParser.Dialect.MATH_VERIFY, real)).list();
    }

    /** A number as SymPy's: with a point it is a decimal fraction. */
    static Expr number(String digits) {
        BigDecimal value = new BigDecimal(digits.startsWith(".") ? "0" + digits : digits);
        return digits.indexOf('.') >= 0 ? new Expr.Flt(value) : Num.of(value);
    }

    private Expr list() throws Unreadable {
        List<List<Expr>> groups = new ArrayList<>();
        List<Expr> group = new ArrayList<>(element());
        while (terms.is(",") || terms.is(";")) {
            int before = terms.position();
            boolean semicolon = terms.is(";");
            terms.next();
            try {
                List<Expr> next = element();
                if (semicolon) {
                    groups.add(group);
                    group = new ArrayList<>();
                }
                group.addAll(next);
            } catch (Unreadable e) {
                terms.back(before);
                break;
            }
        }
        if (terms.word() != null) {
            throw new Unreadable("after the formula: " + terms.word());
        }
        groups.add(group);
        if (groups.size() == 1) {
            return group.size() == 1 ? group.get(0) : new FiniteSet(group);
        }
        if (groups.stream().allMatch(g -> g.size() == 1)) {
            return new FiniteSet(groups.stream().map(g -> g.get(0)).toList());
        }
        return new FiniteSet(groups.stream().map(g -> (Expr) new Tuple(g)).toList());
    }

    /** One element; two for ±. */
    private List<Expr> element() throws Unreadable {
        if (terms.is("\\approx") || terms.is("≈")) {
            terms.next();
        }
        List<Expr> left = side();
        List<Rel> chain = new ArrayList<>();
        Expr whole = left.size() == 1 ? left.get(0) : new FiniteSet(left);
        while (terms.word() != null) {
            String word = terms.word();
            int before = terms.position();
            Character op = RELATIONS.get(word);
            boolean in = word.equals("\\in") || word.equals("∈");
            boolean approximate = word.equals("\\approx") || word.equals("≈");
            if (op == null && !in && !approximate) {
                break;
            }
            terms.next();
            Expr right;
            try {
                List<Expr> both = side();
                right = both.size() == 1 ? both.get(0) : new FiniteSet(both);
            } catch (Unreadable e) {
                terms.back(before);
                break;
            }
            Expr last = chain.isEmpty() ? whole : chain.get(chain.size() - 1).right();
            if (approximate) {
                return List.of(chain.isEmpty() && Equality.onlySymbols(whole) ? right : whole);
            }
            if (in && !Expr.isSet(right)) {
                throw new Unreadable("∈ before something that is no set");
            }
            chain.add(new Rel(op == null ? '=' : op, last, right));
        }
        if (chain.isEmpty()) {
            return left;
        }
        return List.of(chain.size() == 1 ? chain.get(0) : new And(chain));
    }

    private List<Expr> side() throws Unreadable {
        int start = terms.position();
        Expr set = setOrNull();
        if (set != null) {
            return List.of(set);
        }
        terms.back(start);
        if (terms.word() != null && PLUS_MINUS.contains(terms.word())) {
            terms.next();
            Expr e = terms.additive();
            return List.of(Expr.negate(e), e);
        }
        Expr left = terms.additive();
        if (terms.word() != null && PLUS_MINUS.contains(terms.word())) {
            terms.next();
            Expr right = terms.additive();
            return List.of(Expr.flat("add", left, right), Expr.flat("add", left, Expr.negate(right)));
        }
        return List.of(left);
    }

    /** A set with its operators, left to right; null where there is none. */
    private @Nullable Expr setOrNull() throws Unreadable {
        Expr left = setAtomOrNull();
        if (left == null) {
            return null;
        }
        while (terms.word() != null && SET_OPERATORS.containsKey(terms.word())) {
            String operator = SET_OPERATORS.get(terms.word());
            terms.next();
            Expr right = setAtomOrNull();
            if (right == null) {
                throw new Unreadable("a set operator before something that is no set");
            }
            left = new SetOp(operator, List.of(asSet(left), asSet(right)));
        }
        if (left instanceof Tuple || left instanceof Interval) {
            // (a, b) may be the beginning of a term only where more of the term follows
            return terms.startsFactor() || terms.is("^") ? null : left;
        }
        return left;
    }

    private static Expr asSet(Expr e) {
        return e instanceof Tuple tuple ? new FiniteSet(tuple.elements()) : e;
    }

    private @Nullable Expr setAtomOrNull() {
        int start = terms.position();
        try {
            return setAtom();
        } catch (Unreadable e) {
            terms.back(start);
            return null;
        }
    }

    private Expr setAtom() throws Unreadable {
        String word = terms.word();
        if (word == null) {
            throw new Unreadable("nothing");
        }
        switch (word) {
            case "\\emptyset" -> {
                terms.next();
                return new FiniteSet(List.of());
            }
            case "\\mathbb" -> {
                terms.next();
                String name = LITERALS.get(terms.braced());
                if (name == null) {
                    throw new Unreadable("an unknown set");
                }
                return new SetOp(name, List.of());
            }
            case "\\{", "\\lbrace" -> {
                terms.next();
                return finiteSet();
            }
            case "(", "[" -> {
                terms.next();
                return intervalOrTuple(word);
            }
            default -> throw new Unreadable("no set: " + word);
        }
    }

    private Expr finiteSet() throws Unreadable {
        if (terms.is("\\}") || terms.is("\\rbrace")) {
            terms.next();
            return new FiniteSet(List.of());
        }
        List<Expr> elements = new ArrayList<>(element());
        while (terms.is(",") || terms.is(";")) {
            terms.next();
            elements.addAll(element());
        }
        if (!terms.is("\\}") && !terms.is("\\rbrace")) {
            throw new Unreadable("an open set");
        }
        terms.next();
        return new FiniteSet(elements);
    }

    private Expr intervalOrTuple(String open) throws Unreadable {
        Expr inner = setOrNull();
        if (inner != null && terms.is(")") && open.equals("(")) {
            terms.next();
            return inner;
        }
        List<Expr> elements = new ArrayList<>(inner != null ? List.of(inner) : side());
        int commas = 0;
        int semicolons = 0;
        while (terms.is(",") || terms.is(";")) {
            commas += terms.is(",") ? 1 : 0;
            semicolons += terms.is(";") ? 1 : 0;
            terms.next();
            elements.addAll(side());
        }
        String close = terms.word();
        if (elements.size() < 2 || close == null || !close.equals(")") && !close.equals("]")) {
            throw new Unreadable("no interval and no tuple");
        }
        terms.next();
        boolean plain = elements.stream().noneMatch(e -> Expr.isSet(e) || e instanceof Tuple);
        if (elements.size() == 2 && commas == 1 && semicolons == 0 && plain) {
            return interval(elements.get(0), elements.get(1), open.equals("("), close.equals(")"));
        }
        return new Tuple(elements);
    }

    /** An interval; a pair where it would be empty. */
    private static Expr interval(Expr left, Expr right, boolean leftOpen, boolean rightOpen) {
        if (Evaluator.isNumeric(left)
                && Evaluator.isNumeric(right)
                && Evaluator.symbols(left).isEmpty()
                && Evaluator.symbols(right).isEmpty()) {
            double a = Evaluator.at(left, Map.of()).re();
            double b = Evaluator.at(right, Map.of()).re();
            boolean same = Equality.equal(left, right);
            if (leftOpen && rightOpen && (b <= a || same) || !leftOpen && !rightOpen && b < a && !same) {
                return new Tuple(List.of(left, right));
            }
            if (same) {
                return new FiniteSet(leftOpen || rightOpen ? List.of() : List.of(left));
            }
        }
        return new Interval(left, right, leftOpen, rightOpen);
    }

    static Expr symbol(String name, boolean real) {
        return switch (name) {
            case "pi" -> Const.PI;
            case "gamma", "Gamma" -> Const.GAMMA;
            default -> new Sym(name, real);
        };
    }
}
