/**
 * Python where a published score depends on it: its white space and letters, its patterns, its random numbers and its JSON.
 *
 * <p>Knows no benchmark. Start with {@link org.lionalign.align.eval.python.PyText}.
 */
@NullMarked
package org.lionalign.align.eval.python;

import org.jspecify.annotations.NullMarked;
