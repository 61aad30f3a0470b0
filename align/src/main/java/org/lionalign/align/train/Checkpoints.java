package org.lionalign.align.train;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.format.AtomicFiles;
import org.lionalign.core.format.Folders;
import org.lionalign.core.json.Json;

/**
 * The checkpoints of one run: {@code <run>/checkpoints/step-00000123/}, each a folder that is written aside and renamed, with a
 * manifest of the SHA-256 of every file. A crash at any point leaves the last complete checkpoint; a damaged one is noticed when it is
 * read, and the one before it is used instead.
 */
public final class Checkpoints {
    private static final String MANIFEST = "manifest.json";

    private final Path directory;

    public Checkpoints(Path run) {
        this.directory = run.resolve("checkpoints");
    }

    /** A complete checkpoint on disk. */
    public record Saved(long step, Path directory, JsonNode manifest) {}

    /** Fills the folder it is given with the files of a checkpoint. */
    @FunctionalInterface
    public interface Writer {
        void write(Path part) throws IOException;
    }

    /**
     * Publishes a checkpoint of {@code step}.
     *
     * @param extra what else the manifest should say (metric, digests); may be empty
     * @throws BadInput when the disk is full or read-only; the earlier checkpoints are untouched
     */
    public Saved save(long step, ObjectNode extra, Writer writer) {
        Path target = directory.resolve(String.format("step-%08d", step));
        Path part = directory.resolve(".part-" + target.getFileName());
        try {
            Files.createDirectories(directory);
            deleteTree(part);
            Files.createDirectories(part);
            writer.write(part);
            ObjectNode manifest = extra.deepCopy();
            manifest.put("step", step);
            ObjectNode files = manifest.putObject("files");
            for (Path file : listed(part)) {
                ObjectNode entry = files.putObject(part.relativize(file).toString());
                entry.put("bytes", Files.size(file));
                entry.put("sha256", sha256(file));
            }
            AtomicFiles.write(part.resolve(MANIFEST), manifest.toPrettyString());
            deleteTree(target);
            Files.move(part, target, StandardCopyOption.ATOMIC_MOVE);
            syncDirectory(directory);
            return new Saved(step, target, manifest);
        } catch (IOException | BadInput e) {
            try {
                deleteTree(part);
            } catch (IOException suppressed) {
                e.addSuppressed(suppressed);
            }
            throw new BadInput(
                    target + ": the checkpoint cannot be written (" + e.getMessage()
                            + "); earlier checkpoints are intact",
                    e);
        }
    }

    /**
     * The newest complete and undamaged checkpoint, or null. Each damaged one that is passed over is told to {@code warn}.
     */
    public @Nullable Saved latest(Consumer<String> warn) {
        List<Saved> all = all();
        for (int i = all.size() - 1; i >= 0; i--) {
            String damage = damage(all.get(i));
            if (damage == null) {
                return all.get(i);
            }
            warn.accept(all.get(i).directory() + ": damaged, an earlier checkpoint is used instead: " + damage);
        }
        return null;
    }

    /** All complete checkpoints, oldest first; contents are not verified. */
    public List<Saved> all() {
        List<Saved> found = new ArrayList<>();
        if (!Files.isDirectory(directory)) {
            return found;
        }
        try (Stream<Path> children = Files.list(directory)) {
            for (Path child : children.sorted().toList()) {
                String name = child.getFileName().toString();
                if (name.matches("step-\\d+") && Files.exists(child.resolve(MANIFEST))) {
                    found.add(new Saved(Long.parseLong(name.substring(5)), child, Json.read(child.resolve(MANIFEST))));
                }
            }
        } catch (IOException e) {
            throw new BadInput(directory + ": cannot be listed: " + e.getMessage(), e);
        }
        found.sort(Comparator.comparingLong(Saved::step));
        return found;
    }

    /** Removes all but the newest {@code keepLast} and the one of step {@code best} (−1 for none). */
    public void prune(int keepLast, long best) {
        List<Saved> all = all();
        for (int i = 0; i < all.size() - keepLast; i++) {
            if (all.get(i).step() != best) {
                try {
                    deleteTree(all.get(i).directory());
                } catch (IOException e) {
                    throw new BadInput(all.get(i).directory() + ": cannot be removed: " + e.getMessage(), e);
                }
            }
        }
    }

    /** What is wrong with a checkpoint's files, or null when every file has the size and hash of the manifest. */
    static @Nullable String damage(Saved saved) {
        for (Map.Entry<String, JsonNode> entry : saved.manifest().path("files").properties()) {
            Path file = saved.directory().resolve(entry.getKey());
            try {
                if (!Files.exists(file)) {
                    return entry.getKey() + " is missing";
                }
                if (Files.size(file) != entry.getValue().path("bytes").asLong()
                        || !sha256(file).equals(entry.getValue().path("sha256").asText())) {
                    return entry.getKey() + " does not have the SHA-256 of the manifest";
                }
            } catch (IOException e) {
                return entry.getKey() + " cannot be read: " + e.getMessage();
            }
        }
        return saved.manifest().path("files").isEmpty() ? "the manifest names no files" : null;
    }

    /** SHA-256 of a file's bytes, hexadecimal. */
    public static String sha256(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            byte[] buffer = new byte[1 << 20];
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                digest.update(buffer, 0, n);
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private static List<Path> listed(Path root) throws IOException {
        try (Stream<Path> files = Files.walk(root)) {
            return files.filter(Files::isRegularFile).sorted().toList();
        }
    }

    private static void deleteTree(Path root) throws IOException {
        if (!Files.exists(root)) {
            return;
        }
        // The manifest goes first: a folder without one is no checkpoint, so a crash in here leaves no half of one.
        Files.deleteIfExists(root.resolve(MANIFEST));
        Folders.delete(root);
    }

    private static void syncDirectory(Path directory) throws IOException {
        try (FileChannel channel = FileChannel.open(directory)) {
            channel.force(true);
        }
    }
}
