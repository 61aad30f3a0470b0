package org.lionalign.cub;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;

/** Seeded choices. A seed is derived by name, so that one generator's draws never shift another's. */
public final class Draw {
    private final SplittableRandom random;

    private Draw(SplittableRandom random) {
        this.random = random;
    }

    /** The draws of item {@code index} of the stream {@code name}; the same on every machine. */
    public static Draw of(long seed, String name, long index) {
        byte[] digest = sha256((seed + "/" + name + "/" + index).getBytes(StandardCharsets.UTF_8));
        return new Draw(new SplittableRandom(ByteBuffer.wrap(digest).getLong()));
    }

    /** Lower-case SHA-256 of UTF-8 text. */
    public static String hash(String text) {
        return HexFormat.of().formatHex(sha256(text.getBytes(StandardCharsets.UTF_8)));
    }

    static byte[] sha256(byte[] bytes) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(bytes);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Uniform in [0, bound). */
    public int below(int bound) {
        return random.nextInt(bound);
    }

    /** Uniform in [low, high], both included. */
    public int between(int low, int high) {
        return low + random.nextInt(high - low + 1);
    }

    public boolean chance(double p) {
        return random.nextDouble() < p;
    }

    public <T> T pick(List<T> from) {
        return from.get(random.nextInt(from.size()));
    }

    public String pick(String... from) {
        return from[random.nextInt(from.length)];
    }

    /** {@code n} different elements in random order. */
    public <T> List<T> some(List<T> from, int n) {
        List<T> rest = new ArrayList<>(from);
        List<T> out = new ArrayList<>(n);
        for (int i = 0; i < n; i++) {
            out.add(rest.remove(random.nextInt(rest.size())));
        }
        return out;
    }

    /** One index, with odds in proportion to {@code weights}. */
    public int weighted(int... weights) {
        int at = random.nextInt(Arrays.stream(weights).sum());
        for (int i = 0; i < weights.length; i++) {
            at -= weights[i];
            if (at < 0) {
                return i;
            }
        }
        throw new IllegalStateException("weights sum to nothing");
    }
}
