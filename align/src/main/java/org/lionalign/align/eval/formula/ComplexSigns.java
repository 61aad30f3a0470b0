package org.lionalign.align.eval.formula;

import java.util.regex.Pattern;
import org.lionalign.align.eval.python.PyRegex;

/** {@code should_treat_as_complex} of math-verify: whether a formula seems to be about complex numbers or matrices. */
final class ComplexSigns {
    private static final Pattern SIGNS =
            PyRegex.compile("\\\\mathbb\\{C\\}|\\\\i\\b|\\bi\\b|\\\\text\\{i\\}|\\\\mathrm\\{i\\}|\\\\imath\\b|\\\\det|"
                    + "\\\\operatorname\\{tr\\}|\\\\operatorname\\{rank\\}|\\\\text\\{rank\\}|\\\\arg\\{|\\\\Re\\{|\\\\Im\\{|"
                    + "\\\\operatorname\\{Re\\}|\\\\operatorname\\{Im\\}|\\\\text\\{Re\\}|\\\\text\\{Im\\}");

    private ComplexSigns() {}

    static boolean in(String latex) {
        return SIGNS.matcher(latex).find();
    }
}
