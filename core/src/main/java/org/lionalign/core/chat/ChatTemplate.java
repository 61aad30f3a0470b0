package org.lionalign.core.chat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.jinja.Rendered;
import org.lionalign.core.jinja.Template;
import org.lionalign.core.json.Json;

/**
 * A model's own chat template with the control tokens it writes. Rendering gives text and spans.
 *
 * <p>A model without a template is an error; {@link #builtIn} names the ones that can be asked for instead.
 */
public final class ChatTemplate {
    private static final java.util.List<String> BUILT_IN = java.util.List.of("chatml", "plain");

    private final Template template;
    private final Map<String, String> tokens;

    private ChatTemplate(Template template, Map<String, String> tokens) {
        this.template = template;
        this.tokens = tokens;
    }

    /** The template of a model folder: {@code chat_template.jinja}, or {@code chat_template} of {@code tokenizer_config.json}. */
    public static ChatTemplate ofModel(Path directory) {
        Map<String, String> tokens = controlTokens(directory);
        Path jinja = directory.resolve("chat_template.jinja");
        if (Files.exists(jinja)) {
            return new ChatTemplate(Template.parse(jinja.toString(), read(jinja)), tokens);
        }
        Path config = directory.resolve("tokenizer_config.json");
        JsonNode node = Files.exists(config)
                ? Json.read(config).path("chat_template")
                : Json.object().path("none");
        String source = null;
        if (node.isTextual()) {
            source = node.textValue();
        } else if (node.isArray()) {
            for (JsonNode named : node) {
                if (source == null || named.path("name").asText().equals("default")) {
                    source = named.path("template").asText();
                }
            }
        }
        if (source == null) {
            throw new BadInput(directory + ": expected a chat template (chat_template.jinja, or chat_template in"
                    + " tokenizer_config.json), found none; name one: --template chatml, --template plain or a file");
        }
        return new ChatTemplate(Template.parse(config + ": chat_template", source), tokens);
    }

    /** Whether a model folder has a template. */
    public static boolean has(Path directory) {
        Path config = directory.resolve("tokenizer_config.json");
        return Files.exists(directory.resolve("chat_template.jinja"))
                || (Files.exists(config) && Json.read(config).hasNonNull("chat_template"));
    }

    /** A template file, or {@code chatml} or {@code plain}, with the control tokens of a model folder. */
    public static ChatTemplate named(String nameOrFile, Path modelDirectory) {
        Map<String, String> tokens = controlTokens(modelDirectory);
        if (BUILT_IN.contains(nameOrFile)) {
            return new ChatTemplate(Template.parse(nameOrFile, builtIn(nameOrFile)), tokens);
        }
        return new ChatTemplate(Template.parse(nameOrFile, read(Path.of(nameOrFile))), tokens);
    }

    /** A template from its source, with control tokens by name ({@code bos_token} …). */
    public static ChatTemplate of(String name, String source, Map<String, String> tokens) {
        return new ChatTemplate(Template.parse(name, source), tokens);
    }

    /** Source of a template that Lion ships. */
    public static String builtIn(String name) {
        try (InputStream in = ChatTemplate.class.getResourceAsStream(name + ".jinja")) {
            if (in == null) {
                throw new BadInput("template: expected one of " + new TreeSet<>(BUILT_IN) + ", found " + name);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new BadInput(file + ": expected a template, cannot be read: " + e.getMessage(), e);
        }
    }

    /** {@code bos_token} and its like from tokenizer_config.json (or special_tokens_map.json), as text. */
    public static Map<String, String> controlTokens(Path directory) {
        Map<String, String> tokens = new TreeMap<>();
        for (String name : new String[] {"special_tokens_map.json", "tokenizer_config.json"}) {
            Path file = directory.resolve(name);
            if (!Files.exists(file)) {
                continue;
            }
            for (Map.Entry<String, JsonNode> entry : Json.read(file).properties()) {
                JsonNode value = entry.getValue().isObject() ? entry.getValue().path("content") : entry.getValue();
                if (entry.getKey().matches("(bos|eos|unk|pad|sep|cls|mask)_token") && value.isTextual()) {
                    tokens.put(entry.getKey(), value.textValue());
                }
            }
        }
        return tokens;
    }

    /** The template's text, byte for byte: what caches are keyed by. */
    public String source() {
        return template.source();
    }

    /** Where it came from, for messages. */
    public String name() {
        return template.name();
    }

    /** The control tokens' texts by name. */
    public Map<String, String> tokens() {
        return tokens;
    }

    /** Renders a context as it is: control tokens are filled in where the context does not name them. */
    public Rendered render(ObjectNode context) {
        ObjectNode full = Json.object();
        tokens.forEach(full::put);
        full.setAll(context);
        return template.render(full);
    }

    /** Text of a conversation, ready for the assistant's next turn. */
    public RenderedChat prompt(Conversation conversation) {
        return new SpanFinder(this, conversation.toContext(true)).find();
    }

    /** A whole conversation with its spans. */
    public RenderedChat render(Conversation conversation) {
        return new SpanFinder(this, conversation.toContext(false)).find();
    }

    /** A template's context with its spans. */
    public RenderedChat renderContext(ObjectNode context) {
        return new SpanFinder(this, context).find();
    }
}
