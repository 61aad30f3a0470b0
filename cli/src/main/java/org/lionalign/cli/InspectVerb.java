package org.lionalign.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import org.lionalign.align.text.ModelReport;
import org.lionalign.core.format.Sizes;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code lion inspect}. */
@Command(
        name = "inspect",
        mixinStandardHelpOptions = true,
        description = "What a model folder holds, what training it would need, and what will hurt later.",
        footer = {"", "Example:", "  ./lion inspect path/to/SmolLM2-135M"})
final class InspectVerb implements Runnable {
    @Parameters(paramLabel = "MODEL", description = "model folder")
    private Path model = Path.of(".");

    @Option(names = "--json", description = "one JSON object")
    private boolean json;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Override
    public void run() {
        ObjectNode report = ModelReport.of(model);
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(report.toPrettyString());
            return;
        }
        for (Map.Entry<String, JsonNode> field : report.properties()) {
            String key = field.getKey();
            JsonNode value = field.getValue();
            if (key.equals("warnings")) {
                continue;
            }
            if (value.isObject()) {
                out.printf("%s:%n", key.replace('_', ' '));
                for (Map.Entry<String, JsonNode> inner : value.properties()) {
                    out.printf("  %-40s %s%n", inner.getKey().replace('_', ' '), text(key, inner.getValue()));
                }
            } else {
                out.printf("%-42s %s%n", key.replace('_', ' '), text(key, value));
            }
        }
        for (JsonNode warning : report.get("warnings")) {
            out.println(picocli.CommandLine.Help.Ansi.AUTO.string("@|yellow warning:|@ ") + warning.asText());
        }
        out.flush();
    }

    private static String text(String key, JsonNode value) {
        if (value.isArray()) {
            StringBuilder all = new StringBuilder();
            value.forEach(item -> all.append(all.isEmpty() ? "" : ", ").append(item.asText()));
            return all.toString();
        }
        if (key.contains("bytes")) {
            return Sizes.text(value.asLong());
        }
        return value.isIntegralNumber() ? String.format(Locale.ROOT, "%,d", value.asLong()) : value.asText();
    }
}
