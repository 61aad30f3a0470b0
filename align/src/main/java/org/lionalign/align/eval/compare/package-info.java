/**
 * Checkpoints against each other on the same prompts, by any judge of Lion: means, a win-rate matrix, paired tests.
 *
 * <p>Knows no model and no sampling: it is given answers and judgements. Start with {@link org.lionalign.align.eval.compare.ModelComparison}.
 */
@NullMarked
package org.lionalign.align.eval.compare;

import org.jspecify.annotations.NullMarked;
