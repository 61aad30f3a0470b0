/**
 * The multiple-choice tasks of EleutherAI's lm-evaluation-harness (0.4.13), prompt for prompt and number for number: Open LLM leaderboard
 * v1 and v2.
 *
 * <p>Holds the tasks' formats, few-shot samplers, metrics and averages, and the scoring of their questions as trees: what a batch's questions share
 * (few-shot examples, the question before its choices) goes through the model once. Knows no generation. Start with
 * {@link org.lionalign.align.eval.harness.HarnessSuites}, then {@link org.lionalign.align.eval.harness.TaskSuite} and
 * {@link org.lionalign.align.eval.harness.TokenForest}.
 */
@NullMarked
package org.lionalign.align.eval.harness;

import org.jspecify.annotations.NullMarked;
