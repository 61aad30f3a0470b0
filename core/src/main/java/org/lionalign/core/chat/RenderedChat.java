package org.lionalign.core.chat;

import java.util.List;

/**
 * A conversation as its template writes it.
 *
 * @param text what the model reads
 * @param data per UTF-16 unit: whether it came from the conversation (true) or from the template
 * @param spans where each message's own text stands, in text order
 * @param turns the assistant's own stretches, in text order: answer and end-of-turn, header excluded
 */
public record RenderedChat(String text, boolean[] data, List<Span> spans, List<Turn> turns) {
    /** Characters {@code [start, end)} written by message {@code message}. */
    public record Span(int start, int end, int message, String role) {}

    /** Characters {@code [start, end)} that the assistant generates for message {@code message}. */
    public record Turn(int start, int end, int message) {}

    public RenderedChat {
        spans = List.copyOf(spans);
        turns = List.copyOf(turns);
    }
}
