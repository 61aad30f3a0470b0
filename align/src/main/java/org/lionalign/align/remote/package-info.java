/**
 * Other people's models over an OpenAI-compatible endpoint: one request, one outcome, retries, a disk cache by content.
 *
 * <p>Knows neither prompts nor verdicts. Start with {@link org.lionalign.align.remote.ChatEndpoint}.
 */
@NullMarked
package org.lionalign.align.remote;

import org.jspecify.annotations.NullMarked;
