/**
 * Other people's models over an OpenAI-compatible endpoint: one request, one outcome, retries, a disk cache by content, recorded replies.
 *
 * <p>Knows neither prompts nor verdicts. Keys come from the environment and go into a request's header, nowhere else.
 * Start with {@link org.lionalign.align.remote.ChatEndpoint}, then {@link org.lionalign.align.remote.OpenAiEndpoint}.
 */
@NullMarked
package org.lionalign.align.remote;

import org.jspecify.annotations.NullMarked;
