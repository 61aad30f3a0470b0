package org.lionalign.core.format;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.lionalign.core.json.Json;

/** Writes safetensors, in one file or in shards with an index; each file appears whole or not at all. */
public final class SafetensorsWriter {
    /** A tensor to be written: what the header says of it, and its bytes, row-major and little-endian, on demand. */
    public interface Source {
        String name();

        /** The format's name: {@code F32}, {@code BF16} … */
        String dtype();

        long[] shape();

        /** Writes exactly {@code elements × bytes of dtype}. */
        void writeTo(WritableByteChannel channel) throws IOException;

        default long bytes() {
            long bytes = Safetensors.DTYPE_BYTES.getOrDefault(dtype(), 0);
            for (long size : shape()) {
                bytes *= size;
            }
            return bytes;
        }
    }

    private SafetensorsWriter() {}

    /** Writes one file, whole or not at all. */
    public static void write(Path target, Map<String, String> metadata, List<? extends Source> tensors) {
        List<Source> sorted = new ArrayList<>(tensors);
        // Widest dtype first, then by name, as the reference writer does: every tensor is aligned to its element size.
        sorted.sort(Comparator.<Source>comparingInt(s -> -Safetensors.DTYPE_BYTES.getOrDefault(s.dtype(), 0))
                .thenComparing(Source::name));
        AtomicFiles.write(target, (FileChannel channel) -> {
            writeFully(channel, header(metadata, sorted));
            for (Source source : sorted) {
                long before = channel.position();
                source.writeTo(channel);
                if (channel.position() - before != source.bytes()) {
                    throw new IllegalStateException(source.name() + ": wrote " + (channel.position() - before)
                            + " bytes, the header says " + source.bytes());
                }
            }
        });
    }

    /**
     * Writes {@code <base>.safetensors}, or, when the tensors exceed {@code shardBytes}, shards with
     * {@code <base>.safetensors.index.json}; the index is written last.
     */
    public static void writeSharded(
            Path directory,
            String base,
            Map<String, String> metadata,
            List<? extends Source> tensors,
            long shardBytes) {
        List<List<Source>> shards = new ArrayList<>();
        long total = 0;
        long inShard = 0;
        for (Source source : tensors) {
            if (shards.isEmpty() || (inShard > 0 && inShard + source.bytes() > shardBytes)) {
                shards.add(new ArrayList<>());
                inShard = 0;
            }
            shards.get(shards.size() - 1).add(source);
            inShard += source.bytes();
            total += source.bytes();
        }
        if (shards.size() <= 1) {
            write(directory.resolve(base + ".safetensors"), metadata, tensors);
            return;
        }
        Map<String, String> weightMap = new TreeMap<>();
        for (int i = 0; i < shards.size(); i++) {
            String name = String.format("%s-%05d-of-%05d.safetensors", base, i + 1, shards.size());
            write(directory.resolve(name), metadata, shards.get(i));
            shards.get(i).forEach(source -> weightMap.put(source.name(), name));
        }
        ObjectNode index = Json.object();
        index.putObject("metadata").put("total_size", total);
        ObjectNode map = index.putObject("weight_map");
        weightMap.forEach(map::put);
        AtomicFiles.write(
                directory.resolve(base + ".safetensors.index.json"),
                index.toPrettyString().getBytes(StandardCharsets.UTF_8));
    }

    private static ByteBuffer header(Map<String, String> metadata, List<Source> tensors) {
        ObjectNode root = Json.object();
        if (!metadata.isEmpty()) {
            ObjectNode node = root.putObject("__metadata__");
            new TreeMap<>(metadata).forEach(node::put);
        }
        long at = 0;
        for (Source source : tensors) {
            if (!Safetensors.DTYPE_BYTES.containsKey(source.dtype())) {
                throw new IllegalArgumentException(source.name() + ": unknown dtype " + source.dtype());
            }
            ObjectNode node = root.putObject(source.name());
            node.put("dtype", source.dtype());
            ArrayNode shape = node.putArray("shape");
            for (long size : source.shape()) {
                shape.add(size);
            }
            node.putArray("data_offsets").add(at).add(at + source.bytes());
            at += source.bytes();
        }
        byte[] json = Json.write(root).getBytes(StandardCharsets.UTF_8);
        int padded = (json.length + 7) / 8 * 8; // tensors begin at a multiple of 8, so that they can be mapped
        ByteBuffer buffer = ByteBuffer.allocate(8 + padded).order(ByteOrder.LITTLE_ENDIAN);
        buffer.putLong(padded).put(json);
        while (buffer.hasRemaining()) {
            buffer.put((byte) ' ');
        }
        return buffer.flip();
    }

    static void writeFully(WritableByteChannel channel, ByteBuffer buffer) throws IOException {
        while (buffer.hasRemaining()) {
            channel.write(buffer);
        }
    }
}
