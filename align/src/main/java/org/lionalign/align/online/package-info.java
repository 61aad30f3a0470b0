/**
 * Preference pairs from judged answers: rules for who is preferred, originals mixed in by exact shares, a ledger in which every prompt is
 * accounted for; and how far a policy has drifted from the one it came from.
 *
 * <p>Knows no model and no judge. Start with {@link org.lionalign.align.online.PairMaker}.
 */
@NullMarked
package org.lionalign.align.online;

import org.jspecify.annotations.NullMarked;
