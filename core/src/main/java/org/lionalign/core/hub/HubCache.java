package org.lionalign.core.hub;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.format.AtomicFiles;
import org.lionalign.core.json.Json;

/** One repository's folder in the cache: {@code blobs/HASH}, {@code refs/NAME}, {@code snapshots/COMMIT/PATH}, {@code trees/COMMIT.json}. */
final class HubCache {
    private static final int FORMAT = 1;

    private final Path cache;
    private final Path folder;

    HubCache(Path cache, HubAddress address) {
        this.cache = cache;
        this.folder = cache.resolve(
                address.kind().plural() + "--" + address.repository().replace("/", "--"));
    }

    Path snapshot(String commit) {
        return folder.resolve("snapshots").resolve(commit);
    }

    Path blob(HubFile file) {
        return folder.resolve("blobs").resolve(file.blob());
    }

    /** Where a file grows; not where Python lets it grow, for the two do not see each other's locks. */
    Path part(HubFile file) {
        return folder.resolve("blobs").resolve(file.blob() + ".lion.incomplete");
    }

    /** The commit of a branch or tag when it was last asked for. */
    @Nullable
    String ref(String revision) {
        Path ref = folder.resolve("refs").resolve(revision);
        try {
            return Files.isRegularFile(ref) ? Files.readString(ref).strip() : null;
        } catch (IOException e) {
            throw new BadInput(ref + ": cannot be read: " + e.getMessage(), e);
        }
    }

    void keepRef(String revision, String commit) {
        if (!commit.equals(ref(revision))) {
            AtomicFiles.write(folder.resolve("refs").resolve(revision), commit);
        }
    }

    /** A commit's listing; null where it is not kept, or by a version that is not known. */
    @Nullable
    List<HubFile> tree(String commit) {
        Path file = folder.resolve("trees").resolve(commit + ".json");
        if (!Files.isRegularFile(file)) {
            return null;
        }
        JsonNode tree = Json.read(file);
        if (tree.path("format_version").asInt() != FORMAT) {
            return null;
        }
        List<HubFile> files = new ArrayList<>();
        for (Map.Entry<String, JsonNode> entry : tree.path("files").properties()) {
            files.add(HubFile.kept(entry.getKey(), entry.getValue()));
        }
        return files;
    }

    void keepTree(String commit, List<HubFile> files) {
        ObjectNode tree = Json.object().put("format_version", FORMAT);
        ObjectNode entries = tree.putObject("files");
        Map<String, HubFile> sorted = new TreeMap<>();
        files.forEach(file -> sorted.put(file.path(), file));
        sorted.forEach((path, file) -> entries.set(path, file.toJson()));
        AtomicFiles.write(folder.resolve("trees").resolve(commit + ".json"), tree.toPrettyString());
    }

    /** Whether a file is in a snapshot, as long as it must be. */
    boolean has(String commit, HubFile file) {
        return isWhole(snapshot(commit).resolve(file.path()), file);
    }

    boolean hasBlob(HubFile file) {
        return isWhole(blob(file), file);
    }

    private static boolean isWhole(Path path, HubFile file) {
        try {
            return Files.isRegularFile(path) && Files.size(path) == file.size();
        } catch (IOException e) {
            return false;
        }
    }

    /** Work that one process does at a time. */
    @FunctionalInterface
    interface Alone {
        void run();
    }

    /** Runs it while no other Lion works on the same file; a lock ends with its process. */
    void alone(HubFile file, Runnable waiting, Alone work) {
        Path lock = cache.resolve(".locks").resolve(folder.getFileName()).resolve(file.blob() + ".lock");
        synchronized (HubCache.class) { // the JVM holds a lock for all of its threads
            try {
                Files.createDirectories(lock.toAbsolutePath().getParent());
                Files.createDirectories(folder.resolve("blobs"));
                try (FileChannel channel =
                        FileChannel.open(lock, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
                    if (channel.tryLock() == null) {
                        waiting.run();
                        channel.lock();
                    }
                    work.run();
                }
            } catch (IOException e) {
                throw new BadInput(lock + ": the hub's cache cannot be written: " + e, e);
            }
        }
    }

    /** A part whose content was checked becomes a blob. */
    void keep(HubFile file) {
        try {
            Files.move(part(file), blob(file), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new BadInput(blob(file) + ": cannot be written: " + e, e);
        }
    }

    /** A blob appears in a snapshot, as a link, or as a copy where there are no links. */
    void link(String commit, HubFile file) {
        link(blob(file), snapshot(commit).resolve(file.path()), true);
    }

    /**
     * {@code link} stands for {@code target} afterwards, whatever was there; it appears whole.
     *
     * @param relative within the cache, so that it can be moved as a whole
     */
    static void link(Path target, Path link, boolean relative) {
        Path aside = link.resolveSibling(
                link.getFileName() + "." + ProcessHandle.current().pid() + ".part");
        try {
            Path parent =
                    Objects.requireNonNull(link.toAbsolutePath().normalize().getParent());
            Files.createDirectories(parent);
            Files.deleteIfExists(aside);
            try {
                Path whole = target.toAbsolutePath().normalize();
                Files.createSymbolicLink(aside, relative ? parent.relativize(whole) : whole);
            } catch (UnsupportedOperationException | IOException e) {
                if (e instanceof FileAlreadyExistsException) {
                    throw e;
                }
                Files.copy(target, aside, StandardCopyOption.REPLACE_EXISTING);
            }
            Files.move(aside, link, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new BadInput(link + ": cannot be written: " + e, e);
        }
    }
}
