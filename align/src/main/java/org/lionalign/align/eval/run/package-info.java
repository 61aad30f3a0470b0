/**
 * Checkpoints through suites: which suites there are, who judges, what came out, and whether the difference between two checkpoints is real.
 *
 * <p>The command line, recipes and the report share this; it knows none of them. Start with {@link org.lionalign.align.eval.run.Suites}, then
 * {@link org.lionalign.align.eval.run.Evaluation}; {@link org.lionalign.align.eval.run.Contest} is for prompts without a benchmark.
 */
@NullMarked
package org.lionalign.align.eval.run;

import org.jspecify.annotations.NullMarked;
