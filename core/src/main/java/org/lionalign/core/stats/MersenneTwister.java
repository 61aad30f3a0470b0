package org.lionalign.core.stats;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * MT19937 (Matsumoto and Nishimura 1998), seeded and read as NumPy's legacy {@code RandomState}, Python's {@code random.Random} and
 * C++'s {@code std::mt19937} do. For numbers of official tools that depend on their random numbers; new code takes a
 * {@link java.util.SplittableRandom}.
 */
public final class MersenneTwister {
    private static final int N = 624;
    private static final int M = 397;

    private final int[] state = new int[N];
    private int next = N;

    private MersenneTwister(int seed) {
        state[0] = seed;
        for (int i = 1; i < N; i++) {
            state[i] = 1812433253 * (state[i - 1] ^ state[i - 1] >>> 30) + i;
        }
    }

    /** {@code numpy.random.RandomState(seed)} or {@code std::mt19937(seed)}; the low 32 bits count. */
    public static MersenneTwister seeded(long seed) {
        return new MersenneTwister((int) seed);
    }

    /** {@code random.Random(text)}: seeded by the text's UTF-8 bytes and their SHA-512, as one large number (version 2 of the seeding). */
    public static MersenneTwister python(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        byte[] digest;
        try {
            digest = MessageDigest.getInstance("SHA-512").digest(bytes);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
        byte[] joined = java.util.Arrays.copyOf(bytes, bytes.length + digest.length);
        System.arraycopy(digest, 0, joined, bytes.length, digest.length);
        BigInteger number = new BigInteger(1, joined);
        int[] key = new int[Math.max(1, (number.bitLength() + 31) / 32)]; // least significant word first
        for (int i = 0; i < key.length; i++) {
            key[i] = number.shiftRight(32 * i).intValue();
        }
        MersenneTwister random = new MersenneTwister(19650218);
        random.mixIn(key);
        return random;
    }

    /** {@code random.Random(seed)}: seeded by the number's 32-bit words. */
    public static MersenneTwister python(long seed) {
        if (seed < 0) {
            throw new IllegalArgumentException("seed: expected 0 or more, found " + seed);
        }
        MersenneTwister random = new MersenneTwister(19650218);
        random.mixIn(seed >>> 32 == 0 ? new int[] {(int) seed} : new int[] {(int) seed, (int) (seed >>> 32)});
        return random;
    }

    private void mixIn(int[] key) {
        int i = 1;
        for (int k = 0, j = 0; k < Math.max(N, key.length); k++) {
            state[i] = (state[i] ^ (state[i - 1] ^ state[i - 1] >>> 30) * 1664525) + key[j] + j;
            i = wrap(i + 1);
            j = j + 1 == key.length ? 0 : j + 1;
        }
        for (int k = 0; k < N - 1; k++) {
            state[i] = (state[i] ^ (state[i - 1] ^ state[i - 1] >>> 30) * 1566083941) - i;
            i = wrap(i + 1);
        }
        state[0] = 0x80000000;
    }

    private int wrap(int i) {
        if (i < N) {
            return i;
        }
        state[0] = state[N - 1];
        return 1;
    }

    /** The next 32 bits. */
    public int next32() {
        if (next == N) {
            refill();
        }
        int y = state[next++];
        y ^= y >>> 11;
        y ^= y << 7 & 0x9d2c5680;
        y ^= y << 15 & 0xefc60000;
        return y ^ y >>> 18;
    }

    private void refill() {
        for (int i = 0; i < N; i++) {
            int y = state[i] & 0x80000000 | state[(i + 1) % N] & 0x7fffffff;
            state[i] = state[(i + M) % N] ^ y >>> 1 ^ ((y & 1) == 0 ? 0 : 0x9908b0df);
        }
        next = 0;
    }

    /** Uniform in [0, 1) with 53 bits: {@code random()} of Python, {@code random_sample()} of NumPy. */
    public double nextDouble() {
        long high = next32() >>> 5;
        long low = next32() >>> 6;
        return (high * 67108864.0 + low) / 9007199254740992.0;
    }

    /** {@code RandomState.randint(0, bound)}: words cut to the bound's bits, until one is below it. */
    public int nextInt(int bound) {
        if (bound <= 0) {
            throw new IllegalArgumentException("expected a bound above 0, found " + bound);
        }
        if (bound == 1) {
            return 0;
        }
        int mask = -1 >>> Integer.numberOfLeadingZeros(bound - 1);
        int drawn;
        do {
            drawn = next32() & mask;
        } while (drawn >= bound);
        return drawn;
    }

    /** {@code RandomState.choice(n, n)}: the rows of {@code DataFrame.sample(frac=1.0, replace=True)}. */
    public int[] resample(int n) {
        int[] rows = new int[n];
        for (int i = 0; i < n; i++) {
            rows[i] = nextInt(n);
        }
        return rows;
    }

    /** Below {@code bound} by the multiplication of Lemire (2019): {@code bounded_rand_int} of scikit-learn's liblinear. */
    public int nextIntByProduct(int bound) {
        long range = bound & 0xFFFFFFFFL;
        long product = (next32() & 0xFFFFFFFFL) * range;
        long low = product & 0xFFFFFFFFL;
        if (low < range) {
            long threshold = ((1L << 32) - range) % range;
            while (low < threshold) {
                product = (next32() & 0xFFFFFFFFL) * range;
                low = product & 0xFFFFFFFFL;
            }
        }
        return (int) (product >>> 32);
    }
}
