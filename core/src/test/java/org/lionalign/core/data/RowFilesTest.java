package org.lionalign.core.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lionalign.core.error.BadInput;

class RowFilesTest {
    private static final Path PARQUET = Path.of("src/test/resources/golden/data/rows.parquet");

    @TempDir
    Path dir;

    private static List<RowReader.Row> all(Path file) {
        List<RowReader.Row> rows = new ArrayList<>();
        try (RowReader reader = RowFiles.open(file)) {
            for (RowReader.Row row = reader.next(); row != null; row = reader.next()) {
                rows.add(row);
            }
        }
        return rows;
    }

    private static JsonNode value(RowReader.Row row) {
        return Objects.requireNonNull(row.value());
    }

    /** Written by pyarrow (tools/oracle/data.py). */
    @Test
    void parquetRowsAreAsTheyWereWritten() throws ChatRows.Unusable {
        List<RowReader.Row> rows = all(PARQUET);
        assertThat(rows).hasSize(3);
        JsonNode first = value(rows.get(0));
        assertThat(first.get("score").asDouble()).isEqualTo(1.5);
        assertThat(first.get("n").asLong()).isEqualTo(7);
        assertThat(first.get("ok").asBoolean()).isTrue();
        assertThat(ChatRows.conversation(first).messages())
                .extracting("content")
                .containsExactly("What is 2 + 2?", "4");
        JsonNode second = value(rows.get(1));
        assertThat(second.get("messages").get(1).get("content").asText()).isEqualTo("Hallo\n\"du\"");
        assertThat(second.get("prompt").asText()).isEqualTo("Grüße 🦁");
        assertThat(second.get("score").isNull()).isTrue();
        assertThat(second.get("n").asLong()).isEqualTo(1L << 40);
        assertThat(rows.get(2).value()).isNull();
        assertThat(rows.get(2).error()).contains("not finite");
    }

    @Test
    void aBrokenFileIsNamed() throws IOException {
        byte[] bytes = Files.readAllBytes(PARQUET);
        for (int cut : new int[] {0, 3, bytes.length / 2, bytes.length - 5}) {
            Path broken = Files.write(dir.resolve("b" + cut + ".parquet"), java.util.Arrays.copyOf(bytes, cut));
            assertThatThrownBy(() -> all(broken)).isInstanceOf(BadInput.class).hasMessageContaining("b" + cut);
        }
        Path array = Files.writeString(dir.resolve("a.json"), "[{\"x\": 1}, {\"x\": ");
        assertThatThrownBy(() -> all(array)).isInstanceOf(BadInput.class).hasMessageContaining("a.json:1:");
        assertThatThrownBy(() -> RowFiles.files(dir.resolve("none"), null)).isInstanceOf(BadInput.class);
    }

    @Test
    void arraysLinesAndBadLines() throws IOException {
        assertThat(all(Files.writeString(dir.resolve("a.json"), " [{\"x\": 1},\n {\"x\": 2}]")))
                .hasSize(2);
        assertThat(all(Files.writeString(dir.resolve("l.json"), "{\"x\": 1}\n{\"x\": 2}\n{\"x\": 3}")))
                .hasSize(3);
        Path bad = Files.write(
                dir.resolve("bad.jsonl"), new byte[] {'{', '"', (byte) 0xff, '"', ':', '1', '}', '\n', '{', '}'});
        List<RowReader.Row> rows = all(bad);
        assertThat(rows).hasSize(2);
        assertThat(rows.get(0).error()).isNotNull();
        assertThat(rows.get(1).value()).isNotNull();
        assertThat(all(Files.writeString(dir.resolve("nan.jsonl"), "{\"x\": NaN}"))
                        .get(0)
                        .error())
                .isNotNull();
        String big = "{\"x\": \"" + "y".repeat(10 << 20) + "\"}";
        RowReader.Row row =
                all(Files.writeString(dir.resolve("big.jsonl"), big)).get(0);
        assertThat(value(row).get("x").asText().length()).isEqualTo(10 << 20);
    }

    @Test
    void foldersWithSplits() throws IOException {
        Files.createDirectories(dir.resolve("set/data"));
        for (String name :
                List.of("train-00001-of-00002", "train-00000-of-00002", "test_prefs-00000-of-00001-abc123")) {
            Files.copy(PARQUET, dir.resolve("set/data/" + name + ".parquet"));
        }
        Files.writeString(dir.resolve("set/README.md"), "x");
        assertThat(RowFiles.files(dir.resolve("set"), null))
                .extracting(f -> f.getFileName().toString())
                .containsExactly("train-00000-of-00002.parquet", "train-00001-of-00002.parquet");
        assertThat(RowFiles.files(dir.resolve("set"), "test_prefs")).hasSize(1);
        Path linked = Files.createSymbolicLink(dir.resolve("linked"), dir.resolve("set"));
        assertThat(RowFiles.files(linked, null))
                .containsExactly(
                        linked.resolve("data/train-00000-of-00002.parquet"),
                        linked.resolve("data/train-00001-of-00002.parquet"));
        assertThatThrownBy(() -> RowFiles.files(dir.resolve("set"), "dev"))
                .isInstanceOf(BadInput.class)
                .hasMessageContaining("[test_prefs, train]");
        try (var out = new java.util.zip.GZIPOutputStream(Files.newOutputStream(dir.resolve("packed.jsonl.gz")))) {
            out.write("{}\n".getBytes(java.nio.charset.StandardCharsets.UTF_8));
        }
        try (var out = new java.util.zip.GZIPOutputStream(Files.newOutputStream(dir.resolve("array.json.gz")))) {
            out.write("[{\"x\": 1}, {\"x\": 2}]".getBytes(java.nio.charset.StandardCharsets.UTF_8));
        }
        assertThat(all(RowFiles.files(dir.resolve("array.json"), null).get(0))).hasSize(2);
        assertThat(RowFiles.files(dir.resolve("packed.jsonl"), null)).containsExactly(dir.resolve("packed.jsonl.gz"));
        Files.createDirectories(dir.resolve("other/validation"));
        Files.writeString(dir.resolve("other/validation/0.jsonl"), "{}");
        assertThat(RowFiles.files(dir.resolve("other"), "validation")).hasSize(1);
    }
}
