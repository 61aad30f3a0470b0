package org.lionalign.core.format;

import java.util.Locale;

/** Numbers of bytes for people. */
public final class Sizes {
    private Sizes() {}

    /** {@code 512 bytes}, {@code 1.5 MB}, {@code 2.50 GB}; a MB is a million bytes. */
    public static String text(long bytes) {
        return bytes < 1_000_000
                ? String.format(Locale.ROOT, "%,d bytes", bytes)
                : bytes < 1_000_000_000
                        ? String.format(Locale.ROOT, "%.1f MB", bytes / 1e6)
                        : String.format(Locale.ROOT, "%.2f GB", bytes / 1e9);
    }
}
