package org.lionalign.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lionalign.align.train.Checkpoints;
import org.lionalign.align.train.RunLog;
import org.lionalign.core.testing.ChildJvm;

/** Runs in processes of their own that are killed, interrupted, or find no room to write (PITFALLS 9, 22; LION.md M10). */
class KillTest {
    private static final int STEPS = 40;
    private static final int SIGINT = 2;

    /** An SFT run of {@link #STEPS} steps that nobody disturbs, and its recipe: what four tests compare with. */
    @TempDir
    static Path shared;

    @TempDir
    Path dir;

    private static Path recipe;
    private static String undisturbed;

    @BeforeAll
    static void runOnce() throws IOException {
        recipe = TinyModel.recipe(shared, false, 48, STEPS);
        Path run = shared.resolve("straight");
        assertThat(lion("sft", recipe, run, shared.resolve("log")).run().code()).isZero();
        assertThat(steps(run)).isEqualTo(STEPS);
        undisturbed = artifacts(run);
    }

    private static ChildJvm lion(String verb, Path recipe, Path run, Path log) {
        return new ChildJvm("org.lionalign.cli.Lion", List.of(verb, recipe.toString(), "--out", run.toString()), log);
    }

    private ChildJvm lion(String verb, Path recipe, Path run) {
        return lion(verb, recipe, run, dir.resolve(run.getFileName() + ".log"));
    }

