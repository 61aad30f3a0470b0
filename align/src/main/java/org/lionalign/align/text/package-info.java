/**
 * Text in, text out: what the verbs on a single model do, from rows of JSON to packed trees and back.
 *
 * <p>Knows no training. Start with {@link org.lionalign.align.text.TextModel}.
 */
@NullMarked
package org.lionalign.align.text;

import org.jspecify.annotations.NullMarked;
