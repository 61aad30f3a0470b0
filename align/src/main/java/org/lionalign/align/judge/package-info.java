/**
 * Judges: which of several answers to a prompt is better, by a reward model, PairRM, a language model, rules, or several of them.
 *
 * <p>Knows no training and no pairs: judges say what they think, {@code align.online} makes pairs of it.
 * Start with {@link org.lionalign.align.judge.Judge}.
 */
@NullMarked
package org.lionalign.align.judge;

import org.jspecify.annotations.NullMarked;
