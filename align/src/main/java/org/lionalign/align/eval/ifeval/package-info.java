/**
 * IFEval (Zhou et al. 2023): 25 instructions that a program can check, as Google's checkers in lm-evaluation-harness 0.4.13 check them.
 *
 * <p>Holds the checkers and what they need of NLTK and langdetect. Knows no model but through {@code GreedyAnswers}. Start with
 * {@link org.lionalign.align.eval.ifeval.Instructions}, then {@link org.lionalign.align.eval.ifeval.IfevalQuestion}.
 */
@NullMarked
package org.lionalign.align.eval.ifeval;

import org.jspecify.annotations.NullMarked;
