package org.lionalign.core.testing;

import java.util.SplittableRandom;

/** Seeded property tests: runs a property for n seeds and names the seed that failed; {@code -Dtests.seed=S} reruns one. */
public final class Seeds {
    /** A property of one seed's random numbers. */
    @FunctionalInterface
    public interface Property {
        void check(SplittableRandom random) throws Exception;
    }

    private Seeds() {}

    public static void forAll(int n, Property property) {
        String only = System.getProperty("tests.seed");
        long first = only == null ? 0 : Long.parseLong(only);
        for (long seed = first; seed < (only == null ? n : first + 1); seed++) {
            try {
                property.check(new SplittableRandom(seed));
            } catch (Throwable e) {
                throw new AssertionError("fails for seed " + seed + "; rerun with -Dtests.seed=" + seed + ": " + e, e);
            }
        }
    }
}
