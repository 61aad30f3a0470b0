package org.lionalign.align.text;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.lionalign.core.chat.ChatTemplate;
import org.lionalign.core.chat.Conversation;
import org.lionalign.core.chat.EncodedChat;
import org.lionalign.core.chat.Message;
import org.lionalign.core.chat.RenderedChat;
import org.lionalign.core.chat.StopTokens;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.json.Json;
import org.lionalign.core.tokenizer.Encoded;
import org.lionalign.core.tokenizer.HuggingFaceTokenizer;
import org.lionalign.core.tokenizer.Tokenizer;

/**
 * The text side of a model folder: tokenizer, chat template, control and stop tokens; turns prompts and answers into ids so that the ids
 * of a prompt are always a prefix of prompt and answer.
 */
public final class TextModel {
    private final Path directory;
    private final HuggingFaceTokenizer tokenizer;
    private final @Nullable ChatTemplate template;
    private final Set<Integer> stops;
    private final @Nullable Integer bos;

    private TextModel(Path directory, HuggingFaceTokenizer tokenizer, @Nullable ChatTemplate template) {
        this.directory = directory;
        this.tokenizer = tokenizer;
        this.template = template;
        this.stops = new TreeSet<>(StopTokens.ofModel(directory, tokenizer));
        if (template != null) {
            StopTokens.endOfTurn(template, tokenizer).ifPresent(stops::add);
        }
        this.bos = bosId();
    }

    /**
     * Opens the folder's tokenizer and template.
     *
     * @param templateName a template file or {@code chatml}, {@code plain}; null for the model's own, which may be missing as long as
     *     nothing needs it
     */
    public static TextModel open(Path directory, @Nullable String templateName) {
        if (!Files.isDirectory(directory)) {
            throw new BadInput(
                    directory + ": expected a model folder, found " + (Files.exists(directory) ? "a file" : "nothing"));
        }
        ChatTemplate template = templateName != null
                ? ChatTemplate.named(templateName, directory)
                : ChatTemplate.has(directory) ? ChatTemplate.ofModel(directory) : null;
        return new TextModel(directory, HuggingFaceTokenizer.load(directory), template);
    }

    private @Nullable Integer bosId() {
        Path config = directory.resolve("tokenizer_config.json");
        JsonNode add = Files.exists(config)
                ? Json.read(config).path("add_bos_token")
                : Json.object().path("none");
        String token = ChatTemplate.controlTokens(directory).get("bos_token");
        if (add.isBoolean() ? !add.booleanValue() : tokenizer.prefix().isEmpty()) {
            return null;
        }
        String name = token != null
                ? token
                : tokenizer.prefix().isEmpty() ? null : tokenizer.prefix().get(0);
        OptionalInt id = name == null ? OptionalInt.empty() : tokenizer.idOf(name);
        return id.isPresent() ? (Integer) id.getAsInt() : null;
    }

    public Path directory() {
        return directory;
    }

    public Tokenizer tokenizer() {
        return tokenizer;
    }

    /** The template; an error that says what to do when there is none. */
    public ChatTemplate template() {
        return template != null ? template : ChatTemplate.ofModel(directory);
    }

    public boolean hasTemplate() {
        return template != null;
    }

    /** Ids at which an answer ends. */
    public Set<Integer> stops() {
        return stops;
    }

    /** The token that begins a plain text, or null where the family has none. */
    public @Nullable Integer bos() {
        return bos;
    }

    /** Ids of a plain text to be continued. */
    public int[] promptIds(String prompt) {
        return withBos(tokenizer.encode(prompt));
    }

    /** Ids of a conversation, ready for the assistant's next turn. */
    public int[] promptIds(Conversation conversation) {
        return EncodedChat.encode(template().prompt(conversation), tokenizer, turn -> false)
                .ids();
    }

