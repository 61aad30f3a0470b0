package org.lionalign.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lionalign.core.testing.ChildJvm;

/** Rows go through a bounded heap: what stays of each is a few bytes (bench/run DataBench scale does two million in 2 GB). */
class SmallHeapTest {
    private static final int ROWS = 20_000;

    @TempDir
    Path dir;

    @Test
    void twentyThousandRowsOfAKilobyteInSixtyFourMegabytes() throws IOException {
        String filler = "word ".repeat(200);
        Path rows = Files.write(dir.resolve("rows.jsonl"), () -> IntStream.range(0, ROWS)
                .<CharSequence>mapToObj(
                        i -> "{\"prompt\": \"Say " + i + ".\", \"completion\": \"" + filler + i + ".\"}")
                .iterator());
        assertThat(Files.size(rows)).isGreaterThan(20_000_000);
        Path recipe = Files.writeString(
                dir.resolve("r.yaml"),
                "model: {path: '" + TinyModel.write(dir.resolve("model")) + "', template: chatml}\ndata: {train: ['"
                        + rows + "'], max_length_tokens: 512}\n");
        ChildJvm.Ended end = new ChildJvm(
                        "org.lionalign.cli.Lion", List.of("data", recipe.toString()), dir.resolve("log"))
                .flags("-Xmx64m")
                .run();
        assertThat(end.text()).contains("20,000 rows", "completion");
        assertThat(end.code()).isZero();
    }
}
