package org.lionalign.align.pipeline;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.lionalign.core.json.Json;
import org.lionalign.core.recipe.RunRecipe;

/**
 * Runs a recipe: node after node in the order of the graph, each once. Crash-only: there is no other way of stopping than being killed, and
 * the same call again continues.
 */
public final class Pipeline {
    private final Artifacts artifacts;
    private final List<Node> nodes;
    private final RunGraph graph;

    private Pipeline(Artifacts artifacts, RunGraph graph) {
        this.artifacts = artifacts;
        this.graph = graph;
        this.nodes = graph.nodes();
    }

    /**
     * The graph of a recipe over a store of artifacts.
     *
     * @param root folder of the store; runs of different recipes may share it, and then share what they have in common
     */
    public static Pipeline of(RunRecipe recipe, Path root) {
        Artifacts artifacts = new Artifacts(root);
        return new Pipeline(artifacts, new RunGraph(recipe, artifacts));
    }

    /** How a node stands before a run. */
    public enum State {
        /** Complete. */
        CACHED,
        /** Begun and not finished: it goes on where it stopped. */
        RESUMABLE,
        /** Made before from something else. */
        STALE,
        /** Never made. */
        WILL_RUN
    }

    /**
     * A node as {@code lion explain} shows it.
     *
     * @param why for stale nodes: what changed, old and new
     */
    public record Explained(String node, String group, State state, List<String> why, String key, Path folder) {}

    /** How each node stands, in order. */
    public List<Explained> explain() {
        List<Explained> all = new ArrayList<>();
        for (Node node : nodes) {
            State state = State.WILL_RUN;
            List<String> why = List.of();
            if (artifacts.manifest(node) != null) {
                state = State.CACHED;
            } else if (artifacts.started(node)) {
                state = State.RESUMABLE;
            } else {
                JsonNode previous = artifacts.previous(node);
                if (previous != null) {
                    state = State.STALE;
                    why = new ArrayList<>();
                    // Written and read again as the old one was, so that 1 and 1.0 are the same number.
                    JsonNode now = Json.parse(Json.write(node.description()), node.name());
                    differences("", previous.path("description"), now, why);
                }
            }
            all.add(new Explained(node.name(), node.group(), state, why, node.key(), artifacts.folder(node)));
        }
        return all;
    }

    private static void differences(String path, JsonNode old, JsonNode now, List<String> found) {
        if (old.isObject() && now.isObject()) {
            TreeSet<String> names = new TreeSet<>();
            old.fieldNames().forEachRemaining(names::add);
            now.fieldNames().forEachRemaining(names::add);
            for (String name : names) {
                differences(path.isEmpty() ? name : path + "." + name, old.path(name), now.path(name), found);
            }
        } else if (!old.equals(now)) {
            found.add(path.replaceFirst("^options\\.", "").replaceFirst("^inputs\\.", "") + ": " + shown(old) + " → "
                    + shown(now));
        }
    }

    private static String shown(JsonNode value) {
        String text = value.isMissingNode() ? "nothing" : value.toString();
        return text.length() > 60 ? text.substring(0, 20) + "…" : text;
    }

    /** Hears what a run does. */
    public interface Listener {
        /** Nodes with their groups and costs, in order, and whether they are there already. */
        void onStart(List<Explained> nodes, double[] costs);

        /** A node begins. */
        void onNode(int node);

        /** How far it is. */
        void onProgress(int node, long done, long total, String detail);

        /** It is complete, after so many seconds over all its starts. */
        void onDone(int node, double seconds, JsonNode summary);
    }

    /**
     * Runs what is missing; then {@code report.html} and {@code models/} are those of this recipe.
     *
     * @return the summaries by node, or null when interrupted
     */
    public @Nullable Map<String, JsonNode> run(Listener listener, BooleanSupplier interrupted) {
        try (Artifacts.Lock lock = artifacts.lock()) {
            Map<String, JsonNode> summaries = new LinkedHashMap<>();
            listener.onStart(explain(), nodes.stream().mapToDouble(Node::cost).toArray());
            for (int n = 0; n < nodes.size(); n++) {
                Node node = nodes.get(n);
                JsonNode manifest = artifacts.manifest(node);
                if (manifest == null) {
                    int at = n;
                    listener.onNode(n);
                    Path folder = artifacts.start(node);
                    Spent spent = new Spent(folder, System::nanoTime);
                    ObjectNode summary;
                    try {
                        summary = node.work()
                                .run(
                                        folder,
                                        (done, total, detail) -> {
                                            spent.mark();
                                            listener.onProgress(at, done, total, detail);
                                        },
                                        interrupted);
                    } finally {
                        spent.end();
                    }
                    if (summary == null) {
                        return null;
                    }
                    artifacts.complete(node, summary, spent);
                    manifest = java.util.Objects.requireNonNull(artifacts.manifest(node));
                    listener.onDone(n, manifest.path("seconds").asDouble(), manifest.path("summary"));
                }
                summaries.put(node.name(), manifest.path("summary"));
            }
            new RunPage(artifacts, nodes).write(graph.models());
            return summaries;
        }
    }

    /** The folder of a node's artifact, or null when the recipe has no such node. */
    public @Nullable Path artifact(String name) {
        return nodes.stream()
                .filter(node -> node.name().equals(name))
                .findFirst()
                .map(artifacts::folder)
                .orElse(null);
    }

    /** Names of all nodes in order. */
    public List<String> names() {
        return nodes.stream().map(Node::name).toList();
    }

    /** A node's key, by name; for tests of what depends on what. */
    public Map<String, String> keys() {
        Map<String, String> keys = new LinkedHashMap<>();
        nodes.forEach(node -> keys.put(node.name(), node.key()));
        return keys;
    }
}
