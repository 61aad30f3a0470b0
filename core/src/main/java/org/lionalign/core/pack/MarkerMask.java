package org.lionalign.core.pack;

/**
 * The original's loss mask, found by searching a window's ids for the marker tokens (LION.md 2.6). Used for faithful runs alone: a text
 * that holds the markers, or an answer that a window's edge cuts, gets the wrong mask; Lion's own masks come from rendered spans.
 */
public final class MarkerMask {
    private MarkerMask() {}

    /**
     * Which tokens keep their label.
     *
     * @param start the ids that open an assistant turn
     * @param end the ids that end any turn
     */
    public static boolean[] keep(int[] ids, int[] start, int[] end) {
        boolean[] keep = new boolean[ids.length];
        int opened = -1; // position after the newest start marker that no end marker has followed
        for (int at = 1; at <= ids.length; at++) {
            boolean ends = endsWith(ids, at, end);
            if (ends && opened >= 0) {
                java.util.Arrays.fill(keep, opened, at, true);
                opened = -1;
            }
            if (endsWith(ids, at, start)) {
                opened = at;
            }
        }
        return keep;
    }

    private static boolean endsWith(int[] ids, int to, int[] marker) {
        int from = to - marker.length;
        return from >= 0 && java.util.Arrays.equals(ids, from, to, marker, 0, marker.length);
    }
}
