package org.lionalign.align.eval;

import java.util.SortedMap;
import java.util.TreeMap;

/** Counts what went wrong, by reason, for the headline table. */
public final class Failures {
    private final SortedMap<String, Long> counts = new TreeMap<>();

    public void add(String reason) {
        add(reason, 1);
    }

    public void add(String reason, long times) {
        if (times > 0) {
            counts.merge(reason, times, Long::sum);
        }
    }

    public SortedMap<String, Long> counts() {
        return counts;
    }
}
