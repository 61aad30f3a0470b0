package org.lionalign.core.chat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Set;
import org.lionalign.core.json.Json;

/**
 * One turn of a conversation.
 *
 * @param role {@code system}, {@code user}, {@code assistant}, {@code tool} …
 * @param content the text
 * @param train whether an assistant turn may be supervised
 * @param extra what else the row says of it (tool calls, name …), handed on to the template
 */
public record Message(String role, String content, boolean train, ObjectNode extra) {
    /** The roles whose turns a model writes itself. */
    public static final Set<String> ASSISTANT = Set.of("assistant", "model");

    public Message(String role, String content) {
        this(role, content, true, Json.object());
    }

    public boolean isAssistant() {
        return ASSISTANT.contains(role);
    }

    /** As templates see it. */
    public ObjectNode toJson() {
        ObjectNode node = Json.object();
        node.put("role", role);
        node.put("content", content);
        node.setAll(extra);
        return node;
    }
}
