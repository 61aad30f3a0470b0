/**
 * The tasks of lm-evaluation-harness 0.4.13 in which a model writes its answer: GSM8K, BBH with chains of thought, MATH level 5.
 *
 * <p>Holds their prompts, stop texts and scoring. Knows no likelihoods and no loading of models. Start with
 * {@link org.lionalign.align.eval.harness.generative.GenerativeTask}, then {@link org.lionalign.align.eval.harness.generative.Gsm8k}.
 */
@NullMarked
package org.lionalign.align.eval.harness.generative;

import org.jspecify.annotations.NullMarked;
