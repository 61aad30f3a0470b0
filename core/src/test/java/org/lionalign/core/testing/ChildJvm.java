package org.lionalign.core.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;

/**
 * A command in a JVM of its own with the test's class path: for what only another process can show, such as kills, signals and limits.
 *
 * <pre>{@code
 * ChildJvm lion = new ChildJvm("org.lionalign.cli.Lion", List.of("sft", recipe, "--out", run), log);
 * int kills = lion.runThroughKills(new SplittableRandom(7), 4, () -> stepsDone(run));
 * }</pre>
 */
public final class ChildJvm {
    private static final long MINUTES = 5;

    private final String mainClass;
    private final List<String> arguments;
    private final Path log;
    private List<String> flags = List.of("-Xmx512m");
    private List<String> prefix = List.of();
    private boolean terminal;

    /** How a child ended: its exit code (128 + number for a signal) and what it wrote. */
    public record Ended(int code, String text) {}

    /** Something that grows while the child works, such as lines of a log. */
    @FunctionalInterface
    public interface Progress {
        long now();
    }

    /** @param log file that takes standard output and error of every start, one after another */
    public ChildJvm(String mainClass, List<String> arguments, Path log) {
        this.mainClass = mainClass;
        this.arguments = List.copyOf(arguments);
        this.log = log;
    }

    /** JVM flags beside those that every child gets. */
    public ChildJvm flags(String... values) {
        flags = List.of(values);
        return this;
    }

    /** A shell command that must succeed before the JVM takes its place, such as {@code ulimit -f 100}. */
    public ChildJvm after(String shell) {
        prefix = List.of("bash", "-c", shell + " && exec \"$@\"", "child");
        return this;
    }

    /** In a terminal of its own, made by {@code script}: the child is then a descendant of the process that {@link #start} gives. */
    public ChildJvm inTerminal() {
        terminal = true;
        return this;
    }

    /** Starts it. */
    public Process start() {
        List<String> command = new ArrayList<>(prefix);
        command.add(Path.of(System.getProperty("java.home"), "bin/java").toString());
        command.addAll(flags);
        command.addAll(List.of(
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Dorg.bytedeco.javacpp.maxPhysicalBytes=0",
                "-Dorg.bytedeco.javacpp.maxBytes=0",
                "-Dfile.encoding=UTF-8",
                "-cp",
                classPath(),
                mainClass));
        command.addAll(arguments);
        if (terminal) {
            String quoted = command.stream()
                    .map(word -> "'" + word.replace("'", "'\\''") + "'")
                    .collect(Collectors.joining(" "));
            command = List.of("script", "-qefc", "exec " + quoted, "/dev/null");
        }
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
        if (terminal) {
            builder.environment().put("LION_TTY_ERR", "1");
        }
        builder.environment().put("OPENBLAS_NUM_THREADS", "1");
        builder.environment().put("LION_THREADS", "1"); // the machine that tests run on is rarely idle
        try {
            return builder.start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Runs it to its end. */
    public Ended run() {
        return await(start());
    }

    /** Waits for a started one. */
    public Ended await(Process child) {
        try {
            if (!child.waitFor(MINUTES, TimeUnit.MINUTES)) {
                child.destroyForcibly();
                throw new AssertionError("still running after " + MINUTES + " minutes:\n" + text());
            }
        } catch (InterruptedException e) {
            child.destroyForcibly();
            throw new IllegalStateException(e);
        }
        return new Ended(child.exitValue(), text());
    }

    /** Waits until something holds while the child runs; false when it ended before. */
    public static boolean awaitWhile(Process child, BooleanSupplier condition) throws InterruptedException {
        while (child.isAlive()) {
            if (condition.getAsBoolean()) {
                return true;
            }
            Thread.sleep(5);
        }
        return condition.getAsBoolean();
    }

    /**
     * Starts it again and again, and kills it with SIGKILL each time: half the times after a random time from its start, half a moment
     * after a random amount of progress. Then lets it finish.
     *
     * @return how often it was really killed; fewer than {@code kills} when it finished before
     */
    public int runThroughKills(SplittableRandom random, int kills, Progress progress, int mostProgress) {
        int killed = 0;
        try {
            for (int k = 0; k < kills; k++) {
                Process child = start();
                if (k % 2 == 0) {
                    long target = progress.now() + 1 + random.nextInt(mostProgress);
                    awaitWhile(child, () -> progress.now() >= target);
                    child.waitFor(random.nextInt(60), TimeUnit.MILLISECONDS);
                } else {
                    child.waitFor(100 + random.nextInt(1500), TimeUnit.MILLISECONDS);
                }
                if (child.isAlive()) {
                    killed++;
                }
                child.destroyForcibly();
                child.waitFor();
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        Ended end = run();
        if (end.code() != 0) {
            throw new AssertionError("the last start ended with " + end.code() + ":\n" + end.text());
        }
        return killed;
    }

    private String text() {
        try {
            return Files.readString(log, StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The test's class path; surefire starts its JVM with a jar that only names it. */
    public static String classPath() {
        String real = System.getProperty("surefire.test.class.path");
        return real != null ? real : System.getProperty("java.class.path");
    }
}
