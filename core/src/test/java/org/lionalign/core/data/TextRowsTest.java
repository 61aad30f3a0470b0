package org.lionalign.core.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lionalign.core.error.BadInput;

class TextRowsTest {
    @TempDir
    Path dir;

    private static List<String> all(Path file, String separator) {
        List<String> found = new ArrayList<>();
        try (RowReader rows = RowFiles.openTexts(file, "text", separator)) {
            for (RowReader.Row row = rows.next(); row != null; row = rows.next()) {
                found.add(row.number() + "|"
                        + Objects.requireNonNull(row.value()).get("text").asText());
            }
        }
        return found;
    }

    @Test
    void documentsCarryTheLineTheyBeginOn() throws IOException {
        Path file = Files.writeString(dir.resolve("a.txt"), "\none\ntwo\n<|e|>\n\n<|e|>three<|e|>\n  four \n");
        assertThat(all(file, "<|e|>")).containsExactly("2|one\ntwo", "6|three", "7|four");
        assertThat(all(file, "\n\n")).containsExactly("2|one\ntwo\n<|e|>", "6|<|e|>three<|e|>\n  four");
    }

    @Test
    void aSeparatorAcrossTheReadersChunksIsFoundAndGzipIsUnpacked() throws IOException {
        // 65,536 characters are read at a time: the separator lies on every possible side of that edge.
        for (int before = 65_530; before <= 65_538; before++) {
            Path file = dir.resolve("long" + before + ".txt.gz");
            try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(file))) {
                out.write(("é".repeat(before) + "<|end|>b").getBytes(StandardCharsets.UTF_8));
            }
            assertThat(all(file, "<|end|>")).containsExactly("1|" + "é".repeat(before), "1|b");
        }
    }

    @Test
    void bytesThatAreNotTextAreAnError() throws IOException {
        Path file = Files.write(dir.resolve("bad.txt"), new byte[] {'a', '\n', (byte) 0xff, 'b'});
        assertThatThrownBy(() -> all(file, "\n\n"))
                .isInstanceOf(BadInput.class)
                .hasMessageContaining("bad.txt: expected UTF-8");
    }

    @Test
    void otherFilesAreReadAsEver() throws IOException {
        Path file = Files.writeString(dir.resolve("rows.jsonl"), "{\"text\": \"one\"}\n\n{\"text\": \"two\"}\n");
        assertThat(all(file, "one")).containsExactly("1|one", "3|two");
    }
}
