package org.lionalign.core.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.testing.Seeds;
import org.lionalign.core.testing.SharedData;

class SafetensorsTest {
    @TempDir
    Path dir;

    record Bytes(String name, String dtype, long[] shape, byte[] content) implements SafetensorsWriter.Source {
        @Override
        public void writeTo(WritableByteChannel channel) throws IOException {
            channel.write(ByteBuffer.wrap(content));
        }
    }

    private static Bytes tensor(String name, String dtype, byte fill, long... shape) {
        Bytes empty = new Bytes(name, dtype, shape, new byte[0]);
        byte[] content = new byte[(int) empty.bytes()];
        java.util.Arrays.fill(content, fill);
        return new Bytes(name, dtype, shape, content);
    }

    @Test
    void whatIsWrittenIsReadBack() throws IOException {
        Path file = dir.resolve("a.safetensors");
        SafetensorsWriter.write(
                file,
                Map.of("format", "pt"),
                List.of(tensor("b", "BF16", (byte) 1, 3), tensor("a", "F32", (byte) 2, 2, 2), tensor("s", "I64", (byte)
                        3)));
        Safetensors read = Safetensors.open(file);
        assertThat(read.metadata()).containsEntry("format", "pt");
        assertThat(read.tensors().keySet()).containsExactly("s", "a", "b");
        assertThat(read.tensors().get("a").shape()).containsExactly(2, 2);
        byte[] all = Files.readAllBytes(file);
        TensorEntry b = read.tensors().get("b");
        assertThat(all[(int) b.offset()]).isEqualTo((byte) 1);
        assertThat(b.offset() + b.bytes()).isEqualTo(all.length);
        assertThat(read.tensors().get("s").offset() % 8).isZero();
    }

    @Test
    void shardsHaveAnIndexAndAreCheckedAgainstIt() throws IOException {
        SafetensorsWriter.writeSharded(
                dir, "model", Map.of(), List.of(tensor("a", "F32", (byte) 1, 4), tensor("b", "F32", (byte) 2, 4)), 20);
        assertThat(Checkpoint.open(dir).tensors().keySet()).containsExactly("a", "b");
        assertThat(Checkpoint.open(dir).bytes()).isEqualTo(32);
        Files.delete(dir.resolve("model-00002-of-00002.safetensors"));
        assertThatThrownBy(() -> Checkpoint.open(dir))
                .isInstanceOf(BadInput.class)
                .hasMessageContaining("weight_map.b")
                .hasMessageContaining("no such file");
    }

    @Test
    void liesInTheHeaderAreNamed() throws IOException {
        refuse("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}", 4, "8 bytes for F32[2]");
        refuse("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 2, "within the file's 2 data bytes");
        refuse("{\"a\":{\"dtype\":\"F33\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4, "a.dtype");
        refuse("{\"a\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,4]}}", 4, "a.shape[0]");
        refuse("{\"a\":{\"dtype\":\"F32\",\"shape\":[9000000000,9000000000],\"data_offsets\":[0,4]}}", 4, "64 bits");
        refuse(
                "{\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]},"
                        + "\"b\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[1,3]}}",
                3,
                "an overlap");
        refuse("{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[1,2]}}", 2, "a hole");
        refuse("{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}", 2, "sum of all tensors");
        refuse("[1]", 0, "a JSON object");
        refuse("{\"a\":1,\"a\":2}", 0, "Duplicate");
    }

    private void refuse(String header, int data, String part) throws IOException {
        byte[] json = header.getBytes(StandardCharsets.UTF_8);
        ByteBuffer file = ByteBuffer.allocate(8 + json.length + data).order(ByteOrder.LITTLE_ENDIAN);
        file.putLong(json.length).put(json);
        Path path = dir.resolve("lie.safetensors");
        Files.write(path, file.array());
        assertThatThrownBy(() -> Safetensors.open(path))
                .isInstanceOf(BadInput.class)
                .hasMessageContaining("lie.safetensors")
                .hasMessageContaining(part);
    }

    @Test
    void mutatedFilesAreRefusedOrReadButNeverCrash() throws IOException {
        Path good = dir.resolve("good.safetensors");
        SafetensorsWriter.write(good, Map.of("k", "v"), List.of(tensor("w", "F32", (byte) 7, 4, 4)));
        byte[] bytes = Files.readAllBytes(good);
        Path bad = dir.resolve("bad.safetensors");
        Seeds.forAll(3000, random -> {
            byte[] mutant = java.util.Arrays.copyOf(
                    bytes, random.nextInt(4) == 0 ? random.nextInt(bytes.length + 8) : bytes.length);
            for (int i = random.nextInt(4); i > 0 && mutant.length > 0; i--) {
                mutant[random.nextInt(Math.min(mutant.length, 160))] = (byte) random.nextInt(256);
            }
            Files.write(bad, mutant);
            try {
                for (TensorEntry entry : Safetensors.open(bad).tensors().values()) {
                    assertThat(entry.offset() + entry.bytes()).isLessThanOrEqualTo(mutant.length);
                }
            } catch (BadInput expected) {
                assertThat(expected.getMessage()).contains("bad.safetensors");
            }
        });
    }

    @Test
    void realModelsOpen() {
        for (String model : List.of("stories260k", "babyllama")) {
            assertThat(Checkpoint.open(SharedData.require("models/" + model)).tensors())
                    .isNotEmpty();
        }
    }
}
