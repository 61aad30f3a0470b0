package org.lionalign.core.chat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import org.lionalign.core.json.Json;
import org.lionalign.core.tokenizer.Tokenizer;

/** The ids at which generation stops: {@code eos_token_id} of generation_config.json, else config.json, and the template's end of turn. */
public final class StopTokens {
    private StopTokens() {}

    /** As the model's files name them. */
    public static Set<Integer> ofModel(Path directory, Tokenizer tokenizer) {
        Set<Integer> stops = new TreeSet<>();
        for (String name : new String[] {"generation_config.json", "config.json"}) {
            Path file = directory.resolve(name);
            if (stops.isEmpty() && Files.exists(file)) {
                JsonNode eos = Json.read(file).path("eos_token_id");
                (eos.isArray() ? eos : java.util.List.of(eos)).forEach(id -> {
                    if (id.isIntegralNumber()) {
                        stops.add(id.intValue());
                    }
                });
            }
        }
        if (stops.isEmpty()) {
            String eos = ChatTemplate.controlTokens(directory).get("eos_token");
            OptionalInt id = eos == null ? OptionalInt.empty() : tokenizer.idOf(eos);
            id.ifPresent(stops::add);
        }
        return stops;
    }

    /** The control token with which a template ends an assistant's turn, or empty when it ends in none. */
    public static OptionalInt endOfTurn(ChatTemplate template, Tokenizer tokenizer) {
        try {
            RenderedChat chat =
                    template.render(Conversation.of(new Message("user", "Hi"), new Message("assistant", "Hello")));
            EncodedChat encoded = EncodedChat.encode(chat, tokenizer, turn -> true);
            for (int t = encoded.ids().length - 1; t >= 0; t--) {
                if (encoded.supervised()[t]) {
                    int id = encoded.ids()[t];
                    return tokenizer.specialIds().contains(id) ? OptionalInt.of(id) : OptionalInt.empty();
                }
            }
        } catch (org.lionalign.core.error.BadInput refused) {
            return OptionalInt.empty(); // a template that refuses this conversation is reported where it is used
        }
        return OptionalInt.empty();
    }
}
