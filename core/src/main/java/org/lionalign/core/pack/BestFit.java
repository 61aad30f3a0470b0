package org.lionalign.core.pack;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;

/**
 * Best-fit decreasing: the longest item first, each into the fullest bin that has room. Deterministic, O(n log n); on usual chat lengths
 * bins are more than 97 % full.
 */
public final class BestFit {
    private BestFit() {}

    /**
     * As {@link #pack}, the items in the order they come: a little less full, but a bin is a fair sample of its neighbourhood, where
     * the longest first would give bins of long items and bins of short ones.
     */
    public static List<int[]> packInOrder(int[] items, IntUnaryOperator lengthOf, int capacity) {
        return bins(Arrays.stream(items).boxed().toArray(Integer[]::new), lengthOf, capacity);
    }

    /**
     * Groups items into bins of at most {@code capacity}; an item longer than that has a bin to itself. A bin's items are in such an order that
     * its halves, and their halves, are about as long as each other: so a pass can go in parts ({@link PackedBatch#parts}).
     *
     * @param items what to pack; items of equal length keep their order
     * @param lengthOf length of an item
     * @return the bins, in the order in which they were opened
     */
    public static List<int[]> pack(int[] items, IntUnaryOperator lengthOf, int capacity) {
        Integer[] order = Arrays.stream(items).boxed().toArray(Integer[]::new);
        Arrays.sort(order, (a, b) -> Integer.compare(lengthOf.applyAsInt(b), lengthOf.applyAsInt(a)));
        return bins(order, lengthOf, capacity).stream()
                .map(bin -> halved(bin, lengthOf))
                .toList();
    }

    /** Each item, the longest first, to the half that is shorter so far; then the same within each half. */
    private static int[] halved(int[] bin, IntUnaryOperator lengthOf) {
        if (bin.length < 3) {
            return bin;
        }
        IntStream.Builder first = IntStream.builder();
        IntStream.Builder second = IntStream.builder();
        long ahead = 0;
        for (int item : bin) { // longest first, as they were packed
            (ahead <= 0 ? first : second).add(item);
            ahead += ahead <= 0 ? lengthOf.applyAsInt(item) : -lengthOf.applyAsInt(item);
        }
        return IntStream.concat(
                        Arrays.stream(halved(first.build().toArray(), lengthOf)),
                        Arrays.stream(halved(second.build().toArray(), lengthOf)))
                .toArray();
    }

    private static List<int[]> bins(Integer[] order, IntUnaryOperator lengthOf, int capacity) {
        List<List<Integer>> bins = new ArrayList<>();
        TreeMap<Integer, Deque<Integer>> byRoom = new TreeMap<>();
        for (int item : order) {
            int length = lengthOf.applyAsInt(item);
            Map.Entry<Integer, Deque<Integer>> fit = byRoom.ceilingEntry(length);
            int bin;
            int room;
            if (fit == null) {
                bin = bins.size();
                bins.add(new ArrayList<>());
                room = capacity - length;
            } else {
                bin = fit.getValue().poll();
                room = fit.getKey() - length;
                if (fit.getValue().isEmpty()) {
                    byRoom.remove(fit.getKey());
                }
            }
            bins.get(bin).add(item);
            if (room > 0) {
                byRoom.computeIfAbsent(room, r -> new ArrayDeque<>()).add(bin);
            }
        }
        return bins.stream()
                .map(bin -> bin.stream().mapToInt(Integer::intValue).toArray())
                .toList();
    }
}
