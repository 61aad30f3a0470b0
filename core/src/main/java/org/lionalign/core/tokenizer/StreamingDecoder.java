package org.lionalign.core.tokenizer;

import java.util.ArrayList;
import java.util.List;

/** Turns a growing answer into text piece by piece; bytes of an unfinished character are held back. */
public final class StreamingDecoder {
    private final Tokenizer tokenizer;
    private final List<Integer> ids = new ArrayList<>();
    private int context; // tokens before the pending ones that keep white space right
    private int emitted;

    public StreamingDecoder(Tokenizer tokenizer) {
        this.tokenizer = tokenizer;
    }

    /** The text that this token completes; empty while a character is unfinished. */
    public String push(int id) {
        ids.add(id);
        String before = decode(context, emitted);
        String now = decode(context, ids.size());
        if (now.endsWith("\uFFFD") || now.length() <= before.length()) {
            return "";
        }
        // Decoding depends on the neighbours (leading blanks of SentencePiece), so one stable stretch is kept as
        // context.
        context = emitted;
        emitted = ids.size();
        return now.substring(before.length());
    }

    private String decode(int from, int to) {
        return tokenizer.decode(
                ids.subList(from, to).stream().mapToInt(Integer::intValue).toArray(), true);
    }
}
