/**
 * Training as every stage uses it: which examples each optimizer step sees, the loop, checkpoints, restart and watchdogs.
 *
 * <p>Knows neither what an example means nor which loss is trained: its task says both.
 * Start with {@link org.lionalign.align.train.Trainer}.
 */
@NullMarked
package org.lionalign.align.train;

import org.jspecify.annotations.NullMarked;
