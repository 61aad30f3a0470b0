package org.lionalign.align.pipeline;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.lionalign.align.text.ModelDigest;
import org.lionalign.core.json.Json;

/**
 * One step of a run and the artifact that it makes. Its key is the hash of everything that can change the artifact: the kind, the options, the
 * keys of the artifacts and the contents of the files that go in, and this code's version.
 *
 * @param name unique in a run, e.g. {@code online-1/judge}
 * @param kind what it does, e.g. {@code judge}
 * @param options what the recipe says about it, resolved
 * @param inputs content hashes of files and keys of other nodes, by name
 * @param needs names of the nodes whose artifacts it reads
 * @param cost about how much there is to compute, in FLOPs; only ratios matter
 * @param group the stage that people know it by: {@code sft}, {@code reward}, {@code dpo}, {@code online}, {@code compare}
 * @param work makes the artifact
 */
record Node(
        String name,
        String kind,
        ObjectNode options,
        ObjectNode inputs,
        List<String> needs,
        double cost,
        String group,
        Work work) {
    /** Raise it when the same recipe and files give other artifacts than before. */
    private static final String CODE = "0.1.0/11";

    /** Makes an artifact in a folder, or goes on with what an earlier call left there. */
    @FunctionalInterface
    interface Work {
        /** @return a summary for the artifact's manifest, or null when interrupted; what is in the folder lets the next call continue */
        @Nullable
        ObjectNode run(Path folder, Progress progress, BooleanSupplier interrupted);
    }

    /** Hears how far a node is. */
    @FunctionalInterface
    interface Progress {
        /** @param detail for people: the loss, a rate */
        void at(long done, long total, String detail);
    }

    /** Everything that can change the artifact. */
    ObjectNode description() {
        ObjectNode node = Json.object();
        node.put("kind", kind).put("code", CODE);
        node.set("options", options);
        node.set("inputs", inputs);
        return node;
    }

    /** Sixteen hex digits of the SHA-256 of {@link #description}. */
    String key() {
        return ModelDigest.text(Json.write(description())).substring(0, 16);
    }
}
