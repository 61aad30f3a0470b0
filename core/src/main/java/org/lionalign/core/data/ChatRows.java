package org.lionalign.core.data;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import org.lionalign.core.chat.Conversation;
import org.lionalign.core.chat.Message;
import org.lionalign.core.json.Json;

/**
 * Rows as people have them, by looking at their columns: {@code messages}, ShareGPT {@code conversations}, Alpaca
 * {@code instruction/input/output}, {@code prompt/completion}, {@code question/answer}; for pairs {@code prompt/chosen/rejected} and
 * {@code chosen/rejected} as whole conversations.
 *
 * <p>A row that cannot be used throws {@link Unusable} with the reason for the ledger.
 */
public final class ChatRows {
    /** Why a row is set aside. */
    public static final class Unusable extends Exception {
        private static final long serialVersionUID = 1L;

        public Unusable(String reason) {
            super(reason);
        }
    }

    /** A prompt with a better and a worse answer. */
    public record Pair(Conversation prompt, String chosen, String rejected) {}

    private ChatRows() {}

    /** A conversation with at least one assistant turn. */
    public static Conversation conversation(JsonNode row) throws Unusable {
        Conversation conversation;
        if (row.has("messages")) {
            conversation = new Conversation(messages(row.get("messages"), "role", "content"), extra(row));
        } else if (row.has("conversations")) {
            List<Message> turns = messages(row.get("conversations"), "from", "value");
            if (row.path("system").isTextual() && !row.path("system").asText().isBlank()) {
                turns.add(0, new Message("system", row.get("system").asText()));
            }
            conversation = new Conversation(turns);
        } else if (row.has("instruction") && (row.has("output") || row.has("response"))) {
            String input = row.path("input").asText("");
            conversation = asked(
                    text(row, "instruction") + (input.isBlank() ? "" : "\n\n" + input),
                    text(row, row.has("output") ? "output" : "response"));
        } else if (row.has("prompt") && row.has("completion")) {
            conversation = row.get("prompt").isArray()
                    ? new Conversation(messages(row.get("prompt"), "role", "content"))
                            .plus(new Message("assistant", last(row.get("completion"))))
                    : asked(text(row, "prompt"), text(row, "completion"));
        } else if (row.has("question") && row.has("answer")) {
            conversation = asked(text(row, "question"), text(row, "answer"));
        } else {
            throw new Unusable("unknown columns");
        }
        boolean answered = false;
        for (int m = 0; m < conversation.messages().size(); m++) {
            Message message = conversation.messages().get(m);
            answered |= message.isAssistant() && !message.content().isBlank();
            if (message.role().equals("system") && m > 0) {
                throw new Unusable("system turn in the middle");
            }
        }
        if (!answered) {
            throw new Unusable("no assistant turn");
        }
        return conversation;
    }

    /** A preference pair; the two conversations' common prompt is verified, never assumed. */
    public static Pair pair(JsonNode row) throws Unusable {
        if (!row.has("chosen") || !row.has("rejected")) {
            throw new Unusable("unknown columns");
        }
        Conversation prompt;
        String chosen;
        String rejected;
        if (row.get("chosen").isArray()
                && row.get("rejected").isArray()
                && !row.path("prompt").isArray()) {
            List<Message> better = messages(row.get("chosen"), "role", "content");
            List<Message> worse = messages(row.get("rejected"), "role", "content");
            if (better.size() < 2
                    || better.size() != worse.size()
                    || !better.subList(0, better.size() - 1).equals(worse.subList(0, worse.size() - 1))) {
                throw new Unusable("different prompts");
            }
            prompt = new Conversation(better.subList(0, better.size() - 1));
            chosen = better.get(better.size() - 1).content();
            rejected = worse.get(worse.size() - 1).content();
        } else {
            prompt = row.path("prompt").isArray()
                    ? new Conversation(messages(row.get("prompt"), "role", "content"))
                    : Conversation.of(new Message("user", text(row, row.has("prompt") ? "prompt" : "instruction")));
            chosen = last(row.get("chosen"));
            rejected = last(row.get("rejected"));
        }
        if (chosen.isBlank() || rejected.isBlank()) {
            throw new Unusable("empty answer");
        }
        if (chosen.strip().equals(rejected.strip())) {
            throw new Unusable("identical answers");
        }
        return new Pair(prompt, chosen, rejected);
    }

    private static Conversation asked(String question, String answer) {
        return Conversation.of(new Message("user", question), new Message("assistant", answer));
    }

    private static String last(JsonNode node) throws Unusable {
        if (node.isTextual()) {
            return node.textValue();
        }
        List<Message> turns = messages(node, "role", "content");
        return turns.get(turns.size() - 1).content();
    }

    private static String text(JsonNode row, String key) throws Unusable {
        if (!row.path(key).isTextual()) {
            throw new Unusable(key + " is not text");
        }
        return row.get(key).textValue();
    }

    private static List<Message> messages(JsonNode list, String roleKey, String contentKey) throws Unusable {
        if (!list.isArray() || list.isEmpty()) {
            throw new Unusable("no turns");
        }
        List<Message> turns = new ArrayList<>();
        for (JsonNode node : list) {
            String role =
                    switch (node.path(roleKey).asText()) {
                        case "human", "user" -> "user";
                        case "gpt", "assistant", "model" -> "assistant";
                        case "system" -> "system";
                        case "tool", "function", "observation" -> "tool";
                        default -> throw new Unusable("unknown role");
                    };
            if (!node.path(contentKey).isTextual()) {
                throw new Unusable("content is not text");
            }
            boolean train =
                    node.path("train").asBoolean(true) && node.path("weight").asDouble(1) != 0;
            turns.add(new Message(role, node.get(contentKey).textValue(), train, Json.object()));
        }
        return turns;
    }

    private static ObjectNode extra(JsonNode row) {
        ObjectNode extra = Json.object();
        if (row.has("tools")) {
            extra.set("tools", row.get("tools"));
        }
        return extra;
    }
}
