package org.lionalign.core.chat;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import org.lionalign.core.json.Json;

/**
 * Turns in order.
 *
 * @param messages the turns
 * @param extra other variables of the template (tools, documents …)
 */
public record Conversation(List<Message> messages, ObjectNode extra) {
    public Conversation {
        messages = List.copyOf(messages);
    }

    public Conversation(List<Message> messages) {
        this(messages, Json.object());
    }

    public static Conversation of(Message... messages) {
        return new Conversation(List.of(messages));
    }

    /** This conversation and one more turn. */
    public Conversation plus(Message message) {
        List<Message> longer = new ArrayList<>(messages);
        longer.add(message);
        return new Conversation(longer, extra);
    }

    /** The context a template is rendered with. */
    public ObjectNode toContext(boolean addGenerationPrompt) {
        ObjectNode context = extra.deepCopy();
        ArrayNode list = context.putArray("messages");
        messages.forEach(message -> list.add(message.toJson()));
        context.put("add_generation_prompt", addGenerationPrompt);
        return context;
    }
}
