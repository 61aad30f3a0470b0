/**
 * A checkpoint's greedy answers to plain prompts, as lm-evaluation-harness asks for them, and answers that were written elsewhere.
 *
 * <p>Knows no benchmark. Start with {@link org.lionalign.align.eval.completion.Completions}.
 */
@NullMarked
package org.lionalign.align.eval.completion;

import org.jspecify.annotations.NullMarked;
