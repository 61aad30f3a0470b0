package org.lionalign.align.reference;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.lionalign.align.train.PairObjective;
import org.lionalign.core.data.Digests;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.format.AtomicFiles;

/**
 * Log-probabilities of pairs {@code [first, first + count)} in one file: magic, identity (32 bytes), first, count, two lengths for each pair,
 * the floats, and the SHA-256 of all that. Memory-mapped when read.
 */
final class ReferenceShard {
    private static final byte[] MAGIC = "LIONREF1".getBytes(StandardCharsets.US_ASCII);
    private static final int HASH = 32;
    private static final int HEADER = 8 + HASH + 8;

    private final ByteBuffer bytes;
    private final int first;
    private final int count;
    private final int[] chosen;
    private final int[] rejected;
    private final int[] offsets;

    private ReferenceShard(ByteBuffer bytes, int first, int count) {
        this.bytes = bytes;
        this.first = first;
        this.count = count;
        this.chosen = new int[count];
        this.rejected = new int[count];
        this.offsets = new int[count];
        int at = HEADER + 8 * count;
        for (int i = 0; i < count; i++) {
            chosen[i] = bytes.getInt(HEADER + 8 * i);
            rejected[i] = bytes.getInt(HEADER + 8 * i + 4);
            offsets[i] = at;
            at += 4 * (chosen[i] + rejected[i]);
        }
    }

    int first() {
        return first;
    }

    int count() {
        return count;
    }

    PairObjective.Reference get(int pair) {
        int at = offsets[pair - first];
        float[] better = floats(at, chosen[pair - first]);
        return new PairObjective.Reference(better, floats(at + 4 * better.length, rejected[pair - first]));
    }

    private float[] floats(int at, int n) {
        float[] values = new float[n];
        for (int i = 0; i < n; i++) {
            values[i] = bytes.getFloat(at + 4 * i);
        }
        return values;
    }

    /** Writes a shard, whole or not at all. */
    static void write(Path file, byte[] identity, int first, List<PairObjective.Reference> references) {
        ByteArrayOutputStream buffer = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(buffer)) {
            out.write(MAGIC);
            out.write(identity);
            out.writeInt(first);
            out.writeInt(references.size());
            for (PairObjective.Reference reference : references) {
                out.writeInt(reference.chosen().length);
                out.writeInt(reference.rejected().length);
            }
            for (PairObjective.Reference reference : references) {
                for (float value : reference.chosen()) {
                    out.writeFloat(value);
                }
                for (float value : reference.rejected()) {
                    out.writeFloat(value);
                }
            }
            out.write(Digests.sha256(buffer.toByteArray()));
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
        AtomicFiles.write(file, buffer.toByteArray());
    }

    /**
     * Maps and checks a shard.
     *
     * @throws BadInput when it is cut, damaged, or another cache's
     */
    static ReferenceShard read(Path file, byte[] identity) {
        ByteBuffer bytes;
        try (FileChannel channel = FileChannel.open(file)) {
            bytes = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size());
        } catch (IOException e) {
            throw new BadInput(file + ": cannot be read: " + e.getMessage(), e);
        }
        int end = bytes.limit() - HASH;
        if (end < HEADER) {
            throw new BadInput(file + ": expected a shard of reference log-probabilities, found " + bytes.limit()
                    + " bytes; remove it and the pass is run again for its pairs");
        }
        byte[] body = new byte[end];
        bytes.get(0, body);
        byte[] hash = new byte[HASH];
        bytes.get(end, hash);
        if (!Arrays.equals(hash, Digests.sha256(body)) || !Arrays.equals(Arrays.copyOf(body, 8), MAGIC)) {
            throw new BadInput(
                    file + ": damaged: its SHA-256 is not the one it ends with; remove it and the pass is run again");
        }
        if (!Arrays.equals(Arrays.copyOfRange(body, 8, 8 + HASH), identity)) {
            throw new BadInput(file + ": expected a shard of this cache, found one of another model, data or mode");
        }
        return new ReferenceShard(bytes, bytes.getInt(8 + HASH), bytes.getInt(12 + HASH));
    }
}
