package org.lionalign.core.pack;

import java.util.ArrayList;
import java.util.List;

/**
 * The paper's packing: documents laid end to end and cut into windows of a fixed length. A document that crosses a window's edge goes on
 * in the next one, without what came before.
 */
public final class WrapPacking {
    /** Documents that the original packs at a time; what is left of each such group is thrown away. */
    private static final int FAITHFUL_GROUP = 1024;

    /** Tokens {@code [from, to)} of a document. */
    public record Fragment(int document, int from, int to) {
        public int length() {
            return to - from;
        }
    }

    /** A window's fragments, in order. */
    public record Window(List<Fragment> fragments) {
        public Window {
            fragments = List.copyOf(fragments);
        }

        public int length() {
            return fragments.stream().mapToInt(Fragment::length).sum();
        }

        /** Where each fragment ends, counted from the window's start. */
        public int[] ends() {
            int[] ends = new int[fragments.size()];
            int at = 0;
            for (int i = 0; i < ends.length; i++) {
                at += fragments.get(i).length();
                ends[i] = at;
            }
            return ends;
        }
    }

    private WrapPacking() {}

    /**
     * Windows over documents of the given lengths.
     *
     * @param size tokens of a window
     * @param faithful as the original: groups of 1,024 documents, a window only once the buffer is longer than it, the rest of a group
     *     dropped. Otherwise one stream over everything, and the last window is as long as what is left
     */
    public static List<Window> windows(int[] lengths, int size, boolean faithful) {
        if (size <= 0) {
            throw new IllegalArgumentException("a window needs a positive size, found " + size);
        }
        List<Window> windows = new ArrayList<>();
        List<Fragment> open = new ArrayList<>();
        int filled = 0;
        for (int d = 0; d < lengths.length; d++) {
            if (faithful && d % FAITHFUL_GROUP == 0) {
                open.clear();
                filled = 0;
            }
            int from = 0;
            while (from < lengths[d]) {
                if (filled == size) {
                    windows.add(new Window(open)); // only now is it certain that the buffer is longer than a window
                    open.clear();
                    filled = 0;
                }
                int take = Math.min(size - filled, lengths[d] - from);
                open.add(new Fragment(d, from, from + take));
                from += take;
                filled += take;
            }
        }
        if (!faithful && !open.isEmpty()) {
            windows.add(new Window(open));
        }
        return windows;
    }
}
