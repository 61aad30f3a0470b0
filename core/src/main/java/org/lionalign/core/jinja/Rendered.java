package org.lionalign.core.jinja;

/**
 * What a template rendered, character by character.
 *
 * @param text the text
 * @param sources one per UTF-16 unit: 0 for what the template wrote, n + 1 for data of message n, {@link Template#OTHER_DATA} for
 *     any other data
 * @param generated one per UTF-16 unit: inside a {@code {% generation %}} block
 */
public record Rendered(String text, int[] sources, boolean[] generated) {
    /** Whether any character lies inside a generation block. */
    public boolean hasGeneration() {
        for (boolean g : generated) {
            if (g) {
                return true;
            }
        }
        return false;
    }
}
