/**
 * What clients of servers have in common: when a failed request is sent again, and the clock that waits.
 *
 * <p>Knows no protocol. Start with {@link org.lionalign.core.http.RetryPolicy}.
 */
@NullMarked
package org.lionalign.core.http;

import org.jspecify.annotations.NullMarked;