    /** SHA-256 of every file of the model, and each step's and evaluation's numbers without what the clock says. */
    private static String artifacts(Path run) throws IOException {
        TreeMap<String, String> found = new TreeMap<>();
        try (Stream<Path> files = Files.walk(run.resolve("model"))) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                found.put(run.relativize(file).toString(), Checkpoints.sha256(file));
            }
        }
        assertThat(found).containsKey("model/model.safetensors");
        for (String log : List.of("metrics.jsonl", "eval.jsonl", "rows.jsonl")) {
            List<String> lines = new ArrayList<>();
            for (JsonNode line : new RunLog(run.resolve(log)).lines()) {
                ((ObjectNode) line).remove("seconds");
                lines.add(line.toString());
            }
            found.put(log, String.join("\n", lines));
        }
        found.put("probe.json", Files.readString(run.resolve("probe.json")));
        return found.toString();
    }

    private static long steps(Path run) {
        return new RunLog(run.resolve("metrics.jsonl")).lines().size();
    }

    private void surviveKills(String verb, Path recipe, String expected, int seed) throws IOException {
        Path run = dir.resolve(verb + "-killed-" + seed);
        int killed =
                lion(verb, recipe, run).runThroughKills(new SplittableRandom(seed), 4, () -> steps(run), STEPS / 4);
        assertThat(killed).as("kills that met a living process").isGreaterThanOrEqualTo(2);
        assertThat(artifacts(run)).isEqualTo(expected);
    }

    @Test
    void killedAtRandomPointsAndStartedAgainEndsInTheSameBytes() throws IOException {
        for (int seed = 0; seed < 2; seed++) {
            surviveKills("sft", recipe, undisturbed, seed);
        }
    }

    @Test
    void preferenceLearningToo() throws IOException {
        Path pairs = TinyModel.recipe(dir, true, 48, STEPS, "loss: {beta: 0.1}");
        Path straight = dir.resolve("straight");
        assertThat(lion("dpo", pairs, straight).run().code()).isZero();
        surviveKills("dpo", pairs, artifacts(straight), 2);
    }

    /**
     * A shell without job control starts its background jobs with Ctrl-C ignored, their children inherit that, and a JVM leaves it so: then
     * nothing can be tested.
     */
    private static void skipWhereCtrlCIsIgnored() throws IOException {
        Path status = Path.of("/proc/self/status");
        if (!Files.exists(status)) {
            return;
        }
        for (String line : Files.readAllLines(status)) {
            if (line.startsWith("SigIgn:")
                    && (Long.parseUnsignedLong(line.substring(7).strip(), 16) & 1 << SIGINT - 1) != 0) {
                System.err.println(
                        "SKIPPED, whoever started this build ignores SIGINT (a background job?): Ctrl-C is not tested");
                Assumptions.abort("SKIPPED, SIGINT is ignored");
            }
        }
    }

    /** Starts a run and waits until it has done some steps. */
    private Process startedAndAt(ChildJvm lion, Path run, int steps) throws InterruptedException {
        Process child = lion.start();
        assertThat(ChildJvm.awaitWhile(child, () -> steps(run) >= steps)).isTrue();
        return child;
    }

    @Test
    void terminationAndCtrlCSaveACheckpointAndSayHowToContinue() throws IOException, InterruptedException {
        skipWhereCtrlCIsIgnored();
        Path run = dir.resolve("run");
        ChildJvm lion = lion("sft", recipe, run);
        long before = 0;
        for (String signal : List.of("TERM", "INT")) {
            Process child = startedAndAt(lion, run, (int) before + 5);
            assertThat(new ProcessBuilder("kill", "-" + signal, String.valueOf(child.pid()))
                            .start()
                            .waitFor())
                    .isZero();
            ChildJvm.Ended end = lion.await(child);
            assertThat(end.text()).contains("interrupted", "checkpoints", "the same command continues");
            assertThat(end.code()).isIn(130, 128 + 2, 128 + 15);
            long saved = new Checkpoints(run).latest(w -> {}).step();
            assertThat(saved).isGreaterThan(before).isEqualTo(steps(run));
            before = saved;
        }
        assertThat(lion.run().code()).isZero();
        assertThat(artifacts(run)).isEqualTo(undisturbed);
    }

    /** With a bar on a terminal: a library that draws one must not take the signal for itself. */
    @Test
    void ctrlCInATerminalToo() throws IOException, InterruptedException {
        skipWhereCtrlCIsIgnored();
        if (!Files.exists(Path.of("/usr/bin/script"))) {
            System.err.println("SKIPPED, no /usr/bin/script to make a terminal with: Ctrl-C with a bar is not tested");
            Assumptions.abort("SKIPPED, no /usr/bin/script");
        }
        Path run = dir.resolve("run");
        ChildJvm lion = lion("sft", recipe, run).inTerminal();
        Process terminal = startedAndAt(lion, run, 5);
        ProcessHandle java = terminal.descendants()
                .filter(process -> process.info().command().orElse("").endsWith("java"))
                .findFirst()
                .orElseThrow();
        new ProcessBuilder("kill", "-INT", String.valueOf(java.pid())).start().waitFor();
        ChildJvm.Ended end = lion.await(terminal);
        assertThat(end.text()).contains("loss", "interrupted", "the same command continues");
        assertThat(new Checkpoints(run).latest(w -> {}).step()).isEqualTo(steps(run));
    }

    /** Files that may not grow past a limit, as on a full disk: any user can set it. */
    @Test
    void aFileThatCannotBeWrittenIsNamedAndTheLastCheckpointStands() throws IOException, InterruptedException {
        Path run = dir.resolve("run");
        Process child = startedAndAt(lion("sft", recipe, run), run, 5);
        child.destroyForcibly().waitFor(1, TimeUnit.MINUTES);
        long before = new Checkpoints(run).latest(w -> {}).step();
        long state = Files.size(new Checkpoints(run).latest(w -> {}).directory().resolve("state.safetensors"));
        ChildJvm.Ended end =
                lion("sft", recipe, run).after("ulimit -f " + state / 2 / 1024).run();
        assertThat(end.code()).isEqualTo(Lion.BAD_INPUT);
        assertThat(end.text()).contains("checkpoints/step-", "cannot be written", "earlier checkpoints are intact");
        assertThat(new Checkpoints(run).latest(w -> {}).step()).isEqualTo(before);
        assertThat(lion("sft", recipe, run).run().code()).isZero();
        assertThat(artifacts(run)).isEqualTo(undisturbed);
    }

    private static boolean mount(String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("mount"));
        command.addAll(List.of(arguments));
        return new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .start()
                        .waitFor()
                == 0;
    }

    @Test
    void aFullAndAReadOnlyDiskAreNamedAndTheLastCheckpointStands() throws IOException, InterruptedException {
        Path disk = Files.createDirectories(dir.resolve("disk"));
        if (!mount("-t", "tmpfs", "-o", "size=32m", "tmpfs", disk.toString())) {
            System.err.println("SKIPPED, no right to mount a file system: full and read-only disks are not tested");
            Assumptions.abort("SKIPPED, no right to mount a file system");
        }
        try {
            Path run = disk.resolve("run");
            Process child = startedAndAt(lion("sft", recipe, run), run, 5);
            child.destroyForcibly().waitFor(1, TimeUnit.MINUTES);
            long before = new Checkpoints(run).latest(w -> {}).step();
            Path filler = disk.resolve("filler");
            long free = Files.getFileStore(disk).getUsableSpace();
            Files.write(filler, new byte[(int) (free - (128 << 10))]);
            ChildJvm.Ended full = lion("sft", recipe, run).run();
            assertThat(full.code()).isEqualTo(Lion.BAD_INPUT);
            assertThat(full.text()).contains("No space left on device", "cannot be written");
            assertThat(new Checkpoints(run).latest(w -> {}).step()).isEqualTo(before);
            Files.delete(filler);

            assertThat(mount("-o", "remount,ro", disk.toString())).isTrue();
            ChildJvm.Ended readOnly = lion("sft", recipe, run).run();
            assertThat(readOnly.code()).isEqualTo(Lion.BAD_INPUT);
            assertThat(readOnly.text()).contains("Read-only file system");
            assertThat(new Checkpoints(run).latest(w -> {}).step()).isEqualTo(before);

            assertThat(mount("-o", "remount,rw", disk.toString())).isTrue();
            assertThat(lion("sft", recipe, run).run().code()).isZero();
            assertThat(artifacts(run)).isEqualTo(undisturbed);
        } finally {
            new ProcessBuilder("umount", disk.toString()).start().waitFor();
        }
    }

    @Test
    void aRunFolderThatCannotBeMadeIsNamed() throws IOException {
        Path file = Files.writeString(dir.resolve("a-file"), "x");
        ChildJvm.Ended end = lion("sft", recipe, file.resolve("run")).run();
        assertThat(end.code()).isEqualTo(Lion.BAD_INPUT);
        assertThat(end.text()).contains("a-file");
    }
}
