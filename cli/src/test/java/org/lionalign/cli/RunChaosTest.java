package org.lionalign.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lionalign.core.json.Json;
import org.lionalign.core.testing.ChildJvm;

/** {@code lion run} in processes that are killed with SIGKILL again and again (PITFALLS 9). */
class RunChaosTest {
    private static final int KILLS = 6;

    @TempDir
    Path dir;

    private ChildJvm lion(Path recipe, Path out) {
        return new ChildJvm(
                "org.lionalign.cli.Lion",
                List.of("run", recipe.toString(), "--out", out.toString()),
                dir.resolve("log"));
    }

    /** Every artifact's folder with the hashes of its files. */
    private static TreeMap<String, String> artifacts(Path out) throws IOException {
        TreeMap<String, String> all = new TreeMap<>();
        try (Stream<Path> folders = Files.list(out.resolve("artifacts"))) {
            for (Path folder : folders.toList()) {
                JsonNode files = Json.read(folder.resolve("artifact.json")).path("files");
                assertThat(files).as(folder.toString()).isNotEmpty();
                all.put(String.valueOf(folder.getFileName()), files.toString());
            }
        }
        return all;
    }

    /** Lines of all logs and stores, and complete artifacts. */
    private static long progress(Path out) {
        long progress = 0;
        if (Files.isDirectory(out.resolve("artifacts"))) {
            try (Stream<Path> files = Files.walk(out.resolve("artifacts"), 3)) {
                for (Path file : files.toList()) {
                    if (file.toString().endsWith(".jsonl")) {
                        progress += Files.readString(file).lines().count();
                    } else if (file.endsWith("artifact.json")) {
                        progress++;
                    }
                }
            } catch (IOException | UncheckedIOException e) {
                return 0; // a file that was just renamed
            }
        }
        return progress;
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    @Test
    void aRunThatIsKilledAgainAndAgainEndsInTheSameArtifacts() throws IOException {
        Path recipe = TinyRun.recipe(dir);
        Path out = dir.resolve("out"); // the same folder for both: rows are known by where they lie
        ChildJvm.Ended straight = lion(recipe, out).run();
        assertThat(straight.code()).as(straight.text()).isZero();
        TreeMap<String, String> expected = artifacts(out);
        assertThat(expected).hasSize(15);
        long whole = progress(out);
        delete(out);

        SplittableRandom random = new SplittableRandom(11);
        int killed = lion(recipe, out).runThroughKills(random, KILLS, () -> progress(out), (int) (2 * whole / KILLS));
        assertThat(killed).as("kills that met a living process").isGreaterThanOrEqualTo(KILLS / 2);
        assertThat(artifacts(out)).isEqualTo(expected);
        assertThat(out.resolve("report.html")).exists();
        for (String model : List.of("sft", "reward", "dpo", "online")) {
            assertThat(out.resolve("models").resolve(model).resolve("config.json"))
                    .exists();
        }
    }
}
