package org.lionalign.core.hub;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.json.Json;

/**
 * A file of a repository at a commit, as the hub lists it.
 *
 * @param path in the repository, parted by {@code /}
 * @param size in bytes
 * @param gitId SHA-1 of the git blob: of the content where the file is small, of a pointer where it is large
 * @param sha256 of the content of large files, null for small ones
 * @param xet what the hub's chunk store calls it; kept for the Python library, which reads the same listing
 */
record HubFile(
        String path,
        long size,
        String gitId,
        @Nullable String sha256,
        @Nullable String xet) {
    HubFile {
        if (path.isEmpty()
                || path.startsWith("/")
                || path.indexOf('\\') >= 0
                || path.indexOf(':') >= 0
                || List.of(path.split("/", -1)).stream()
                        .anyMatch(part -> part.isEmpty() || part.equals(".") || part.equals(".."))) {
            throw new BadInput("the hub's listing: expected paths inside the repository, found " + path);
        }
        if (size < 0 || !gitId.matches("[0-9a-f]{40}") || (sha256 != null && !sha256.matches("[0-9a-f]{64}"))) {
            throw new BadInput("the hub's listing: " + path + ": expected a size and hashes, found " + size + ", "
                    + gitId + ", " + sha256);
        }
    }

    /** The name in {@code blobs}, which is the hash that the content must have. */
    String blob() {
        return sha256 == null ? gitId : sha256;
    }

    /** An entry of {@code /api/…/tree}. */
    static HubFile listed(JsonNode entry) {
        JsonNode large = entry.path("lfs").path("oid");
        return new HubFile(
                entry.path("path").asText(),
                entry.path("size").asLong(-1),
                entry.path("oid").asText(),
                large.isTextual() ? large.textValue().replaceFirst("^sha256:", "") : null,
                entry.path("xetHash").textValue());
    }

    /** An entry of {@code trees/COMMIT.json}, as {@code huggingface_hub} keeps listings. */
    static HubFile kept(String path, JsonNode entry) {
        return new HubFile(
                path,
                entry.path("size").asLong(-1),
                entry.path("blob_id").asText(),
                entry.path("lfs_sha256").textValue(),
                entry.path("xet_hash").textValue());
    }

    ObjectNode toJson() {
        ObjectNode entry = Json.object().put("size", size).put("blob_id", gitId);
        if (sha256 != null) {
            entry.put("lfs_sha256", sha256).put("lfs_size", size);
        }
        if (xet != null) {
            entry.put("xet_hash", xet);
        }
        return entry;
    }
}
