/**
 * How Lion says that something the user gave is wrong: {@link org.lionalign.core.error.BadInput}; and that a run is not as it must be:
 * {@link org.lionalign.core.error.CheckFailed}.
 *
 * <p>Knows nothing of where the input came from or how it is printed; the command line turns a {@code BadInput} into
 * one line on standard error and exit code 3 (4 for a {@code CheckFailed}). Start with {@link org.lionalign.core.error.BadInput}.
 */
@NullMarked
package org.lionalign.core.error;

import org.jspecify.annotations.NullMarked;
