package org.lionalign.align.eval.formula;

import java.util.Map;
import java.util.Set;

/** LaTeX commands by what they are to {@link TermParser}. */
final class LatexWords {
    static final Set<String> TRIGONOMETRY = Set.of("\\sin", "\\cos", "\\tan", "\\csc", "\\sec", "\\cot");
    static final Map<String, String> FUNCTIONS = Map.ofEntries(
            Map.entry("\\arcsin", "asin"),
            Map.entry("\\arccos", "acos"),
            Map.entry("\\arctan", "atan"),
            Map.entry("\\arccsc", "acsc"),
            Map.entry("\\arcsec", "asec"),
            Map.entry("\\arccot", "acot"),
            Map.entry("\\sinh", "sinh"),
            Map.entry("\\cosh", "cosh"),
            Map.entry("\\tanh", "tanh"),
            Map.entry("\\exp", "exp"),
            Map.entry("\\ln", "log"),
            Map.entry("\\log", "log"));
    static final Set<String> SEVERAL = Set.of("\\max", "\\min", "\\gcd", "\\lcm");
    static final Map<String, String> ACCENTS = Map.ofEntries(
            Map.entry("\\text", ""),
            Map.entry("\\mbox", ""),
            Map.entry("\\textrm", ""),
            Map.entry("\\overline", "bar"),
            Map.entry("\\bar", "bar"),
            Map.entry("\\vec", "vec"),
            Map.entry("\\overrightarrow", "vec"),
            Map.entry("\\tilde", "tilde"),
            Map.entry("\\widetilde", "tilde"),
            Map.entry("\\hat", "hat"),
            Map.entry("\\widehat", "widehat"),
            Map.entry("\\mathcal", "math"),
            Map.entry("\\mathsf", "math"),
            Map.entry("\\mathfrak", "math"));
    /** What is no factor to latex2sympy2_extended: operators, relations, closing brackets, and what is not supported here. */
    static final Set<String> UNSUPPORTED = words(
            "\\sum \\prod \\int \\lim \\| \\cup \\cap \\pm \\mp \\setminus \\in \\le \\leq \\ge \\geq \\ne \\neq \\lt \\gt "
                    + "\\approx \\to \\mid \\end \\} \\rbrace \\rfloor \\rceil \\rangle \\langle \\& \\\\ \\% \\leqslant \\geqslant "
                    + "\\{ \\lbrace \\mathbb \\emptyset \\Rightarrow \\implies \\equiv \\times \\cdot \\div \\mod \\pmod \\circ "
                    + "\\degree \\choose \\partial \\cdots \\dots \\ldots");

    /** The same to parse_latex, which takes every other command for a symbol. */
    static final Set<String> RESERVED_IN_SYMPY = words(
            "\\sum \\prod \\int \\lim \\| \\le \\leq \\leqslant \\leqq \\ge \\geq \\geqslant \\geqq \\neq \\lt \\gt \\} "
                    + "\\rfloor \\rceil \\rangle \\& \\\\ \\% \\times \\cdot \\div \\begin \\end");

    private LatexWords() {}

    private static Set<String> words(String list) {
        return Set.of(list.split(" "));
    }
}
