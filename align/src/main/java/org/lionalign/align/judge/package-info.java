/**
 * Judges: which of several answers to a prompt is better, by a reward model, PairRM, a language model, rules, or several of them.
 *
 * <p>Judges know no training and no pairs: they say what they think, {@code align.online} makes pairs of it. A failure is never a score.
 * Start with {@link org.lionalign.align.judge.Judge}, then {@link org.lionalign.align.judge.Judges}, which opens them from a recipe, and
 * {@link org.lionalign.align.judge.JudgedFile}, which keeps what they said.
 */
@NullMarked
package org.lionalign.align.judge;

import org.jspecify.annotations.NullMarked;
