package org.lionalign.align.pipeline;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.lionalign.align.train.Checkpoints;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.format.AtomicFiles;
import org.lionalign.core.json.Json;

/**
 * Artifacts on disk: {@code artifacts/<node>-<key>/}, complete once {@code artifact.json} lies in it, which is written last. A folder without
 * one is unfinished work that its node goes on with.
 */
final class Artifacts {
    private static final String MANIFEST = "artifact.json";

    private final Path root;

    Artifacts(Path root) {
        this.root = root;
    }

    Path root() {
        return root;
    }

    /** Where a node's artifact lies or will lie. */
    Path folder(Node node) {
        return root.resolve("artifacts").resolve(node.name().replace('/', '-') + "-" + node.key());
    }

    /** The manifest of a complete artifact, or null. */
    @Nullable
    JsonNode manifest(Node node) {
        Path file = folder(node).resolve(MANIFEST);
        return Files.exists(file) ? Json.read(file) : null;
    }

    boolean started(Node node) {
        return Files.isDirectory(folder(node));
    }

    /** Makes the folder of a node. */
    Path start(Node node) {
        try {
            return Files.createDirectories(folder(node));
        } catch (IOException e) {
            throw new BadInput(folder(node) + ": cannot be made: " + e.getMessage(), e);
        }
    }

    /** Declares a node's artifact complete; {@code model/}'s and the small files' hashes say later what was made. */
    void complete(Node node, ObjectNode summary, Spent spent) {
        ObjectNode manifest = Json.object();
        manifest.put("node", node.name()).put("key", node.key());
        manifest.set("description", node.description());
        manifest.put("seconds", spent.seconds()).put("starts", spent.starts()).put("cost", node.cost());
        ObjectNode files = manifest.putObject("files");
        Path folder = folder(node);
        try (Stream<Path> walk = Files.walk(folder, 2)) {
            for (Path file : walk.filter(Files::isRegularFile).sorted().toList()) {
                String name = folder.relativize(file).toString();
                if (durable(name)) {
                    files.put(name, Checkpoints.sha256(file));
                }
            }
        } catch (IOException e) {
            throw new BadInput(folder + ": cannot be read: " + e.getMessage(), e);
        }
        manifest.set("summary", summary);
        AtomicFiles.write(folder.resolve(MANIFEST), manifest.toPrettyString() + "\n");
    }

    /** What must be the same however often a run was killed: not times, nor logs with times in them. */
    private static boolean durable(String name) {
        return name.startsWith("model/")
                || name.matches("(train|eval)/(shard-\\d+\\.bin|manifest\\.json)") // log-probabilities of a reference
                || List.of("answers.jsonl", "judged.jsonl", "pairs.jsonl", "comparison.json", "gate.json")
                        .contains(name);
    }

    /** The newest complete artifact of a node of this name with another key: what the node is compared with to say why it is stale. */
    @Nullable
    JsonNode previous(Node node) {
        Path all = root.resolve("artifacts");
        if (!Files.isDirectory(all)) {
            return null;
        }
        String prefix = node.name().replace('/', '-') + "-";
        JsonNode newest = null;
        long time = Long.MIN_VALUE;
        try (Stream<Path> folders = Files.list(all)) {
            for (Path folder : folders.sorted().toList()) {
                String name = String.valueOf(folder.getFileName());
                Path manifest = folder.resolve(MANIFEST);
                if (name.startsWith(prefix) && name.length() == prefix.length() + 16 && Files.exists(manifest)) {
                    long written = Files.getLastModifiedTime(manifest).toMillis();
                    if (written > time && !name.endsWith(node.key())) {
                        time = written;
                        newest = Json.read(manifest);
                    }
                }
            }
        } catch (IOException e) {
            throw new BadInput(all + ": cannot be listed: " + e.getMessage(), e);
        }
        return newest;
    }

    /** A lock that is held until it is closed. */
    record Lock(FileChannel channel) implements AutoCloseable {
        @Override
        public void close() {
            try {
                channel.close();
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        }
    }

    /** Keeps a second process out of the same store for as long as the lock is open. */
    Lock lock() {
        Path file = root.resolve("lock");
        try {
            Files.createDirectories(root);
            FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            FileLock lock;
            try {
                lock = channel.tryLock();
            } catch (OverlappingFileLockException e) {
                lock = null;
            }
            if (lock == null) {
                channel.close();
                throw new BadInput(root + ": another run works in this folder; wait for it, or use another folder");
            }
            return new Lock(channel);
        } catch (IOException e) {
            throw new BadInput(file + ": cannot be locked: " + e.getMessage(), e);
        }
    }
}
