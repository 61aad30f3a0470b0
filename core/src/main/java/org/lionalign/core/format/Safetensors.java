package org.lionalign.core.format;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.json.Json;

/**
 * The header of one safetensors file, checked in full before any byte of a tensor is touched: lengths, offsets, shapes and
 * dtypes agree with each other and with the file's size, tensors neither overlap nor leave holes.
 *
 * <p>Format: 8 bytes little-endian header length, JSON header, tensor bytes
 * (<a href="https://github.com/huggingface/safetensors">huggingface/safetensors</a>).
 *
 * @param file the file
 * @param metadata the free {@code __metadata__} entries, in file order
 * @param tensors by name, in file order
 */
public record Safetensors(Path file, Map<String, String> metadata, Map<String, TensorEntry> tensors) {
    /** The same limit as the reference implementation: a larger header is a lie or an attack. */
    static final long MAX_HEADER_BYTES = 100_000_000;

    /** Bytes of one element by the format's dtype names. */
    static final Map<String, Integer> DTYPE_BYTES = Map.ofEntries(
            Map.entry("BOOL", 1),
            Map.entry("U8", 1),
            Map.entry("I8", 1),
            Map.entry("F8_E4M3", 1),
            Map.entry("F8_E5M2", 1),
            Map.entry("I16", 2),
            Map.entry("U16", 2),
            Map.entry("F16", 2),
            Map.entry("BF16", 2),
            Map.entry("I32", 4),
            Map.entry("U32", 4),
            Map.entry("F32", 4),
            Map.entry("I64", 8),
            Map.entry("U64", 8),
            Map.entry("F64", 8));

    public Safetensors {
        metadata = Collections.unmodifiableMap(new LinkedHashMap<>(metadata));
        tensors = Collections.unmodifiableMap(new LinkedHashMap<>(tensors));
    }

    /** Reads and checks the header. */
    public static Safetensors open(Path file) {
        try (FileChannel channel = FileChannel.open(file)) {
            long size = channel.size();
            if (size < 8) {
                throw BadInput.of(file, "header length", "8 bytes", "a file of " + size + " bytes");
            }
            long headerBytes =
                    read(channel, 0, 8).order(ByteOrder.LITTLE_ENDIAN).getLong();
            long most = Math.min(MAX_HEADER_BYTES, size - 8);
            if (headerBytes < 2 || headerBytes > most) {
                throw BadInput.of(
                        file,
                        "header length",
                        "2 to " + most + " bytes (the file has " + size + ")",
                        Long.toUnsignedString(headerBytes));
            }
            String header;
            try {
                header = StandardCharsets.UTF_8
                        .newDecoder()
                        .decode(read(channel, 8, (int) headerBytes))
                        .toString();
            } catch (CharacterCodingException e) {
                throw BadInput.of(file, "header", "UTF-8 text", "invalid bytes");
            }
            return parse(file, header, 8 + headerBytes, size - 8 - headerBytes);
        } catch (NoSuchFileException e) {
            throw new BadInput(file + ": no such file", e);
        } catch (IOException e) {
            throw new BadInput(file + ": cannot be read: " + e.getMessage(), e);
        }
    }

    private static Safetensors parse(Path file, String header, long dataStart, long dataBytes) {
        JsonNode root = Json.parse(header, file + ": header");
        if (!root.isObject()) {
            throw BadInput.of(
                    file, "header", "a JSON object", root.getNodeType().toString());
        }
        Map<String, String> metadata = new LinkedHashMap<>();
        Map<String, TensorEntry> tensors = new LinkedHashMap<>();
        for (Map.Entry<String, JsonNode> field : root.properties()) {
            if (field.getKey().equals("__metadata__")) {
                for (Map.Entry<String, JsonNode> entry : field.getValue().properties()) {
                    if (!entry.getValue().isTextual()) {
                        throw BadInput.of(
                                file,
                                "__metadata__." + entry.getKey(),
                                "a string",
                                entry.getValue().toString());
                    }
                    metadata.put(entry.getKey(), entry.getValue().textValue());
                }
            } else {
                tensors.put(field.getKey(), entry(file, field.getKey(), field.getValue(), dataStart, dataBytes));
            }
        }
        checkCover(file, tensors, dataStart, dataBytes);
        return new Safetensors(file, metadata, tensors);
    }

