package org.lionalign.align.eval.python;

import java.util.LinkedHashSet;
import java.util.Set;
import org.lionalign.core.stats.MersenneTwister;

/**
 * Python's {@code random.Random(seed)}, number for number: the twister's words, and CPython 3.11's
 * {@code getrandbits}, {@code sample}, {@code choice} and {@code gauss}.
 */
public final class PyRandom {
    private final MersenneTwister words;
    private double spareGauss = Double.NaN;

    /** @param seed 0 or more */
    public PyRandom(long seed) {
        words = MersenneTwister.python(seed);
    }

    /** {@code random()}: 53 bits in [0, 1). */
    public double random() {
        return words.nextDouble();
    }

    /** {@code randrange(n)}, and the index that {@code choice} takes. */
    public int below(int n) {
        int bits = 32 - Integer.numberOfLeadingZeros(n);
        int drawn;
        do {
            drawn = words.next32() >>> 32 - bits;
        } while (drawn >= n);
        return drawn;
    }

    /** The indices that {@code sample(range(n), k)} takes. */
    public int[] sample(int n, int k) {
        if (k < 0 || k > n) {
            throw new IllegalArgumentException("sample: expected 0 to " + n + ", found " + k);
        }
        int setSize = 21;
        if (k > 5) {
            setSize += (int) Math.pow(4, Math.ceil(Math.log(k * 3.0) / Math.log(4)));
        }
        int[] result = new int[k];
        if (n <= setSize) {
            int[] pool = new int[n];
            for (int i = 0; i < n; i++) {
                pool[i] = i;
            }
            for (int i = 0; i < k; i++) {
                int j = below(n - i);
                result[i] = pool[j];
                pool[j] = pool[n - i - 1];
            }
            return result;
        }
        Set<Integer> selected = new LinkedHashSet<>();
        for (int i = 0; i < k; i++) {
            int j = below(n);
            while (!selected.add(j)) {
                j = below(n);
            }
            result[i] = j;
        }
        return result;
    }

    /** {@code gauss(0, 1)}: Box and Muller, two at a time. */
    public double gauss() {
        double z = spareGauss;
        spareGauss = Double.NaN;
        if (Double.isNaN(z)) {
            double angle = random() * (2 * Math.PI);
            double radius = Math.sqrt(-2 * Math.log(1 - random()));
            z = Math.cos(angle) * radius;
            spareGauss = Math.sin(angle) * radius;
        }
        return z;
    }
}
