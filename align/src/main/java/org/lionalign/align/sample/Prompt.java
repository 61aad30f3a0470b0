package org.lionalign.align.sample;

import com.fasterxml.jackson.databind.node.ObjectNode;
import org.lionalign.align.text.ModelDigest;
import org.lionalign.core.chat.Conversation;
import org.lionalign.core.json.Json;

/**
 * What is answered.
 *
 * @param id file and row
 * @param source its source's name, for counts
 * @param conversation everything before the answer
 * @param row the whole row that it came from: rules and original pairs read it
 * @param digest SHA-256 of the conversation, hexadecimal: the same prompt of another file is the same prompt
 */
public record Prompt(String id, String source, Conversation conversation, ObjectNode row, String digest) {
    public Prompt(String id, String source, Conversation conversation, ObjectNode row) {
        this(id, source, conversation, row, digestOf(conversation));
    }

    private static String digestOf(Conversation conversation) {
        return ModelDigest.text(Json.write(conversation.toContext(true)));
    }
}
