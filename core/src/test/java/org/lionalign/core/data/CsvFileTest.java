package org.lionalign.core.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lionalign.core.error.BadInput;

class CsvFileTest {
    @TempDir
    Path dir;

    private CsvFile read(String text) throws IOException {
        return CsvFile.read(Files.writeString(dir.resolve("a.csv"), text));
    }

    @Test
    void quotesLineBreaksAndLines() throws IOException {
        CsvFile csv = read("\uFEFF,a,b\r\n0,\"x, \"\"y\"\"\nz\",1.5\r\n\n1,plain,\n");
        assertThat(csv.columns()).containsExactly("", "a", "b");
        assertThat(csv.rows()).hasSize(2);
        assertThat(csv.text(csv.rows().get(0), "a")).isEqualTo("x, \"y\"\nz");
        assertThat(csv.number(csv.rows().get(0), "b")).isEqualTo(1.5);
        assertThat(csv.rows().get(1).line()).isEqualTo(5);
        assertThat(csv.number(csv.rows().get(1), "b")).isNaN();
        assertThat(csv.has("c")).isFalse();
    }

    @Test
    void gzip() throws IOException {
        Path file = dir.resolve("a.csv.gz");
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(file))) {
            out.write("a\n7".getBytes(StandardCharsets.UTF_8));
        }
        CsvFile csv = CsvFile.read(file);
        assertThat(csv.number(csv.rows().get(0), "a")).isEqualTo(7);
    }

    @Test
    void whatIsWrongIsNamed() {
        assertThatThrownBy(() -> read("a,b\n1\n"))
                .isInstanceOf(BadInput.class)
                .hasMessageContaining("a.csv:2: expected 2 fields");
        assertThatThrownBy(() -> read("a\n\"x"))
                .isInstanceOf(BadInput.class)
                .hasMessageContaining("a.csv:2: expected a closing");
        assertThatThrownBy(() -> read("")).isInstanceOf(BadInput.class).hasMessageContaining("header");
        assertThatThrownBy(() -> {
                    CsvFile csv = read("a\nx\n");
                    csv.number(csv.rows().get(0), "a");
                })
                .isInstanceOf(BadInput.class)
                .hasMessageContaining("a.csv:2: a: expected a number, found x");
        assertThatThrownBy(() -> {
                    CsvFile csv = read("a\nx\n");
                    csv.text(csv.rows().get(0), "b");
                })
                .isInstanceOf(BadInput.class)
                .hasMessageContaining("b: expected a column");
    }
}
