package org.lionalign.align.stage;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.lionalign.core.json.Json;
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
        node.put("processor", processor());
        node.put("cores", Runtime.getRuntime().availableProcessors());
        node.put("libtorch", Engine.version());
        node.put("threads", Engine.threads());
        return node;
    }

    private static String processor() {
        try (var lines = Files.lines(Path.of("/proc/cpuinfo"))) {
            return lines.filter(line -> line.startsWith("model name"))
                    .findFirst()
                    .map(line -> line.substring(line.indexOf(':') + 1).strip())
                    .orElse("unknown");
        } catch (IOException e) {
            return "unknown";
        }
    }
}
