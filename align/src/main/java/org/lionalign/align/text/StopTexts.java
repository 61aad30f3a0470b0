package org.lionalign.align.text;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.lionalign.core.tokenizer.StreamingDecoder;
import org.lionalign.core.tokenizer.Tokenizer;
import org.lionalign.torch.model.Generator;

/** Texts at which an answer ends; they are not part of it. Listens to one {@link Generator} run. */
public final class StopTexts implements Generator.Listener {
    private final Tokenizer tokenizer;
    private final List<String> stops;
    private final Map<Long, StringBuilder> written = new HashMap<>();
    private final Map<Long, StreamingDecoder> decoders = new HashMap<>();

    public StopTexts(Tokenizer tokenizer, List<String> stops) {
        this.tokenizer = tokenizer;
        this.stops = List.copyOf(stops);
    }

    @Override
    public boolean onToken(int prompt, int answer, int id) {
        if (stops.isEmpty()) {
            return true;
        }
        long key = (long) prompt << 32 | answer;
        StringBuilder so = written.computeIfAbsent(key, k -> new StringBuilder());
        so.append(decoders.computeIfAbsent(key, k -> new StreamingDecoder(tokenizer))
                .push(id));
        return first(so.toString()) < 0;
    }

    /** The text before the first stop. */
    public String cut(String text) {
        int stop = first(text);
        return stop < 0 ? text : text.substring(0, stop);
    }

    private int first(String words) {
        int first = -1;
        for (String stop : stops) {
            int at = words.indexOf(stop);
            if (at >= 0 && (first < 0 || at < first)) {
                first = at;
            }
        }
        return first;
    }
}