    private static TensorEntry entry(Path file, String name, JsonNode node, long dataStart, long dataBytes) {
        JsonNode dtype = node.path("dtype");
        Integer width = DTYPE_BYTES.get(dtype.asText());
        if (!dtype.isTextual() || width == null) {
            throw BadInput.of(
                    file, name + ".dtype", "one of " + new java.util.TreeSet<>(DTYPE_BYTES.keySet()), dtype.toString());
        }
        long[] shape = longs(file, name + ".shape", node.path("shape"));
        long[] range = longs(file, name + ".data_offsets", node.path("data_offsets"));
        if (range.length != 2 || range[0] > range[1] || range[1] > dataBytes) {
            throw BadInput.of(
                    file,
                    name + ".data_offsets",
                    "[begin, end] within the file's " + dataBytes + " data bytes",
                    node.path("data_offsets").toString());
        }
        long bytes = width;
        try {
            for (long size : shape) {
                bytes = Math.multiplyExact(bytes, size);
            }
        } catch (ArithmeticException e) {
            throw BadInput.of(
                    file,
                    name + ".shape",
                    "a size that fits into 64 bits",
                    node.path("shape").toString());
        }
        if (bytes != range[1] - range[0]) {
            throw BadInput.of(
                    file,
                    name + ".data_offsets",
                    bytes + " bytes for " + dtype.asText() + node.path("shape"),
                    (range[1] - range[0]) + " bytes");
        }
        return new TensorEntry(name, dtype.asText(), shape, file, dataStart + range[0], bytes);
    }

    /** The format allows no overlap and no hole, so that nothing can hide between tensors. */
    private static void checkCover(Path file, Map<String, TensorEntry> tensors, long dataStart, long dataBytes) {
        List<TensorEntry> sorted = new ArrayList<>(tensors.values());
        sorted.sort(Comparator.comparingLong(TensorEntry::offset).thenComparingLong(TensorEntry::bytes));
        long at = dataStart;
        for (TensorEntry entry : sorted) {
            if (entry.offset() != at) {
                throw BadInput.of(
                        file,
                        entry.name() + ".data_offsets",
                        "to begin at " + (at - dataStart) + ", where the tensor before it ends",
                        (entry.offset() < at ? "an overlap at " : "a hole before ") + (entry.offset() - dataStart));
            }
            at += entry.bytes();
        }
        if (at != dataStart + dataBytes) {
            throw BadInput.of(file, "data", (at - dataStart) + " bytes, the sum of all tensors", dataBytes + " bytes");
        }
    }

    private static long[] longs(Path file, String key, JsonNode node) {
        if (!node.isArray() || node.size() > 64) {
            throw BadInput.of(
                    file, key, "an array of whole numbers", node.isMissingNode() ? "nothing" : node.toString());
        }
        long[] values = new long[node.size()];
        for (int i = 0; i < values.length; i++) {
            JsonNode value = node.get(i);
            if (!value.isIntegralNumber() || !value.canConvertToLong() || value.longValue() < 0) {
                throw BadInput.of(file, key + "[" + i + "]", "a whole number from 0 up", value.toString());
            }
            values[i] = value.longValue();
        }
        return values;
    }

    private static ByteBuffer read(FileChannel channel, long offset, int length) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(length);
        while (buffer.hasRemaining()) {
            if (channel.read(buffer, offset + buffer.position()) < 0) {
                throw new IOException("file ends at byte " + (offset + buffer.position()));
            }
        }
        return buffer.flip();
    }
}
