/**
 * The reference model's log-probabilities, token by token, on disk: computed once, used by every loss and every β.
 *
 * <p>Knows no loss. Start with {@link org.lionalign.align.reference.ReferenceCache}.
 */
@NullMarked
package org.lionalign.align.reference;

import org.jspecify.annotations.NullMarked;
