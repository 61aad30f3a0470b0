/**
 * Benchmarks and comparisons of checkpoints: every number with its standard error, what failed beside it.
 *
 * <p>One package below this for each family of suites: {@code alpaca}, {@code arena}, {@code mtbench}, {@code ifeval}, {@code harness}
 * (the tasks of lm-evaluation-harness). Suites know no terminal and no recipe. Start with {@link org.lionalign.align.eval.Suite}.
 */
@NullMarked
package org.lionalign.align.eval;

import org.jspecify.annotations.NullMarked;
