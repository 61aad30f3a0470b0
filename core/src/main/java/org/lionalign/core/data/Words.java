package org.lionalign.core.data;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Text as lower-case words, and hashes of runs of them. */
final class Words {
    private Words() {}

    static List<String> of(String text) {
        List<String> words = new ArrayList<>();
        StringBuilder word = new StringBuilder();
        String lower = text.toLowerCase(Locale.ROOT);
        for (int i = 0; i <= lower.length(); i++) {
            char c = i < lower.length() ? lower.charAt(i) : ' ';
            if (Character.isLetterOrDigit(c)) {
                word.append(c);
            } else if (!word.isEmpty()) {
                words.add(word.toString());
                word.setLength(0);
            }
        }
        return words;
    }

    /** A 64-bit hash of words {@code [from, to)}: FNV-1a over their characters, then mixed. */
    static long hash(List<String> words, int from, int to) {
        long hash = 0xcbf29ce484222325L;
        for (int w = from; w < to; w++) {
            String word = words.get(w);
            for (int i = 0; i < word.length(); i++) {
                hash = (hash ^ word.charAt(i)) * 0x100000001b3L;
            }
            hash = (hash ^ 0xFFFF) * 0x100000001b3L;
        }
        return mix(hash);
    }

    /** Stafford's mixer 13, as SplittableRandom's. */
    static long mix(long z) {
        z = (z ^ z >>> 30) * 0xbf58476d1ce4e5b9L;
        z = (z ^ z >>> 27) * 0x94d049bb133111ebL;
        return z ^ z >>> 31;
    }
}
