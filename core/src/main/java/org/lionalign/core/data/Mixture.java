package org.lionalign.core.data;

import java.math.BigDecimal;
import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * How much of each source is trained on: ⌊f⌋ whole copies and a draw of ⌊φ·n⌋ rows for the rest φ, n counted after de-duplication (LION.md
 * 2.5). The fraction is taken as it was written: 2.3 has the rest 0.3.
 */
public final class Mixture {
    private Mixture() {}

    /**
     * Row numbers of one source, in order, as often as they are taken.
     *
     * @param n rows of the source
     * @param fraction 0 or above
     * @param faithful NumPy's order and the original's binary remainder; otherwise a stream of our own
     */
    public static int[] rows(int n, double fraction, long seed, boolean faithful) {
        if (fraction < 0 || !Double.isFinite(fraction)) {
            throw new IllegalArgumentException("a fraction must be 0 or above, found " + fraction);
        }
        int copies = (int) Math.floor(fraction);
        int rest = faithful
                ? (int) (n * (fraction % 1))
                : BigDecimal.valueOf(fraction)
                        .remainder(BigDecimal.ONE)
                        .multiply(BigDecimal.valueOf(n))
                        .intValue();
        int[] order = fraction == 1 && !faithful ? identity(n) : faithful ? Permutation.of(seed, n) : shuffled(n, seed);
        int[] rows = new int[Math.addExact(Math.multiplyExact(copies, n), rest)];
        for (int copy = 0; copy < copies; copy++) {
            System.arraycopy(order, 0, rows, copy * n, n);
        }
        System.arraycopy(order, 0, rows, copies * n, rest);
        if (!faithful) {
            Arrays.sort(rows, copies * n, rows.length); // which rows is drawn; their order is the file's
        }
        return rows;
    }

    /** The same without a draw: whole copies and the first rows, in the file's order, as the original takes what it evaluates on. */
    public static int[] head(int n, double fraction) {
        int rest = (int) (n * (fraction % 1));
        int[] rows = new int[Math.addExact(Math.multiplyExact((int) Math.floor(fraction), n), rest)];
        for (int i = 0; i < rows.length; i++) {
            rows[i] = i % n;
        }
        return rows;
    }

    private static int[] identity(int n) {
        int[] order = new int[n];
        for (int i = 0; i < n; i++) {
            order[i] = i;
        }
        return order;
    }

    /** All row numbers in a drawn order. */
    public static int[] shuffled(int n, long seed) {
        int[] order = identity(n);
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = n - 1; i > 0; i--) {
            int j = random.nextInt(i + 1);
            int swap = order[i];
            order[i] = order[j];
            order[j] = swap;
        }
        return order;
    }
}
