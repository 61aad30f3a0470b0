/**
 * Text to token ids and back, through Hugging Face {@code tokenizer.json} files.
 *
 * <p>Control tokens are recognised only where the caller says the text is the template's own: what a user wrote never becomes one. Knows
 * no chat. Start with {@link org.lionalign.core.tokenizer.Tokenizer}.
 */
@NullMarked
package org.lionalign.core.tokenizer;

import org.jspecify.annotations.NullMarked;
