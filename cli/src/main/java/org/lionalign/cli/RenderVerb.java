package org.lionalign.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.lionalign.core.chat.ChatTemplate;
import org.lionalign.core.chat.RenderedChat;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.json.Json;
import org.lionalign.core.json.JsonLines;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code lion render}. */
@Command(
        name = "render",
        mixinStandardHelpOptions = true,
        description = "Renders conversations with a chat template, with the spans of every message.",
        footer = {
            "",
            "A row is the template's context: \"messages\", and optionally add_generation_prompt, tools, bos_token, eos_token, any other",
            "variable. Each gives {\"text\", \"spans\": [{start,end,message,role}], \"supervised\": [[start,end]…]}; offsets count UTF-16",
            "units, and supervised is what the assistant itself writes, its end-of-turn included.",
            "",
            "Example:",
            "  echo '{\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}' | ./lion render --template chatml --in -"
        })
final class RenderVerb implements Runnable {
    @ArgGroup(multiplicity = "1")
    private Source source = new Source();

    /** Where the template comes from. */
    static final class Source {
        @Option(names = "--model", paramLabel = "DIR", description = "the template of a model folder")
        @Nullable
        Path model;

        @Option(
                names = "--template",
                paramLabel = "FILE|chatml|plain",
                description = "a template file, or one that Lion ships")
        @Nullable
        String template;
    }

    @Option(names = "--in", required = true, paramLabel = "FILE.jsonl", description = "rows; - for standard input")
    private Path in = Path.of("-");

    @Option(names = "--out", defaultValue = "-", paramLabel = "FILE.jsonl", description = "default: standard output")
    private Path out = Path.of("-");

    @Override
    public void run() {
        ChatTemplate template = source.model != null
                ? ChatTemplate.ofModel(source.model)
                : ChatTemplate.named(java.util.Objects.requireNonNull(source.template), Path.of("."));
        try (JsonLines lines = JsonLines.open(in);
                Output output = new Output(out)) {
            for (JsonLines.Row row : lines) {
                if (!(row.value() instanceof ObjectNode context)
                        || !context.path("messages").isArray()) {
                    throw new BadInput(in + ":" + row.line() + ": messages: expected a list, found "
                            + row.value().path("messages"));
                }
                try {
                    output.line(Json.write(json(template.renderContext(context))));
                } catch (BadInput e) {
                    throw new BadInput(in + ":" + row.line() + ": " + e.getMessage(), e);
                }
            }
            output.commit();
        }
    }

    private static ObjectNode json(RenderedChat chat) {
        ObjectNode node = Json.object();
        node.put("text", chat.text());
        ArrayNode spans = node.putArray("spans");
        for (RenderedChat.Span span : chat.spans()) {
            spans.addObject()
                    .put("start", span.start())
                    .put("end", span.end())
                    .put("message", span.message())
                    .put("role", span.role());
        }
        ArrayNode supervised = node.putArray("supervised");
        for (RenderedChat.Turn turn : chat.turns()) {
            supervised.addArray().add(turn.start()).add(turn.end());
        }
        return node;
    }
}
