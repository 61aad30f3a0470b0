package org.lionalign.align.stage;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.lionalign.align.text.TextModel;
import org.lionalign.align.train.Checkpoints;
import org.lionalign.core.data.Digests;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.json.Json;

/** Everything that shapes reference log-probabilities, by name. */
final class ReferenceIdentity {
    private ReferenceIdentity() {}

    /** @param data digest of the encoded pairs */
    static ObjectNode of(Path model, TextModel text, String compute, String data) {
        ObjectNode identity = Json.object();
        identity.put("model", weights(model));
        identity.put("tokenizer", file(text.directory().resolve("tokenizer.json")));
        identity.put(
                "template",
                HexFormat.of()
                        .formatHex(Digests.sha256(
                                text.template().source().getBytes(java.nio.charset.StandardCharsets.UTF_8))));
        identity.put("data", data);
        return identity.put("compute", compute);
    }

    /** Hash over config and weight files, wherever the folder lies. */
    static String weights(Path model) {
        try (Stream<Path> files = Files.list(model)) {
            List<Path> sorted = files.filter(f -> {
                        String name = String.valueOf(f.getFileName());
                        return name.endsWith(".safetensors") || name.equals("config.json");
                    })
                    .sorted()
                    .toList();
            StringBuilder all = new StringBuilder();
            for (Path file : sorted) {
                all.append(file.getFileName()).append(' ').append(file(file)).append('\n');
            }
            return HexFormat.of()
                    .formatHex(Digests.sha256(all.toString().getBytes(java.nio.charset.StandardCharsets.UTF_8)));
        } catch (IOException e) {
            throw new BadInput(model + ": cannot be listed: " + e.getMessage(), e);
        }
    }

    private static String file(Path file) {
        try {
            return Files.exists(file) ? Checkpoints.sha256(file) : "none";
        } catch (IOException e) {
            throw new BadInput(file + ": cannot be read: " + e.getMessage(), e);
        }
    }
}
