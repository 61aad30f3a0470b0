package org.lionalign.core.recipe;

import org.jspecify.annotations.Nullable;
import org.lionalign.core.error.BadInput;

/** What the compact constructors of recipes have in common. */
final class Checks {
    private Checks() {}

    static void require(boolean holds, String key, String expected, @Nullable Object found) {
        if (!holds) {
            throw new BadInput(key + ": expected " + expected + ", found " + found);
        }
    }

    /** A value that only some types read must be absent for the others (invariant 9). */
    static void readBy(boolean reads, String key, String type, @Nullable Object found) {
        require(reads || found == null, key, "absent, for " + type + " does not read it", found);
    }
}
