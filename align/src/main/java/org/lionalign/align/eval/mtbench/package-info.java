/**
 * MT-Bench (Zheng et al. 2023): two-turn answers, single-answer grading with reference answers, pairwise verdicts, FastChat's tables and
 * files.
 *
 * <p>Knows neither how answers are sampled nor what answers requests. Start with {@link org.lionalign.align.eval.mtbench.MtBench}.
 */
@NullMarked
package org.lionalign.align.eval.mtbench;

import org.jspecify.annotations.NullMarked;
