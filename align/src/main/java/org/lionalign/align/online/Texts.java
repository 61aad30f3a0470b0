package org.lionalign.align.online;

import java.text.Normalizer;

/** When two answers are the same answer. */
final class Texts {
    private Texts() {}

    /** Canonical characters, every run of white space one blank, none at the ends. */
    static String normal(String text) {
        return Normalizer.normalize(text, Normalizer.Form.NFC)
                .replaceAll("(?U)\\s+", " ")
                .strip();
    }
}
