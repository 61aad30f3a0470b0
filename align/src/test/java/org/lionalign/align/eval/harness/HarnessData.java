package org.lionalign.align.eval.harness;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.lionalign.align.text.TextModel;
import org.lionalign.core.json.Json;

/** The goldens' invented rows as files, in the hub's layout. */
final class HarnessData {
    static final Path ROOT =
            Path.of(System.getProperty("lion.root", "..")).resolve("align/src/test/resources/golden/eval");
    static final HarnessSuites SUITES = new HarnessSuites(Prompting.PLAIN);

    private HarnessData() {}

    static TextModel text() {
        return TextModel.open(ROOT.resolve("loglik_model"), null);
    }

    static TaskSuite task(String name) {
        return Stream.concat(SUITES.all().stream(), SUITES.members().stream())
                .filter(suite -> suite instanceof TaskSuite task && task.name().equals(name))
                .map(TaskSuite.class::cast)
                .findFirst()
                .orElseThrow();
    }

    /** Writes splits where a download of the set would lie. */
    static void write(Path data, String set, JsonNode splits) throws IOException {
        Map<String, List<String>> folders = Map.of(
                "allenai/ai2_arc", List.of("ai2_arc/ARC-Challenge"),
                "allenai/winogrande", List.of("winogrande/winogrande_xl"),
                "truthfulqa/truthful_qa", List.of("truthful_qa/multiple_choice"),
                "cais/mmlu", List.of("mmlu/abstract_algebra", "mmlu/us_foreign_policy"),
                "Idavidrein/gpqa", List.of("gpqa/gpqa_diamond"));
        for (String folder : folders.getOrDefault(set, List.of(set))) {
            Files.createDirectories(data.resolve(folder));
            for (Map.Entry<String, JsonNode> split : splits.properties()) {
                StringBuilder lines = new StringBuilder();
                for (JsonNode row : split.getValue()) {
                    JsonNode written = row;
                    if (set.equals("cais/mmlu")) {
                        written = row.deepCopy();
                        ((com.fasterxml.jackson.databind.node.ObjectNode) written).put("subject", folder.substring(5));
                    }
                    lines.append(Json.write(written)).append('\n');
                }
                Files.writeString(data.resolve(folder).resolve(split.getKey() + ".jsonl"), lines);
            }
        }
    }
}
