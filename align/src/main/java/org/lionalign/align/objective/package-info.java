/**
 * Losses as plain functions: log-probabilities in, values and gradients out, in fp64, each with its paper.
 *
 * <p>Knows no tensors, no model and no data. Start with {@link org.lionalign.align.objective.PreferenceLoss}.
 */
@NullMarked
package org.lionalign.align.objective;

import org.jspecify.annotations.NullMarked;
