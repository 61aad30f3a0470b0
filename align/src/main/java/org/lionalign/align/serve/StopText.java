package org.lionalign.align.serve;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lionalign.core.tokenizer.StreamingDecoder;

/** An answer's text while it grows. What could be the beginning of a stop text is held back until it is known not to be. */
final class StopText {
    private final List<String> stops;
    private final StreamingDecoder decoder;
    private final StringBuilder text = new StringBuilder();
    private int told;
    private boolean stopped;

    StopText(List<String> stops, StreamingDecoder decoder) {
        this.stops = stops.stream().filter(stop -> !stop.isEmpty()).toList();
        this.decoder = decoder;
    }

    /**
     * @param id a token, or null for one that has no text
     * @return what may be told now
     */
    String push(@Nullable Integer id) {
        if (id != null) {
            text.append(decoder.push(id));
        }
        for (String stop : stops) {
            int at = text.indexOf(stop);
            if (at >= 0) {
                text.setLength(at);
                stopped = true;
            }
        }
        return tell(text.length() - (stopped ? 0 : heldBack()));
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
    String rest() {
        return tell(text.length());
    }

    boolean stopped() {
        return stopped;
    }

    String text() {
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
