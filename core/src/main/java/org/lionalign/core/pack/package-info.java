/**
 * The forest layout: every forward pass of every stage sees a stream of token ids without padding, divided into prompt
 * trees ({@code ARCHITECTURE.md} 2).
 *
 * <p>Holds the trees, the packers that choose which trees go together, the packed batch with positions and prediction
 * targets, and the attention plan. Knows no tokenizer, no text, no tensors and no loss. Start with
 * {@link org.lionalign.core.pack.PromptTree}, then {@link org.lionalign.core.pack.PackedBatch}.
 */
@NullMarked
package org.lionalign.core.pack;

import org.jspecify.annotations.NullMarked;
