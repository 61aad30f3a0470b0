package org.lionalign.core.chat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.jinja.Rendered;
import org.lionalign.core.jinja.Template;

/**
 * Finds the assistant's own stretches of a rendered conversation.
 *
 * <p>With {@code {% generation %}} blocks the template says it itself. Without, a turn begins where the prompt for it ends (the rendering
 * of what precedes it, with the generation prompt) and runs through its content to the end-of-turn text: what follows the content up to
 * the next white space. Every answer is checked against the origin of the characters; a contradiction is an error, never a guess.
 */
final class SpanFinder {
    private final ChatTemplate template;
    private final ObjectNode context;
    private final Rendered full;
    private final String text;

    SpanFinder(ChatTemplate template, ObjectNode context) {
        this.template = template;
        this.context = context;
        this.full = template.render(context);
        this.text = full.text();
    }

    RenderedChat find() {
        JsonNode messages = context.path("messages");
        List<RenderedChat.Span> spans = new ArrayList<>();
        List<RenderedChat.Turn> turns = new ArrayList<>();
        boolean[] data = new boolean[text.length()];
        for (int i = 0; i < data.length; i++) {
            data[i] = full.sources()[i] != 0;
        }
        int[][] contents = contents(messages.size());
        for (int m = 0; m < messages.size(); m++) {
            if (contents[m][0] >= 0) {
                spans.add(new RenderedChat.Span(
                        contents[m][0],
                        contents[m][1],
                        m,
                        messages.get(m).path("role").asText()));
            }
        }
        spans.sort(java.util.Comparator.comparingInt(RenderedChat.Span::start));
        if (full.hasGeneration()) {
            generated(messages, contents, turns);
        } else {
            int from = 0;
            for (int m = 0; m < messages.size(); m++) {
                if (Message.ASSISTANT.contains(messages.get(m).path("role").asText())) {
                    RenderedChat.Turn turn = turn(m, contents, from);
                    if (turn != null) {
                        turns.add(turn);
                        from = turn.end();
                    }
                }
            }
        }
        return new RenderedChat(text, data, spans, turns);
    }

    /** First and one past the last character of each message's data, −1 where it left none. */
    private int[][] contents(int count) {
        int[][] contents = new int[count][];
        for (int m = 0; m < count; m++) {
            contents[m] = new int[] {-1, -1};
        }
        for (int i = 0; i < text.length(); i++) {
            int source = full.sources()[i];
            if (source > 0 && source <= count) {
                int[] range = contents[source - 1];
                range[0] = range[0] < 0 ? i : range[0];
                range[1] = i + 1;
            }
        }
        return contents;
    }

    private void generated(JsonNode messages, int[][] contents, List<RenderedChat.Turn> turns) {
        int message = -1;
        for (int i = 0; i < text.length(); i++) {
            if (!full.generated()[i]) {
                continue;
            }
            int end = i;
            while (end < text.length() && full.generated()[end]) {
                end++;
            }
            message = owner(messages, contents, i, end, message);
            turns.add(new RenderedChat.Turn(i, end, message));
            i = end;
        }
    }

    /** The assistant message whose data lies in a generation block; the next assistant message where it has none. */
    private int owner(JsonNode messages, int[][] contents, int start, int end, int before) {
        for (int m = 0; m < messages.size(); m++) {
            if (contents[m][0] >= start && contents[m][1] <= end && contents[m][0] >= 0) {
                return m;
            }
        }
        for (int m = before + 1; m < messages.size(); m++) {
            if (Message.ASSISTANT.contains(messages.get(m).path("role").asText()) && contents[m][0] < 0) {
                checkEmpty(m);
                return m;
            }
        }
        throw new BadInput(
                template.name() + ": generation block at character " + start + " belongs to no assistant message");
    }

    /** A message of which the template wrote nothing must have had nothing to say. */
    private void checkEmpty(int m) {
        if (!context.path("messages").get(m).path("content").asText().isBlank()) {
            throw new BadInput(template.name() + ": expected the text of message " + m
                    + " in what the template renders, found none of it (it may want content as a list of parts)");
        }
    }

    private RenderedChat.@Nullable Turn turn(int m, int[][] contents, int from) {
        int contentStart = contents[m][0];
        int contentEnd = contents[m][1];
        int start = promptEnd(m, contentStart, from);
        if (contentStart < 0) {
            if (start >= 0) {
                checkEmpty(m);
            }
            if (start < 0) {
                return null; // the template dropped this turn, as reasoning templates drop earlier ones
            }
            contentEnd = start;
        } else if (start < 0) {
            start = contentStart;
        }
        int end = endOfTurn(m, contentEnd);
        for (int i = start; i < end; i++) {
            int source = full.sources()[i];
            if (source > 0 && source != m + 1 && source != Template.OTHER_DATA) {
                throw new BadInput(
                        template.name() + ": the turn of message " + m + " cannot be told apart from message "
                                + (source - 1) + " in the rendered text (characters " + start + " to " + end + ")");
            }
        }
        return new RenderedChat.Turn(start, end, m);
    }

    /** Where the prompt for message m ends in the text, or −1 where rendering the turns before it does not say. */
    private int promptEnd(int m, int contentStart, int from) {
        String prompt = prefix(m, true);
        String plain = prompt == null ? null : prefix(m, false);
        if (prompt == null || prompt.equals(plain) || !text.startsWith(prompt) || prompt.length() < from) {
            return -1;
        }
        return contentStart >= 0 && prompt.length() > contentStart ? -1 : prompt.length();
    }

    private @Nullable String prefix(int count, boolean generationPrompt) {
        ObjectNode part = context.deepCopy();
        ArrayNode kept = part.putArray("messages");
        for (int i = 0; i < count; i++) {
            kept.add(context.path("messages").get(i));
        }
        part.put("add_generation_prompt", generationPrompt);
        try {
            return template.render(part).text();
        } catch (BadInput refused) {
            return null; // a template may refuse half a conversation; the origin of the characters decides then
        }
    }

    /** Through the end-of-turn text: blanks right after the content, then everything up to the next white space or data. */
    private int endOfTurn(int m, int contentEnd) {
        String upTo = prefix(m + 1, false);
        int limit =
                upTo != null && text.startsWith(upTo) && upTo.length() >= contentEnd ? upTo.length() : text.length();
        int at = contentEnd;
        while (at < limit && full.sources()[at] == 0 && Character.isWhitespace(text.charAt(at))) {
            at++;
        }
        int end = at;
        while (end < limit && full.sources()[end] == 0 && !Character.isWhitespace(text.charAt(end))) {
            end++;
        }
        // Only what lies on the content's own line counts: after a line break stands the next header, or nothing.
        boolean broken = text.substring(contentEnd, at).indexOf('\n') >= 0;
        return end > at && !broken
                ? end
                : broken && end > at && looksLikeMarker(at, end) && end == lastMarker(at, limit) ? end : contentEnd;
    }

    /** Some templates put the end marker on a line of its own. */
    private boolean looksLikeMarker(int from, int to) {
        String marker = text.substring(from, to);
        return marker.startsWith("<") && marker.endsWith(">");
    }

    private int lastMarker(int from, int limit) {
        int end = from;
        while (end < limit && !Character.isWhitespace(text.charAt(end))) {
            end++;
        }
        return text.substring(end, limit).isBlank() ? end : -1;
    }
}
