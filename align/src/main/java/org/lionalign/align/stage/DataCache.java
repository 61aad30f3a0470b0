package org.lionalign.align.stage;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.DoubleBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lionalign.align.text.ModelDigest;
import org.lionalign.align.text.TextModel;
import org.lionalign.core.chat.ChatTemplate;
import org.lionalign.core.data.Digests;
import org.lionalign.core.data.Ledger;
import org.lionalign.core.data.RowFiles;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.format.AtomicFiles;
import org.lionalign.core.format.Folders;
import org.lionalign.core.json.Json;
import org.lionalign.core.pack.PromptTree;
import org.lionalign.core.pack.TreeStore;
import org.lionalign.core.recipe.StageRecipe;

/**
 * Encoded rows on disk, found by the hash of everything that shaped them (LION.md D15): the files' bytes, tokenizer, template, lengths,
 * masks, seed, and this code's version. An entry is built aside and renamed.
 */
final class DataCache {
    /** Raise it when the same inputs give other trees than before. */
    private static final int VERSION = 4;

    private static final String MANIFEST = "manifest.json";
    private static final String ORDER = "order.bin";
    private static final String MARGINS = "margins.bin";

    private final Path root;

    DataCache(Path root) {
        this.root = root;
    }

    /**
     * Trees in the order of use, and what became of each row.
     *
     * @param margins of pairs, in that order
     */
    record Entry(List<PromptTree> trees, Ledger ledger, double[] margins) {}

    /**
     * What building found: the trees' order, the digest of the store.
     *
     * @param margins of pairs, one for each tree as it was written; null for what has none
     */
    record Built(int[] order, String digest, Ledger ledger, double @Nullable [] margins) {}

    /** Fills a folder with a store. */
    @FunctionalInterface
    interface Builder {
        Built build(Path folder) throws IOException;
    }

    String key(
            String kind,
            List<StageRecipe.Source> sources,
            StageRecipe.Data data,
            long seed,
            int longest,
            TextModel text) {
        ObjectNode inputs = Json.object();
        inputs.put("version", VERSION).put("kind", kind).put("seed", seed).put("longest", longest);
        inputs.put("tokenizer", ModelDigest.file(text.directory().resolve("tokenizer.json")));
        inputs.put("template", hex(Digests.sha256(text.template().source().getBytes(StandardCharsets.UTF_8))));
        inputs.put("stops", text.stops().toString());
        inputs.put("control", ChatTemplate.controlTokens(text.directory()).toString());
        inputs.put("overlong", data.overlong()).put("loss_on", data.lossOn());
        inputs.put("wrap", data.packing().equals("wrap")).put("faithful", data.faithful());
        inputs.put("deduplicate", data.deduplicate()).put("system", data.emptySystemProbability());
        inputs.put("prompt", data.maxPromptTokens() + " " + data.keepPrompt());
        inputs.put("near", String.valueOf(data.nearDuplicates())).put("share", data.setAsideShare());
        StageRecipe.Text documents = data.text();
        if (documents != null) {
            inputs.put("text", documents.column() + "\n" + documents.separator() + "\n" + documents.end());
        }
        for (String benchmark : data.decontaminate()) {
            inputs.withArray("benchmarks").add(ModelDigest.file(Path.of(benchmark)));
        }
        for (StageRecipe.Source source : sources) {
            ObjectNode entry = inputs.withArray("sources").addObject();
            entry.put("path", source.path()).put("fraction", source.fraction()).put("layout", source.layout());
            for (Path file : RowFiles.files(Path.of(source.path()), source.split())) {
                entry.withArray("files").add(file + " " + ModelDigest.file(file));
            }
        }
        return hex(Digests.sha256(Json.write(inputs).getBytes(StandardCharsets.UTF_8)))
                .substring(0, 32);
    }

    Entry get(String key, Builder builder) {
        Path folder = root.resolve(key);
        if (!Files.exists(folder.resolve(MANIFEST))) {
            build(folder, builder);
        }
        JsonNode manifest = Json.read(folder.resolve(MANIFEST));
        try {
            ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(folder.resolve(ORDER)));
            int[] order = new int[bytes.remaining() / 4];
            bytes.asIntBuffer().get(order);
            TreeStore store = TreeStore.open(folder);
            if (store.size() != manifest.path("trees").asInt()
                    || order.length != manifest.path("rows").asInt()) {
                throw BadInput.of(
                        folder.resolve(MANIFEST),
                        "trees",
                        manifest.path("trees") + " trees in " + manifest.path("rows") + " rows",
                        store.size() + " in " + order.length + "; remove the folder to build it anew");
            }
            return new Entry(
                    store.view(order, manifest.path("digest").asText()),
                    Ledger.of(manifest.path("ledger")),
                    margins(folder, order));
        } catch (IOException e) {
            throw new BadInput(folder + ": cannot be read: " + e.getMessage(), e);
        }
    }

    private static double[] margins(Path folder, int[] order) throws IOException {
        Path file = folder.resolve(MARGINS);
        if (!Files.exists(file)) {
            return new double[0];
        }
        DoubleBuffer written = ByteBuffer.wrap(Files.readAllBytes(file)).asDoubleBuffer();
        return Arrays.stream(order).mapToDouble(written::get).toArray();
    }

    private void build(Path folder, Builder builder) {
        try {
            Files.createDirectories(root);
            Path part = Files.createTempDirectory(root, ".part-");
            try {
                Built built = builder.build(part);
                ByteBuffer order = ByteBuffer.allocate(built.order().length * 4);
                order.asIntBuffer().put(built.order());
                Files.write(part.resolve(ORDER), order.array());
                double[] margins = built.margins();
                if (margins != null) {
                    ByteBuffer bytes = ByteBuffer.allocate(margins.length * 8);
                    bytes.asDoubleBuffer().put(margins);
                    Files.write(part.resolve(MARGINS), bytes.array());
                }
                MessageDigest all = Digests.sha256();
                all.update(built.digest().getBytes(StandardCharsets.UTF_8));
                ObjectNode manifest = Json.object();
                manifest.put("trees", TreeStore.open(part).size());
                manifest.put("rows", built.order().length);
                manifest.put("digest", hex(all.digest(order.array())));
                manifest.set("ledger", built.ledger().toJson());
                AtomicFiles.write(part.resolve(MANIFEST), manifest.toPrettyString());
                try {
                    Files.move(part, folder, StandardCopyOption.ATOMIC_MOVE);
                } catch (java.nio.file.FileSystemException raced) {
                    if (!Files.exists(folder.resolve(MANIFEST))) {
                        throw raced;
                    }
                }
            } finally {
                Folders.delete(part);
            }
        } catch (IOException e) {
            throw new BadInput(folder + ": the encoded rows cannot be written: " + e.getMessage(), e);
        }
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }
}
