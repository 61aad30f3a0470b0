/**
 * Conversations and what a model's own template makes of them: text, who wrote which characters, which tokens are supervised.
 *
 * <p>Masks come from rendered spans, never from searching for markers. Knows no training and no tensors. Start with
 * {@link org.lionalign.core.chat.ChatTemplate}, then {@link org.lionalign.core.chat.EncodedChat}.
 */
@NullMarked
package org.lionalign.core.chat;

import org.jspecify.annotations.NullMarked;
