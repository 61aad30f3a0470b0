/**
 * What this machine is and can do, as its operating system says it. Knows no tensors and measures nothing. Start at {@link
 * org.lionalign.core.machine.Processor}.
 */
@NullMarked
package org.lionalign.core.machine;

import org.jspecify.annotations.NullMarked;
