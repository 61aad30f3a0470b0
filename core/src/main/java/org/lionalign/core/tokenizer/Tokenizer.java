package org.lionalign.core.tokenizer;

import java.util.OptionalInt;
import java.util.Set;

/**
 * A tokenizer without side effects: nothing is truncated, padded or added. One instance serves several threads.
 */
public interface Tokenizer {
    /** Ids of a text in which control tokens are recognised. */
    default int[] encode(String text) {
        return encodeWithOffsets(text).ids();
    }

    /** Ids of a text in which control tokens are plain text. */
    int[] encodeLiteral(String text);

    /** Ids with offsets of a text in which control tokens are recognised. */
    Encoded encodeWithOffsets(String text);

    /**
     * Ids with offsets of a text that is partly somebody's data: control tokens count only where no character of them is data.
     *
     * @param data one flag per UTF-16 unit
     */
    Encoded encode(String text, boolean[] data);

    /** Text of the ids; control tokens are left out when {@code skipSpecial}. */
    String decode(int[] ids, boolean skipSpecial);

    /** One more than the largest id. */
    int vocabularySize();

    /** The id of a token's exact text, as the vocabulary writes it. */
    OptionalInt idOf(String token);

    /** The vocabulary's text of an id, or {@code <id N>} for a hole. */
    String tokenOf(int id);

    /** Ids of the added tokens that are marked special. */
    Set<Integer> specialIds();

    /** SHA-256 of the {@code tokenizer.json} bytes, hexadecimal: what caches are keyed by. */
    String digest();
}
