/**
 * The facade over libtorch: the only package that imports {@code org.bytedeco}. Operators are named as in PyTorch.
 *
 * <p><b>Ownership.</b> Native memory is freed by scopes, never by the garbage collector, which sees 16 bytes per tensor: open a
 * {@link org.lionalign.torch.tensor.TensorScope} per micro-batch (or layer, or decoding step) with try-with-resources; every tensor made
 * inside is freed when it closes, except those that {@link org.lionalign.torch.tensor.TensorScope#escape escape} to the scope around it.
 * Long-lived tensors (weights, optimizer state) are made outside any scope and closed by their owner.
 *
 * <p>Knows no model. Start with {@link org.lionalign.torch.tensor.Tensor}.
 */
@NullMarked
package org.lionalign.torch.tensor;

import org.jspecify.annotations.NullMarked;
