package org.lionalign.align.eval.formula;

import java.util.Set;

/**
 * {@code sympy.parsing.latex.parse_latex} (SymPy 1.14, ANTLR): a term that begins the text; what follows it is passed over, but for the sign of a
 * relation. Commands that it does not know are symbols: {@code x\\ne0} is x times ne times 0.
 */
final class SympyLatex {
    private static final Set<String> RELATIONS = Set.of(
            "=",
            "<",
            ">",
            "\\lt",
            "\\gt",
            "\\le",
            "\\leq",
            "\\leqslant",
            "\\leqq",
            "\\ge",
            "\\geq",
            "\\geqslant",
            "\\geqq",
            "\\neq");

    private SympyLatex() {}

    static Expr term(String latex) throws Unreadable {
        if (latex.chars().anyMatch(c -> c > 0x7e || c == '%' || c == '"' || c == '#' || c == '@')) {
            throw new Unreadable("a character that the lexer does not know");
        }
        TermParser terms = new TermParser(Tokens.of(latex, true), TermParser.Dialect.SYMPY, false);
        Expr term = terms.additive();
        String next = terms.word();
        if (next != null && RELATIONS.contains(next)) {
            throw new Unreadable("a relation");
        }
        return term;
    }
}
