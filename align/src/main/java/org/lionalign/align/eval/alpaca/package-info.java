/**
 * AlpacaEval 2 (Dubois et al. 2024): the weighted annotator, win rates plain and length-controlled, the official files.
 *
 * <p>Knows neither how answers are sampled nor what answers requests. Start with {@link org.lionalign.align.eval.alpaca.AlpacaEval}.
 */
@NullMarked
package org.lionalign.align.eval.alpaca;

import org.jspecify.annotations.NullMarked;
