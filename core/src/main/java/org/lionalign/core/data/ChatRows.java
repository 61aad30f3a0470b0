package org.lionalign.core.data;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.lionalign.core.chat.Conversation;
import org.lionalign.core.chat.Message;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.json.Json;

/**
 * Rows as people have them, by looking at their columns: {@code messages}, ShareGPT {@code conversations}, Alpaca
 * {@code instruction/input/output}, {@code prompt/completion}, {@code query/response}, {@code question/answer}, and what LION's nine
 * sources have. Pairs are {@link PairRows}'.
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

    /** Layouts of conversations by the columns that they must have; the first that fits is taken. */
    public enum Layout {
        MESSAGES("messages"),
        /** ShareGPT, OpenHermes, SlimOrca, deita. */
        SHAREGPT("conversations"),
        /** Capybara: pairs of input and output. */
        TURNS("conversation"),
        ALPACA("instruction", "output"),
        /** Magicoder-Evol-Instruct. */
        ALPACA_RESPONSE("instruction", "response"),
        COMPLETION("prompt", "completion"),
        /** MetaMathQA. */
        QUERY("query", "response"),
        /** orca-math-word-problems, GSM8K. */
        QUESTION("question", "answer");

        private final String first;
        private final String second;

        Layout(String column) {
            this(column, column);
        }

        Layout(String first, String second) {
            this.first = first;
            this.second = second;
        }

        /** By its name in recipes. */
        public static Layout named(String name) {
            try {
                return valueOf(name.toUpperCase(Locale.ROOT));
            } catch (IllegalArgumentException e) {
                throw new BadInput(
                        "data source: layout: expected one of "
                                + Arrays.toString(values()).toLowerCase(Locale.ROOT) + ", found " + name,
                        e);
            }
        }
    }

    private ChatRows() {}

    /** A conversation with at least one assistant turn. */
    public static Conversation conversation(JsonNode row) throws Unusable {
        Layout layout = layout(row);
        if (layout == null) {
            throw new Unusable("unknown columns");
        }
        return conversation(row, layout);
    }

    /** The layout that a row's columns say, or null. */
    public static @Nullable Layout layout(JsonNode row) {
        for (Layout layout : Layout.values()) {
            if (row.has(layout.first) && row.has(layout.second)) {
                return layout;
            }
        }
        return null;
    }

    /** A conversation with at least one assistant turn, from a row of a known layout. */
    public static Conversation conversation(JsonNode row, Layout layout) throws Unusable {
        Conversation conversation =
                switch (layout) {
                    case MESSAGES -> new Conversation(messages(row.get("messages"), "role", "content"), extra(row));
                    case SHAREGPT -> withSystem(row, messages(row.get("conversations"), "from", "value"));
                    case TURNS -> withSystem(row, turns(row.get("conversation")));
                    case ALPACA, ALPACA_RESPONSE -> {
                        String input = optional(row, "input");
                        yield asked(
                                text(row, "instruction") + (input.isBlank() ? "" : "\n\n" + input),
                                text(row, layout == Layout.ALPACA ? "output" : "response"));
                    }
                    case COMPLETION ->
                        row.get("prompt").isArray()
                                ? new Conversation(messages(row.get("prompt"), "role", "content"))
                                        .plus(new Message("assistant", last(row.get("completion"))))
                                : asked(text(row, "prompt"), text(row, "completion"));
                    case QUERY -> asked(text(row, "query"), text(row, "response"));
                    case QUESTION -> asked(text(row, "question"), text(row, "answer"));
                };
        boolean answered = false;
        for (int m = 0; m < conversation.messages().size(); m++) {
            Message message = conversation.messages().get(m);
            answered |= message.isAssistant();
            // An answer that is trained and says nothing teaches to say nothing.
            boolean asksOrIsTrained = message.role().equals("user") || (message.isAssistant() && message.train());
            if (asksOrIsTrained && message.content().isBlank()) {
                throw new Unusable("empty turn");
            }
            if (message.role().equals("system") && m > 0) {
                throw new Unusable("system turn in the middle");
            }
        }
        if (!answered) {
            throw new Unusable("no assistant turn");
        }
        return conversation;
    }

    /** The turns of a column in the layout of {@code messages}, whoever speaks last. */
    public static Conversation turns(JsonNode row, String column) throws Unusable {
        return new Conversation(messages(row.path(column), "role", "content"), extra(row));
    }

    private static Conversation withSystem(JsonNode row, List<Message> turns) throws Unusable {
        for (String key : List.of("system", "system_prompt")) {
            String system = optional(row, key);
            if (!system.isBlank() && !turns.get(0).role().equals("system")) {
                turns.add(0, new Message("system", system));
            }
        }
        return new Conversation(turns);
    }

    private static List<Message> turns(JsonNode list) throws Unusable {
        List<Message> turns = new ArrayList<>();
        for (JsonNode node : list) {
            turns.add(new Message("user", text(node, "input")));
            turns.add(new Message("assistant", text(node, "output")));
        }
        if (turns.isEmpty()) {
            throw new Unusable("no turns");
        }
        return turns;
    }

    static Conversation asked(String question, String answer) {
        return Conversation.of(new Message("user", question), new Message("assistant", answer));
    }

    static String last(JsonNode node) throws Unusable {
        if (node.isTextual()) {
            return node.textValue();
        }
        List<Message> turns = messages(node, "role", "content");
        return turns.get(turns.size() - 1).content();
    }

    static String text(JsonNode row, String key) throws Unusable {
        if (!row.path(key).isTextual()) {
            throw new Unusable(key + " is not text");
        }
        return row.get(key).textValue();
    }

    /** Empty where it is missing or null. */
    private static String optional(JsonNode row, String key) throws Unusable {
        return row.path(key).isMissingNode() || row.path(key).isNull() ? "" : text(row, key);
    }

    static List<Message> messages(JsonNode list, String roleKey, String contentKey) throws Unusable {
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
