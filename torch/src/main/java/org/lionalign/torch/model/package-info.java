/**
 * Language models in Hugging Face layout: configuration, weights in and out, the one decoder with its heads, log-probabilities and their
 * gradients over packed prompt trees, LoRA adapters, generation.
 *
 * <p>Knows no tokenizer and no loss: token ids come in, log-probabilities go out, and their gradient comes back. Start with
 * {@link org.lionalign.torch.model.CausalLm}, then {@link org.lionalign.torch.model.DecoderLayer};
 * for generation with {@link org.lionalign.torch.model.Generator}, then its lanes and cohorts.
 */
@NullMarked
package org.lionalign.torch.model;

import org.jspecify.annotations.NullMarked;
