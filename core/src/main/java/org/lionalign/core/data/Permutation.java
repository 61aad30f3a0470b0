package org.lionalign.core.data;

/**
 * {@code numpy.random.default_rng(seed).permutation(n)}, number for number: what Hugging Face's {@code Dataset.shuffle(seed)} uses
 * (LION.md 2.5). SeedSequence and PCG64 XSL-RR as in NumPy 1.17 and later; O'Neill 2014.
 */
public final class Permutation {
    private static final long MULTIPLIER_HIGH = 0x2360ED051FC65DA4L;
    private static final long MULTIPLIER_LOW = 0x4385DF649FCCF645L;
    private static final int POOL = 4;

    private long high;
    private long low;
    private long incrementHigh;
    private long incrementLow;
    private boolean halfLeft;
    private int half;

    private Permutation(long seed) {
        long[] words = seedSequence(seed);
        incrementHigh = words[2] << 1 | words[3] >>> 63;
        incrementLow = words[3] << 1 | 1;
        step();
        add(words[0], words[1]);
        step();
    }

    /** The numbers 0 to n − 1 in NumPy's order for this seed. */
    public static int[] of(long seed, int n) {
        if (seed < 0) {
            throw new IllegalArgumentException("NumPy takes no negative seed, found " + seed);
        }
        Permutation random = new Permutation(seed);
        int[] order = new int[n];
        for (int i = 0; i < n; i++) {
            order[i] = i;
        }
        for (int i = n - 1; i > 0; i--) {
            int j = random.atMost(i);
            int swap = order[i];
            order[i] = order[j];
            order[j] = swap;
        }
        return order;
    }

    /** Uniform in 0 to {@code largest}: words cut to its bits, until one is not above it. */
    private int atMost(int largest) {
        int mask = -1 >>> Integer.numberOfLeadingZeros(largest);
        int drawn;
        do {
            drawn = next32() & mask;
        } while (drawn > largest);
        return drawn;
    }

    private int next32() {
        if (halfLeft) {
            halfLeft = false;
            return half;
        }
        step();
        long word = Long.rotateRight(high ^ low, (int) (high >>> 58));
        half = (int) (word >>> 32);
        halfLeft = true;
        return (int) word;
    }

    private void step() {
        long newHigh = unsignedHigh(low, MULTIPLIER_LOW) + high * MULTIPLIER_LOW + low * MULTIPLIER_HIGH;
        low = low * MULTIPLIER_LOW;
        high = newHigh;
        add(incrementHigh, incrementLow);
    }

    private void add(long otherHigh, long otherLow) {
        long sum = low + otherLow;
        high += otherHigh + (Long.compareUnsigned(sum, low) < 0 ? 1 : 0);
        low = sum;
    }

    private static long unsignedHigh(long a, long b) {
        return Math.multiplyHigh(a, b) + (a >> 63 & b) + (b >> 63 & a);
    }

    /** NumPy's SeedSequence: four 64-bit words from a seed. */
    private static long[] seedSequence(long seed) {
        int[] entropy = seed >>> 32 == 0 ? new int[] {(int) seed} : new int[] {(int) seed, (int) (seed >>> 32)};
        int[] pool = new int[POOL];
        int[] hash = {0x43b0d7e5};
        for (int i = 0; i < POOL; i++) {
            pool[i] = hashMix(i < entropy.length ? entropy[i] : 0, hash);
        }
        for (int from = 0; from < POOL; from++) {
            for (int to = 0; to < POOL; to++) {
                if (from != to) {
                    pool[to] = mix(pool[to], hashMix(pool[from], hash));
                }
            }
        }
        int state = 0x8b51f9dd;
        int[] words = new int[8];
        for (int i = 0; i < words.length; i++) {
            int value = pool[i % POOL] ^ state;
            state *= 0x58f38ded;
            value *= state;
            words[i] = value ^ value >>> 16;
        }
        long[] result = new long[4];
        for (int i = 0; i < result.length; i++) {
            result[i] = words[2 * i] & 0xFFFFFFFFL | (long) words[2 * i + 1] << 32;
        }
        return result;
    }

    private static int hashMix(int value, int[] hash) {
        int mixed = value ^ hash[0];
        hash[0] *= 0x931e8875;
        mixed *= hash[0];
        return mixed ^ mixed >>> 16;
    }

    private static int mix(int x, int y) {
        int result = 0xca01f9dd * x - 0x4973f715 * y;
        return result ^ result >>> 16;
    }
}
