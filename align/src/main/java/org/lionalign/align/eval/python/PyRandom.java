package org.lionalign.align.eval.python;

import java.util.LinkedHashSet;
import java.util.Set;

/**
 * Python's {@code random.Random(seed)}, number for number: MT19937 (Matsumoto and Nishimura 1998) seeded by array, and CPython 3.11's
 * {@code getrandbits}, {@code sample}, {@code choice} and {@code gauss}.
 */
public final class PyRandom {
    private static final int N = 624;
    private static final int M = 397;

    private final int[] state = new int[N];
    private int at = N;
    private double spareGauss = Double.NaN;

    /** @param seed 0 or more */
    public PyRandom(long seed) {
        if (seed < 0) {
            throw new IllegalArgumentException("seed: expected 0 or more, found " + seed);
        }
        int[] key = seed >>> 32 == 0 ? new int[] {(int) seed} : new int[] {(int) seed, (int) (seed >>> 32)};
        state[0] = 19650218;
        for (int i = 1; i < N; i++) {
            state[i] = 1812433253 * (state[i - 1] ^ state[i - 1] >>> 30) + i;
        }
        int i = 1;
        for (int k = 0, j = 0; k < N; k++, j = (j + 1) % key.length) {
            state[i] = (state[i] ^ (state[i - 1] ^ state[i - 1] >>> 30) * 1664525) + key[j] + j;
            i = next(i);
        }
        for (int k = 0; k < N - 1; k++) {
            state[i] = (state[i] ^ (state[i - 1] ^ state[i - 1] >>> 30) * 1566083941) - i;
            i = next(i);
        }
        state[0] = 0x80000000;
    }

    private int next(int i) {
        if (i + 1 < N) {
            return i + 1;
        }
        state[0] = state[N - 1];
        return 1;
    }

    private int next32() {
        if (at == N) {
            for (int k = 0; k < N; k++) {
                int y = state[k] & 0x80000000 | state[(k + 1) % N] & 0x7fffffff;
                state[k] = state[(k + M) % N] ^ y >>> 1 ^ ((y & 1) == 0 ? 0 : 0x9908b0df);
            }
            at = 0;
        }
        int y = state[at++];
        y ^= y >>> 11;
        y ^= y << 7 & 0x9d2c5680;
        y ^= y << 15 & 0xefc60000;
        return y ^ y >>> 18;
    }

    /** {@code random()}: 53 bits in [0, 1). */
    public double random() {
        long a = next32() >>> 5;
        long b = next32() >>> 6;
        return (a * 67108864.0 + b) / 9007199254740992.0;
    }

    /** {@code randrange(n)}, and the index that {@code choice} takes. */
    public int below(int n) {
        int bits = 32 - Integer.numberOfLeadingZeros(n);
        int drawn;
        do {
            drawn = next32() >>> 32 - bits;
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
