/**
 * Answers to prompts, from the policy in process or from a server: prompts read from anything that has them, an append-only store that a kill
 * cannot harm, and the proof that a stored answer can be drawn again.
 *
 * <p>Knows no judges and no pairs. Start with {@link org.lionalign.align.sample.Sampling}.
 */
@NullMarked
package org.lionalign.align.sample;

import org.jspecify.annotations.NullMarked;
