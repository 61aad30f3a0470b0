package org.lionalign.core.data;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Finds texts that were almost seen before, by MinHash over runs of five words with locality-sensitive bands (Broder 1997): 64 hashes in 16
 * bands of 4, so that texts with a Jaccard similarity of 0.8 meet with probability 0.9998. The first of a group stays.
 */
public final class NearDuplicates {
    private static final int HASHES = 64;
    private static final int BAND = 4;
    private static final int RUN = 5;

    private final double threshold;
    private final List<int[]> kept = new ArrayList<>();
    private final Map<Long, List<Integer>> bands = new HashMap<>();

    /** @param threshold share of equal hashes (an estimate of the Jaccard similarity) from which a text is a duplicate, 0 to 1 */
    public NearDuplicates(double threshold) {
        this.threshold = threshold;
    }

    /** Whether a text like it was added before; if not, it is added. */
    public boolean seen(String text) {
        int[] signature = signature(Words.of(text));
        long[] keys = new long[HASHES / BAND];
        for (int b = 0; b < keys.length; b++) {
            long key = b;
            for (int i = b * BAND; i < (b + 1) * BAND; i++) {
                key = Words.mix(key * 31 + signature[i]);
            }
            keys[b] = key;
            for (int candidate : bands.getOrDefault(key, List.of())) {
                if (similarity(signature, kept.get(candidate)) >= threshold) {
                    return true;
                }
            }
        }
        for (long key : keys) {
            bands.computeIfAbsent(key, k -> new ArrayList<>(1)).add(kept.size());
        }
        kept.add(signature);
        return false;
    }

    private static double similarity(int[] a, int[] b) {
        int same = 0;
        for (int i = 0; i < HASHES; i++) {
            same += a[i] == b[i] ? 1 : 0;
        }
        return (double) same / HASHES;
    }

    private static int[] signature(List<String> words) {
        int[] least = new int[HASHES];
        java.util.Arrays.fill(least, Integer.MAX_VALUE);
        int run = Math.max(1, Math.min(RUN, words.size()));
        for (int from = 0; from + run <= words.size(); from++) {
            long hash = Words.hash(words, from, from + run);
            for (int i = 0; i < HASHES; i++) {
                least[i] = Math.min(least[i], (int) (Words.mix(hash + i * 0x9e3779b97f4a7c15L) >>> 32));
            }
        }
        return least;
    }
}
