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
    private final Map<Long, StopText> written = new HashMap<>();

    public StopTexts(Tokenizer tokenizer, List<String> stops) {
        this.tokenizer = tokenizer;
        this.stops = List.copyOf(stops);
    }

    @Override
    public boolean onToken(int prompt, int answer, int id) {
        if (stops.isEmpty()) {
            return true;
        }
        StopText answered = written.computeIfAbsent(
                (long) prompt << 32 | answer, key -> new StopText(stops, new StreamingDecoder(tokenizer)));
        answered.push(id);
        return !answered.stopped();
    }

    /** The text before the first stop. */
    public String cut(String text) {
        int stop = StopText.first(stops, text::indexOf);
        return stop < 0 ? text : text.substring(0, stop);
    }
}
