/**
 * Models over HTTP: an OpenAI-compatible endpoint for programs and a page for people that shows two models side by side.
 *
 * <p>Knows no terminal. Start with {@link org.lionalign.align.serve.ChatServer}.
 */
@NullMarked
package org.lionalign.align.serve;

import org.jspecify.annotations.NullMarked;
