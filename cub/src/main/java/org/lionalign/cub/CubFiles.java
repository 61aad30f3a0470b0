package org.lionalign.cub;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.List;
import java.util.stream.LongStream;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.format.AtomicFiles;
import org.lionalign.core.json.Json;
import org.lionalign.cub.InstructionGenerator.Split;

/** Writes the data of cub's world as files, with a manifest of their hashes. The same arguments give the same bytes. */
public final class CubFiles {
    /**
     * How much to write.
     *
     * @param documents pre-training documents, about 50 tokens each; 0 writes no corpus
     * @param flawed the share of SFT answers that break a check on purpose, 0 to 1
     */
    public record Sizes(long documents, int sft, int pairs, int prompts, int heldout, double flawed) {
        public Sizes {
            if (documents < 0 || sft < 0 || pairs < 0 || prompts < 0 || heldout < 0) {
                throw new BadInput("sizes: expected no negative number");
            }
            if (!(flawed >= 0 && flawed <= 1)) {
                throw new BadInput("flawed: expected a share between 0 and 1, found " + flawed);
            }
        }

        /** What the quickstart uses. */
        public static Sizes quickstart() {
            return new Sizes(0, 6000, 2000, 2400, 1500, 0.35);
        }
    }

    private CubFiles() {}

    /** Writes {@code corpus.jsonl, sft.jsonl, pairs.jsonl, prompts.jsonl, heldout.jsonl, manifest.json}; returns the manifest. */
    public static ObjectNode generate(Path directory, long seed, Sizes sizes) {
        ObjectNode manifest = Json.object();
        manifest.put("seed", seed).put("flawed", sizes.flawed());
        ObjectNode files = manifest.putObject("files");
        if (sizes.documents() > 0) {
            CorpusGenerator corpus = new CorpusGenerator(seed);
            write(
                    directory.resolve("corpus.jsonl"),
                    LongStream.range(0, sizes.documents())
                            .mapToObj(i -> Json.object().put("text", corpus.document(i)))
                            .iterator(),
                    files);
        }
        rows(directory, "sft", generator(seed, Split.SFT).sft(sizes.sft(), sizes.flawed()), files);
        rows(directory, "pairs", generator(seed, Split.PAIRS).pairs(sizes.pairs()), files);
        rows(directory, "prompts", generator(seed, Split.PROMPTS).prompts(sizes.prompts()), files);
        rows(directory, "heldout", generator(seed, Split.HELDOUT).prompts(sizes.heldout()), files);
        AtomicFiles.write(directory.resolve("manifest.json"), Json.write(manifest) + "\n");
        return manifest;
    }

    private static InstructionGenerator generator(long seed, Split split) {
        return new InstructionGenerator(seed, split);
    }

    private static void rows(Path directory, String name, List<ObjectNode> rows, ObjectNode files) {
        write(directory.resolve(name + ".jsonl"), rows.iterator(), files);
    }

    private static void write(Path file, Iterator<ObjectNode> rows, ObjectNode files) {
        Path part = file.resolveSibling(file.getFileName() + ".part");
        long count = 0;
        MessageDigest digest = sha256();
        try {
            Files.createDirectories(file.toAbsolutePath().getParent());
            try (FileChannel channel = FileChannel.open(
                            part,
                            StandardOpenOption.CREATE,
                            StandardOpenOption.WRITE,
                            StandardOpenOption.TRUNCATE_EXISTING);
                    OutputStream out = new java.io.BufferedOutputStream(Channels.newOutputStream(channel), 1 << 16)) {
                for (; rows.hasNext(); count++) {
                    byte[] line = (Json.write(rows.next()) + "\n").getBytes(StandardCharsets.UTF_8);
                    digest.update(line);
                    out.write(line);
                }
                out.flush();
                channel.force(true);
            }
            Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new BadInput(file + ": cannot be written: " + e.getMessage(), e);
        }
        files.putObject(String.valueOf(file.getFileName()))
                .put("rows", count)
                .put("sha256", HexFormat.of().formatHex(digest.digest()));
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
