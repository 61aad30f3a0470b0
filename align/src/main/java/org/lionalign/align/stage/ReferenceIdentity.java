package org.lionalign.align.stage;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.HexFormat;
import org.lionalign.align.text.ModelDigest;
import org.lionalign.align.text.TextModel;
import org.lionalign.core.data.Digests;
import org.lionalign.core.json.Json;

/** Everything that shapes reference log-probabilities, by name. */
final class ReferenceIdentity {
    private ReferenceIdentity() {}

    /** @param data digest of the encoded pairs */
    static ObjectNode of(Path model, TextModel text, String compute, String data) {
        ObjectNode identity = Json.object();
        identity.put("model", ModelDigest.weights(model));
        identity.put("tokenizer", ModelDigest.file(text.directory().resolve("tokenizer.json")));
        identity.put(
                "template",
                HexFormat.of()
                        .formatHex(Digests.sha256(
                                text.template().source().getBytes(java.nio.charset.StandardCharsets.UTF_8))));
        identity.put("data", data);
        return identity.put("compute", compute);
    }
}
