/**
 * File formats of the field, as bytes and headers: safetensors in and out, TensorBoard events. And how files appear whole, grow by lines and go
 * with their folder.
 *
 * <p>Knows no tensors: entries say where the bytes lie, and writers ask a source for them. Start with
 * {@link org.lionalign.core.format.Safetensors}.
 */
@NullMarked
package org.lionalign.core.format;

import org.jspecify.annotations.NullMarked;
