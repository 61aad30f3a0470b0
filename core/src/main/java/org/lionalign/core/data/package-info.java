/**
 * Training rows: what layouts people have, turned into conversations and pairs, and the ledger of what happened to each row.
 *
 * <p>Knows no tokens. Start with {@link org.lionalign.core.data.ChatRows}.
 */
@NullMarked
package org.lionalign.core.data;

import org.jspecify.annotations.NullMarked;
