/**
 * Cub's world: a small closed English in which every request can be checked by program. Generators of pre-training text,
 * instructions, preference pairs and held-out tests; the checker; the tokenizer trainer of the bundled model.
 *
 * <p>Knows no tensors and no training. Everything is a pure function of a seed. Start with
 * {@link org.lionalign.cub.CorpusGenerator}, then {@link org.lionalign.cub.InstructionGenerator} and
 * {@link org.lionalign.cub.Checker}.
 */
@NullMarked
package org.lionalign.cub;

import org.jspecify.annotations.NullMarked;