    /**
     * Ids of a whole document, its end token included; control tokens that its text spells out are plain text.
     *
     * @param end the token after it; null for the tokenizer's {@code eos_token}
     */
    public int[] documentIds(String document, @Nullable String end) {
        String token = end != null ? end : ChatTemplate.controlTokens(directory).get("eos_token");
        OptionalInt id = token == null ? OptionalInt.empty() : tokenizer.idOf(token);
        if (id.isEmpty()) {
            throw new BadInput(directory + ": data.text.end: expected a token of this tokenizer, found "
                    + (token == null ? "no eos_token" : token));
        }
        int[] ids = withBos(tokenizer.encodeLiteral(document));
        int[] longer = Arrays.copyOf(ids, ids.length + 1);
        longer[ids.length] = id.getAsInt();
        return longer;
    }

    /** Prompt and answer as ids. */
    public record Pair(int[] prompt, int[] answer) {}

    /** A plain prompt and its completion: encoded together, parted at the boundary; apart where a token would straddle it. */
    public Pair split(String prompt, String completion) {
        Encoded joint = tokenizer.encodeWithOffsets(prompt + completion);
        int boundary = 0;
        while (boundary < joint.ids().length && joint.starts()[boundary] < prompt.length()) {
            boundary++;
        }
        int[] alone = tokenizer.encode(prompt);
        if (Arrays.equals(alone, Arrays.copyOf(joint.ids(), boundary))) {
            return new Pair(withBos(alone), Arrays.copyOfRange(joint.ids(), boundary, joint.ids().length));
        }
        return new Pair(withBos(alone), tokenizer.encode(completion));
    }

    /** A conversation and the assistant's answer to it, stop token included. */
    public Pair split(Conversation prompt, String answer) {
        RenderedChat whole = template().render(prompt.plus(new Message("assistant", answer)));
        int last = prompt.messages().size();
        EncodedChat encoded = EncodedChat.encode(whole, tokenizer, turn -> turn.message() == last);
        int end = encoded.ids().length;
        while (end > encoded.promptLength() && !encoded.supervised()[end - 1]) {
            end--; // what the template writes after the stop token is nobody's answer
        }
        return new Pair(
                Arrays.copyOf(encoded.ids(), encoded.promptLength()),
                Arrays.copyOfRange(encoded.ids(), encoded.promptLength(), end));
    }

    /** The conversation of a row's {@code messages} (and tools), each checked. */
    public static Conversation conversation(JsonNode messages, JsonNode row, String where) {
        List<Message> list = new ArrayList<>();
        if (!messages.isArray() || messages.isEmpty()) {
            throw new BadInput(where + ": messages: expected a list of messages, found " + messages);
        }
        for (int m = 0; m < messages.size(); m++) {
            list.add(message(messages.get(m), where + ": messages[" + m + "]"));
        }
        ObjectNode extra = Json.object();
        for (String key : List.of("tools", "documents")) {
            if (row.has(key)) {
                extra.set(key, row.get(key));
            }
        }
        return new Conversation(list, extra);
    }

    private static Message message(JsonNode node, String where) {
        if (!node.path("role").isTextual()) {
            throw new BadInput(where + ".role: expected a string, found " + node.path("role"));
        }
        JsonNode content = node.path("content");
        if (!content.isTextual() && !content.isNull() && !content.isMissingNode()) {
            throw new BadInput(where + ".content: expected a string, found " + content.getNodeType());
        }
        ObjectNode extra = Json.object();
        for (Map.Entry<String, JsonNode> field : node.properties()) {
            if (!field.getKey().equals("role") && !field.getKey().equals("content")) {
                extra.set(field.getKey(), field.getValue());
            }
        }
        return new Message(node.path("role").asText(), content.asText(""), true, extra);
    }

    private int[] withBos(int[] ids) {
        if (bos == null || (ids.length > 0 && ids[0] == bos)) {
            return ids;
        }
        int[] longer = new int[ids.length + 1];
        longer[0] = bos;
        System.arraycopy(ids, 0, longer, 1, ids.length);
        return longer;
    }
}
