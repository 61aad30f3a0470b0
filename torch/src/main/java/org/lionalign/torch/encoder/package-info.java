/**
 * The DeBERTa-v2 encoder and PairRM's ranking head: how online DPO compares two answers.
 *
 * <p>Inference only, fp32, one sequence at a time, so that a score depends on nothing but its own texts. Start with
 * {@link org.lionalign.torch.encoder.PairRanker}.
 */
@NullMarked
package org.lionalign.torch.encoder;

import org.jspecify.annotations.NullMarked;
