/**
 * Formulas as answers: found in text, read from LaTeX, compared. What math-verify 0.9.0 (with latex2sympy2_extended 1.11.0) and SymPy decide
 * for lm-evaluation-harness, without a computer algebra system: rational numbers exactly, everything else by its values at random points.
 *
 * <p>Knows no benchmark. Start with {@link org.lionalign.align.eval.formula.MathVerify}. {@code docs/evaluation-written.md} says how far it agrees.
 */
@NullMarked
package org.lionalign.align.eval.formula;

import org.jspecify.annotations.NullMarked;
