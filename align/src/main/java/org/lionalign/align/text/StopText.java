package org.lionalign.align.text;

import java.util.List;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;
import org.lionalign.core.tokenizer.StreamingDecoder;

/**
 * An answer's text while it grows, up to the first stop text, which is not part of it. What could be the beginning of a stop text is held back
 * until it is known not to be.
 */
public final class StopText {
    private final List<String> stops;
    private final StreamingDecoder decoder;
    private final StringBuilder text = new StringBuilder();
    private int told;
    private boolean stopped;

    public StopText(List<String> stops, StreamingDecoder decoder) {
        this.stops = List.copyOf(stops);
        this.decoder = decoder;
    }

    /**
     * @param id a token, or null for one that has no text
     * @return what may be told now
     */
    public String push(@Nullable Integer id) {
        if (id != null) {
            text.append(decoder.push(id));
        }
        int stop = first(stops, text::indexOf);
        if (stop >= 0) {
            text.setLength(stop);
            stopped = true;
        }
        return tell(text.length() - (stopped ? 0 : heldBack()));
    }

    /**
     * Where the first of the stop texts begins in a text, or −1; an empty one stands nowhere.
     *
     * @param indexOf the text's own: a growing one is not copied for each token
     */
    static int first(List<String> stops, ToIntFunction<String> indexOf) {
        return stops.stream()
                .filter(stop -> !stop.isEmpty())
                .mapToInt(indexOf)
                .filter(at -> at >= 0)
                .min()
                .orElse(-1);
    }

    /** The longest end of the text that begins a stop text. */
    private int heldBack() {
        int held = 0;
        for (String stop : stops) {
            for (int n = Math.min(stop.length() - 1, text.length()); n > held; n--) {
                if (stop.startsWith(text.substring(text.length() - n))) {
                    held = n;
                }
            }
        }
        return held;
    }

    /** What was held back when no more tokens come. */
    public String rest() {
        return tell(text.length());
    }

    /** Whether a stop text came. */
    public boolean stopped() {
        return stopped;
    }

    /** All of it. */
    public String text() {
        return text.toString();
    }

    private String tell(int to) {
        if (to <= told) {
            return "";
        }
        String piece = text.substring(told, to);
        told = to;
        return piece;
    }
}
