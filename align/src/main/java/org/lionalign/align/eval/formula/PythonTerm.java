package org.lionalign.align.eval.formula;

import org.jspecify.annotations.Nullable;
import org.lionalign.align.eval.formula.Expr.Num;

/** Arithmetic as Python writes it, which is how math-verify has plain expressions read ({@code parse_expr}): {@code + - * / ** ( )}. */
final class PythonTerm {
    private final String text;
    private int at;

    private PythonTerm(String text) {
        this.text = text;
    }

    /** Null where it is no expression: {@code 2(3)} is a call to Python, {@code ×} nothing. */
    static @Nullable Expr read(String text) {
        PythonTerm term = new PythonTerm(text.strip());
        try {
            Expr e = term.sum();
            term.space();
            return term.at == term.text.length() ? e : null;
        } catch (Unreadable | ArithmeticException e) {
            return null;
        }
    }

    private void space() {
        while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
            at++;
        }
    }

    private boolean take(String word) {
        space();
        if (!text.startsWith(word, at) || word.equals("*") && text.startsWith("**", at)) {
            return false;
        }
        at += word.length();
        return true;
    }

    private Expr sum() throws Unreadable {
        Expr left = product();
        while (true) {
            if (take("+")) {
                left = Expr.flat("add", left, product());
            } else if (take("-")) {
                left = Expr.flat("add", left, Expr.negate(product()));
            } else {
                return left;
            }
        }
    }

    private Expr product() throws Unreadable {
        Expr left = sign();
        while (true) {
            if (take("*")) {
                left = Expr.flat("mul", left, sign());
            } else if (take("//")) {
                left = Expr.op("floor", Expr.op("mul", left, Expr.op("pow", sign(), Num.of(-1))));
            } else if (take("/")) {
                left = Expr.op("mul", left, Expr.op("pow", sign(), Num.of(-1)));
            } else {
                return left;
            }
        }
    }

    private Expr sign() throws Unreadable {
        if (take("-")) {
            return Expr.negate(sign());
        }
        if (take("+")) {
            return sign();
        }
        Expr base = atom();
        return take("**") ? Expr.op("pow", base, sign()) : base;
    }

    private Expr atom() throws Unreadable {
        if (take("(")) {
            Expr inner = sum();
            if (!take(")")) {
                throw new Unreadable("an open bracket");
            }
            return inner;
        }
        space();
        int start = at;
        while (at < text.length() && (Character.isDigit(text.charAt(at)) || text.charAt(at) == '.')) {
            at++;
        }
        String number = text.substring(start, at);
        if (!number.matches("\\d+\\.?\\d*|\\.\\d+") || number.matches("0+[1-9]\\d*")) {
            throw new Unreadable("no number: " + number);
        }
        return number.endsWith(".") ? FormulaParser.number(number + "0") : FormulaParser.number(number);
    }
}
