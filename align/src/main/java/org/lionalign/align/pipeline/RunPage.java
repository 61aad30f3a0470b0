package org.lionalign.align.pipeline;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.lionalign.align.online.PairLedgerHtml;
import org.lionalign.align.report.RunReport;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.format.AtomicFiles;
import org.lionalign.core.json.Json;

/** What a whole run leaves for people beside its artifacts: {@code report.html}, {@code run.json} and links to the models under their names. */
final class RunPage {
    private final Artifacts artifacts;
    private final List<Node> nodes;

    RunPage(Artifacts artifacts, List<Node> nodes) {
        this.artifacts = artifacts;
        this.nodes = nodes;
    }

    /** @param models folders by the models' names */
    void write(Map<String, Path> models) {
        Map<String, Path> runs = new LinkedHashMap<>();
        ObjectNode whole = Json.object();
        ArrayNode steps = whole.putArray("nodes");
        ArrayNode pairs = whole.putArray("pairs");
        ArrayNode gates = whole.putArray("gates");
        ObjectNode run = Json.object();
        Path plan = artifacts.root().resolve("plan.json");
        JsonNode planned = Files.exists(plan) ? Json.read(plan).path("nodes") : Json.object();
        for (Node node : nodes) {
            Path folder = artifacts.folder(node);
            JsonNode manifest = artifacts.manifest(node);
            if (manifest == null) {
                continue;
            }
            run.put(node.name(), folder.getFileName().toString());
            ObjectNode step = steps.addObject()
                    .put("name", node.name())
                    .put("seconds", manifest.path("seconds").asDouble())
                    .put("starts", manifest.path("starts").asInt(1))
                    .put("say", manifest.path("summary").path("say").asText(""))
                    .put("key", node.key());
            if (planned.has(node.name())) {
                step.put("planned_seconds", planned.path(node.name()).asDouble());
            }
            if (Files.exists(folder.resolve("metrics.jsonl"))) {
                runs.put(node.name(), folder);
            }
            if (Files.exists(folder.resolve("pair-ledger.json"))) {
                pairs.add(PairLedgerHtml.section(Json.read(folder.resolve("pair-ledger.json"))));
            }
            if (Files.exists(folder.resolve("gate.json"))) {
                gates.add(((ObjectNode) Json.read(folder.resolve("gate.json"))).put("name", node.name()));
            }
            if (Files.exists(folder.resolve("comparison.json"))) {
                whole.set("comparison", Json.read(folder.resolve("comparison.json")));
            }
            if (Files.exists(folder.resolve("evaluation.json"))) {
                whole.set("evaluation", Json.read(folder.resolve("evaluation.json")));
            }
        }
        AtomicFiles.write(artifacts.root().resolve("run.json"), run.toPrettyString() + "\n");
        models.forEach(this::link);
        RunReport.write(runs, whole, artifacts.root().resolve("report.html"));
    }

    /** {@code models/<name>}: a relative link, so that the folder may be moved as a whole. */
    private void link(String name, Path folder) {
        Path link = artifacts.root().resolve("models").resolve(name);
        Path target = artifacts
                .root()
                .toAbsolutePath()
                .normalize()
                .relativize(folder.toAbsolutePath().normalize());
        try {
            Files.createDirectories(link.getParent());
            Files.deleteIfExists(link);
            Files.createSymbolicLink(link, Path.of("..").resolve(target));
        } catch (IOException | UnsupportedOperationException e) {
            throw new BadInput(link + ": cannot be made: " + e.getMessage(), e);
        }
    }
}
