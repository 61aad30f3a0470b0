/**
 * The subset of Jinja that chat templates use, rendered as transformers renders it (trim_blocks, lstrip_blocks, loop controls,
 * {@code {% generation %}}), with the origin of every character: template or data, and inside a generation block or not.
 *
 * <p>Knows no chat and no tokens. Anything outside the subset, and {@code raise_exception}, is an error that names template, line and
 * message. Start with {@link org.lionalign.core.jinja.Template}.
 */
@NullMarked
package org.lionalign.core.jinja;

import org.jspecify.annotations.NullMarked;
