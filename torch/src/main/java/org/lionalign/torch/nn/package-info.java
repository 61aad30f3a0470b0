/**
 * The blocks of a decoder: weights with their gradients, linear layers with LoRA, gated activation, rotary embedding, attention over a plan of prompt trees.
 *
 * <p>Knows no architecture and no file. Start with {@link org.lionalign.torch.nn.Weight}, then
 * {@link org.lionalign.torch.nn.TreeAttention} for whole texts and {@link org.lionalign.torch.nn.DecodeAttention} for one token of many.
 */
@NullMarked
package org.lionalign.torch.nn;

import org.jspecify.annotations.NullMarked;
