package org.lionalign.core.chat;

import java.util.Arrays;
import java.util.Set;
import java.util.function.Predicate;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.tokenizer.Encoded;
import org.lionalign.core.tokenizer.Tokenizer;

/**
 * A rendered conversation as tokens.
 *
 * @param ids the tokens, control tokens only where the template wrote them
 * @param supervised per token whether it is the assistant's own and trained
 * @param promptLength tokens before the first supervised one; all of them when there is none
 */
public record EncodedChat(int[] ids, boolean[] supervised, int promptLength) {
    /**
     * Tokenises once and reads the boundaries off the offsets. Where a token would straddle the beginning of an answer, the text is cut
     * there, so that the ids of the prompt are those the model is prompted with.
     *
     * @param supervise which turns are trained
     */
    public static EncodedChat encode(RenderedChat chat, Tokenizer tokenizer, Predicate<RenderedChat.Turn> supervise) {
        Encoded encoded = tokenizer.encode(chat.text(), chat.data());
        for (RenderedChat.Turn turn : chat.turns()) {
            if (straddles(encoded, turn.start())) {
                encoded = cutAt(chat, tokenizer);
                break;
            }
        }
        boolean[] supervised = new boolean[encoded.ids().length];
        for (RenderedChat.Turn turn : chat.turns()) {
            if (supervise.test(turn)) {
                for (int t = 0; t < supervised.length; t++) {
                    // A token belongs to the turn in which its text begins; an empty one (byte of a character) to where
                    // it stands.
                    supervised[t] |= encoded.starts()[t] >= turn.start() && encoded.starts()[t] < turn.end();
                }
            }
        }
        int prompt = 0;
        while (prompt < supervised.length && !supervised[prompt]) {
            prompt++;
        }
        return new EncodedChat(encoded.ids(), supervised, prompt);
    }

    private static boolean straddles(Encoded encoded, int boundary) {
        for (int t = 0; t < encoded.ids().length; t++) {
            if (encoded.starts()[t] < boundary && encoded.ends()[t] > boundary) {
                return true;
            }
        }
        return false;
    }

    private static Encoded cutAt(RenderedChat chat, Tokenizer tokenizer) {
        int[] ids = new int[0];
        int[] starts = new int[0];
        int[] ends = new int[0];
        int from = 0;
        for (int i = 0; i <= chat.turns().size(); i++) {
            int to = i < chat.turns().size()
                    ? chat.turns().get(i).start()
                    : chat.text().length();
            Encoded part = tokenizer.encode(chat.text().substring(from, to), Arrays.copyOfRange(chat.data(), from, to));
            int old = ids.length;
            ids = Arrays.copyOf(ids, old + part.ids().length);
            starts = Arrays.copyOf(starts, ids.length);
            ends = Arrays.copyOf(ends, ids.length);
            for (int t = 0; t < part.ids().length; t++) {
                ids[old + t] = part.ids()[t];
                starts[old + t] = part.starts()[t] + from;
                ends[old + t] = part.ends()[t] + from;
            }
            from = to;
        }
        return new Encoded(ids, starts, ends);
    }

    /** Fails unless there is exactly one {@code bos} at the front (or none anywhere, where the family has none). */
    public void checkBos(int bos, boolean expected, String row) {
        for (int t = 0; t < ids.length; t++) {
            if (ids[t] == bos && (t > 0 || !expected)) {
                throw new BadInput(row + ": expected "
                        + (expected ? "one beginning-of-text token, at the front" : "no beginning-of-text token")
                        + ", found one at token " + t + " (does the template write it twice?)");
            }
        }
        if (expected && (ids.length == 0 || ids[0] != bos)) {
            throw new BadInput(row + ": expected a beginning-of-text token at the front, found none");
        }
    }

    /** Fails unless every supervised stretch ends in a stop token. */
    public void checkStops(Set<Integer> stops, String row) {
        for (int t = 0; t < ids.length; t++) {
            boolean last = supervised[t] && (t + 1 == ids.length || !supervised[t + 1]);
            if (last && !stops.contains(ids[t])) {
                throw new BadInput(row + ": expected the assistant's turn to end in a stop token " + stops
                        + ", found token " + ids[t] + " at " + t);
            }
        }
    }
}
