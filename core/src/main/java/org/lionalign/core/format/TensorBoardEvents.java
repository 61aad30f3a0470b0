package org.lionalign.core.format;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.zip.CRC32C;

/**
 * TensorBoard's event files: TFRecords (length, masked CRC-32C of it, data, masked CRC-32C of that) of {@code Event} messages with scalar
 * summaries. The messages are written field by field: wall time 1, step 2, file version 3, summary 5; value: tag 1, simple value 2.
 */
public final class TensorBoardEvents {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    /** @param wallTime seconds since 1970 */
    public TensorBoardEvents(double wallTime) {
        ByteArrayOutputStream event = new ByteArrayOutputStream();
        fixed64(event, 1, Double.doubleToLongBits(wallTime));
        bytes(event, 3, "brain.Event:2".getBytes(StandardCharsets.UTF_8));
        record(event.toByteArray());
    }

    /** The values of a step. */
    public void scalars(double wallTime, long step, Map<String, Double> values) {
        ByteArrayOutputStream summary = new ByteArrayOutputStream();
        values.forEach((tag, value) -> {
            ByteArrayOutputStream one = new ByteArrayOutputStream();
            bytes(one, 1, tag.getBytes(StandardCharsets.UTF_8));
            one.write(2 << 3 | 5);
            little(one, Integer.toUnsignedLong(Float.floatToIntBits(value.floatValue())), 4);
            bytes(summary, 1, one.toByteArray());
        });
        ByteArrayOutputStream event = new ByteArrayOutputStream();
        fixed64(event, 1, Double.doubleToLongBits(wallTime));
        event.write(2 << 3);
        varint(event, step);
        bytes(event, 5, summary.toByteArray());
        record(event.toByteArray());
    }

    /** The whole file. */
    public byte[] toBytes() {
        return out.toByteArray();
    }

    private void record(byte[] data) {
        byte[] length = ByteBuffer.allocate(8)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(data.length)
                .array();
        out.writeBytes(length);
        little(out, masked(length), 4);
        out.writeBytes(data);
        little(out, masked(data), 4);
    }

    private static long masked(byte[] bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes);
        int value = (int) crc.getValue();
        return Integer.toUnsignedLong((value >>> 15 | value << 17) + 0xa282ead8);
    }

    private static void fixed64(ByteArrayOutputStream out, int field, long bits) {
        out.write(field << 3 | 1);
        little(out, bits, 8);
    }

    private static void bytes(ByteArrayOutputStream out, int field, byte[] bytes) {
        out.write(field << 3 | 2);
        varint(out, bytes.length);
        out.writeBytes(bytes);
    }

    private static void varint(ByteArrayOutputStream out, long value) {
        long rest = value;
        while ((rest & ~0x7FL) != 0) {
            out.write((int) (rest & 0x7F | 0x80));
            rest >>>= 7;
        }
        out.write((int) rest);
    }

    private static void little(ByteArrayOutputStream out, long value, int size) {
        for (int i = 0; i < size; i++) {
            out.write((int) (value >>> 8 * i));
        }
    }
}
