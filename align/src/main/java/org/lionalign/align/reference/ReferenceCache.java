package org.lionalign.align.reference;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.RandomAccess;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.lionalign.align.train.PairObjective;
import org.lionalign.align.train.PairTask;
import org.lionalign.core.data.Digests;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.format.AtomicFiles;
import org.lionalign.core.json.Json;
import org.lionalign.core.pack.PromptTree;
import org.lionalign.torch.model.CausalLm;

/**
 * Per-token log-probabilities of preference pairs under a reference (LION.md 2.10): because they are per token, changing β, the loss, its
 * length normalisation or an SFT term never computes them again. A folder of shards and {@code manifest.json}, which names the model,
 * data, tokenizer, template and numeric mode; with any other it is refused. A killed pass goes on with the shards that are missing, and
 * several processes may each take their share.
 */
public final class ReferenceCache {
    private static final String MANIFEST = "manifest.json";

    private final Path folder;
    private final ObjectNode identity;
    private final byte[] hash;
    private final int pairs;
    private final int perShard;

    /**
     * @param identity everything that shapes the values, by name
     * @param pairs pairs in all
     * @param perShard pairs in a shard; what a killed pass loses at most
     */
    public ReferenceCache(Path folder, ObjectNode identity, int pairs, int perShard) {
        this.folder = folder;
        this.identity = identity.deepCopy().put("pairs", pairs).put("pairs_per_shard", perShard);
        this.hash = Digests.sha256(Json.write(this.identity).getBytes(StandardCharsets.UTF_8));
        this.pairs = pairs;
        this.perShard = perShard;
        Path manifest = folder.resolve(MANIFEST);
        if (Files.exists(manifest)) {
            JsonNode found = Json.read(manifest);
            for (Map.Entry<String, JsonNode> entry : this.identity.properties()) {
                if (!found.path(entry.getKey())
                        .toString()
                        .equals(entry.getValue().toString())) {
                    throw BadInput.of(
                            manifest,
                            entry.getKey(),
                            entry.getValue().toString(),
                            found.path(entry.getKey()) + "; use another folder for another reference");
                }
            }
        } else {
            try {
                Files.createDirectories(folder);
            } catch (IOException e) {
                throw new BadInput(folder + ": cannot be made: " + e.getMessage(), e);
            }
            AtomicFiles.write(manifest, this.identity.toPrettyString() + "\n");
        }
    }

    private int shards() {
        return (pairs + perShard - 1) / perShard;
    }

    private Path shard(int number) {
        return folder.resolve(String.format("shard-%06d.bin", number));
    }

    /** Shards that have not been written. */
    public int missing() {
        int missing = 0;
        for (int s = 0; s < shards(); s++) {
            missing += Files.exists(shard(s)) ? 0 : 1;
        }
        return missing;
    }

    /**
     * Computes the shards of a rank that are missing.
     *
     * @param progress hears of each finished shard
     */
    public void compute(
            CausalLm reference, List<PromptTree> trees, int tokensPerPass, int rank, int world, Runnable progress) {
        if (trees.size() != pairs) {
            throw new IllegalArgumentException(trees.size() + " trees for a cache of " + pairs);
        }
        for (int s = rank; s < shards(); s += world) {
            if (!Files.exists(shard(s))) {
                int first = s * perShard;
                List<PromptTree> some = trees.subList(first, Math.min(pairs, first + perShard));
                ReferenceShard.write(shard(s), hash, first, PairTask.references(reference, some, tokensPerPass));
            }
            progress.run();
        }
    }

    /**
     * All values, mapped; each pair exactly once, or an error that names the shard.
     */
    public List<PairObjective.Reference> read() {
        List<ReferenceShard> all = new ArrayList<>();
        for (int s = 0; s < shards(); s++) {
            if (!Files.exists(shard(s))) {
                throw new BadInput(shard(s) + ": expected the log-probabilities of pairs " + s * perShard
                        + " and on, found no file");
            }
            ReferenceShard read = ReferenceShard.read(shard(s), hash);
            if (read.first() != s * perShard || read.count() != Math.min(perShard, pairs - s * perShard)) {
                throw new BadInput(shard(s) + ": expected pairs " + s * perShard + " and on, found " + read.count()
                        + " from " + read.first() + ": a shard under another's name");
            }
            all.add(read);
        }
        try (Stream<Path> files = Files.list(folder)) {
            long found = files.filter(f -> String.valueOf(f.getFileName()).startsWith("shard-"))
                    .count();
            if (found != shards()) {
                throw new BadInput(folder + ": expected " + shards() + " shards, found " + found);
            }
        } catch (IOException e) {
            throw new BadInput(folder + ": cannot be listed: " + e.getMessage(), e);
        }
        return new Mapped(all, perShard, pairs);
    }

    /**
     * Computes a few drawn pairs again and compares.
     *
     * @param tolerance per token, for passes that were packed otherwise
     */
    public static void verify(
            CausalLm reference,
            List<PromptTree> trees,
            List<PairObjective.Reference> stored,
            int sample,
            double tolerance,
            long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < Math.min(sample, trees.size()); i++) {
            int pair = random.nextInt(trees.size());
            PromptTree tree = trees.get(pair);
            PairObjective.Reference again =
                    PairTask.references(reference, List.of(tree), tree.length()).get(0);
            compare(tree.id(), stored.get(pair).chosen(), again.chosen(), tolerance);
            compare(tree.id(), stored.get(pair).rejected(), again.rejected(), tolerance);
        }
    }

    private static void compare(String id, float[] stored, float[] again, double tolerance) {
        if (stored.length != again.length) {
            throw new BadInput(id + ": the stored reference has " + stored.length + " tokens, the row " + again.length);
        }
        for (int t = 0; t < stored.length; t++) {
            if (!(Math.abs(stored[t] - again[t]) <= tolerance)) {
                throw new BadInput(
                        id + ": token " + t + ": the stored reference says " + stored[t] + ", the reference model says "
                                + again[t] + ": the cache belongs to another model or is damaged");
            }
        }
    }

    private static final class Mapped extends AbstractList<PairObjective.Reference> implements RandomAccess {
        private final List<ReferenceShard> shards;
        private final int perShard;
        private final int size;

        Mapped(List<ReferenceShard> shards, int perShard, int size) {
            this.shards = shards;
            this.perShard = perShard;
            this.size = size;
        }

        @Override
        public PairObjective.Reference get(int pair) {
            return shards.get(pair / perShard).get(pair);
        }

        @Override
        public int size() {
            return size;
        }
    }
}
