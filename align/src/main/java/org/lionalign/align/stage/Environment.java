package org.lionalign.align.stage;

import com.fasterxml.jackson.databind.node.ObjectNode;
import org.lionalign.core.json.Json;
import org.lionalign.core.machine.Processor;
import org.lionalign.torch.tensor.Engine;

/** What a run ran on. */
final class Environment {
    private Environment() {}

    static ObjectNode now() {
        ObjectNode node = Json.object();
        node.put("date", java.time.ZonedDateTime.now().withNano(0).toString());
        node.put("java", System.getProperty("java.vendor") + " " + System.getProperty("java.version"));
        node.put(
                "system",
                System.getProperty("os.name") + " " + System.getProperty("os.version") + " "
                        + System.getProperty("os.arch"));
        node.put("processor", Processor.here().model());
        node.put("multiplies_bf16", Processor.here().multipliesBf16());
        node.put("cores", Runtime.getRuntime().availableProcessors());
        node.put("libtorch", Engine.version());
        node.put("threads", Engine.threads());
        return node;
    }
}
