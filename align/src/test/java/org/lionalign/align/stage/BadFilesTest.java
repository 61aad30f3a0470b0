package org.lionalign.align.stage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lionalign.align.text.TextModel;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.recipe.RecipeReader;
import org.lionalign.core.recipe.StageRecipe;
import org.lionalign.core.testing.Seeds;

/** Issue 3, bad input: set aside with a reason, or an error that names the file; never a crash, never silent. */
class BadFilesTest {
    private static final Path ROOT = Path.of(System.getProperty("lion.root", ".."));
    private static final String GOOD = "{\"prompt\": \"q%d\", \"completion\": \"a\"}\n";

    @TempDir
    Path dir;

    /** The ledger's line about a file, after all of it was read. */
    private JsonNode read(Path file, String... sets) throws IOException {
        Path yaml = Files.writeString(
                dir.resolve("r.yaml"),
                "model: {path: m, template: chatml}\ndata: {train: ['" + file
                        + "'], max_length_tokens: 128, overlong: set_aside}\n");
        StageRecipe recipe = RecipeReader.read(yaml, List.of(sets), StageRecipe.class);
        StageData data = new StageData(
                TextModel.open(ROOT.resolve("models/cub"), "chatml"),
                recipe.data(),
                1,
                512,
                new DataCache(Files.createTempDirectory(dir, "cache")));
        data.conversations(recipe.data().train());
        return data.ledgerJson().get(file.toString());
    }

    private Path bytes(String name, byte[]... parts) throws IOException {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.write(part);
        }
        return Files.write(dir.resolve(name), all.toByteArray());
    }

    private static byte[] text(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void rowsThatCannotBeReadAreCountedByReason() throws IOException {
        JsonNode ledger = read(
                bytes(
                        "rows.jsonl",
                        text(GOOD.formatted(1)),
                        text("{\"prompt\": \""),
                        new byte[] {(byte) 0xc3, 0x28},
                        text("\", \"completion\": \"a\"}\n"),
                        text("{\"prompt\": \"q\", \"completion\": \"a\", \"score\": NaN}\n"),
                        text("{\"prompt\": \"q\", \"prompt\": \"twice\", \"completion\": \"a\"}\n"),
                        text("[]\n"),
                        text(GOOD.formatted(2)),
                        text(GOOD.formatted(3)),
                        text(GOOD.formatted(4)),
                        text("{\"prompt\": \"torn")),
                "data.set_aside_share=1");
        assertThat(ledger.get("in").asInt()).isEqualTo(9);
        assertThat(ledger.get("kept").asInt()).isEqualTo(4);
        assertThat(ledger.get("set_aside").toString())
                .isEqualTo("{\"not JSON\":3,\"not UTF-8\":1,\"not an object\":1}");
    }

    @Test
    void aParquetNumberThatIsNotFiniteIsAReason() throws IOException {
        JsonNode ledger = read(
                ROOT.resolve("core/src/test/resources/golden/data/rows.parquet").toRealPath());
        assertThat(ledger.at("/set_aside/a number that is not finite").asInt()).isEqualTo(1);
        assertThat(ledger.get("kept").asInt()).isEqualTo(2);
    }

    /** Ten megabytes in one answer: read, tokenised, found too long. */
    @Test
    void tenMegabytesAreSetAside() throws IOException {
        JsonNode ledger = read(bytes(
                "big.jsonl",
                text(GOOD.formatted(1)),
                text("{\"prompt\": \"q\", \"completion\": \"" + "many words ".repeat((10 << 20) / 11) + "\"}\n")));
        assertThat(ledger.at("/set_aside/too long").asInt()).isEqualTo(1);
        assertThat(ledger.get("kept").asInt()).isEqualTo(1);
    }

    @Test
    void filesThatCannotBeReadAreNamed() throws IOException {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
            for (int i = 0; i < 3000; i++) {
                gzip.write(text(GOOD.formatted(i)));
            }
        }
        byte[] whole = packed.toByteArray();
        for (Path file : List.of(
                bytes("empty.jsonl"),
                bytes("blank.jsonl", text("\n\n")),
                bytes("empty.json", text("[]")),
                bytes("half.json", text("[{\"prompt\": \"q\", \"completion\": \"a\"}, ")),
                bytes("half.jsonl.gz", Arrays.copyOf(whole, whole.length / 2)),
                bytes("none.jsonl.gz", text(GOOD.formatted(1))),
                bytes("text.parquet", text(GOOD.formatted(1))),
                dir.resolve("missing.jsonl"))) {
            assertThatThrownBy(() -> read(file))
                    .as(file.toString())
                    .isInstanceOf(BadInput.class)
                    .hasMessageContaining(file.getFileName().toString());
        }
    }

    @Test
    void aDamagedParquetFileIsReadOrRefused() throws IOException {
        byte[] whole = Files.readAllBytes(ROOT.resolve("core/src/test/resources/golden/data/rows.parquet"));
        Seeds.forAll(24, random -> {
            byte[] damaged = whole.clone();
            for (int i = 0; i < 1 + random.nextInt(4); i++) {
                damaged[random.nextInt(damaged.length)] ^= (byte) (1 << random.nextInt(8));
            }
            try {
                read(bytes("damaged.parquet", damaged), "data.set_aside_share=1");
            } catch (BadInput named) {
                assertThat(named.getMessage()).contains("damaged.parquet");
            }
        });
    }
}
