/**
 * The command line: one class per verb, each a thin shell over a class of {@code align}. Nothing here computes.
 *
 * <p>Start with {@link org.lionalign.cli.Lion}.
 */
@NullMarked
package org.lionalign.cli;

import org.jspecify.annotations.NullMarked;
