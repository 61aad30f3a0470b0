package org.lionalign.align.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SpentTest {
    @TempDir
    Path dir;

    private long now = 1_000_000_000_000L;

    private Spent start() {
        return new Spent(dir, () -> now);
    }

    private void pass(double seconds) {
        now += (long) (seconds * 1e9);
    }

    @Test
    void theSecondsOfAllStartsAreSummedAsFarAsTheyWereWrittenDown() throws IOException {
        Spent first = start();
        pass(3);
        first.mark(); // too little for a line
        pass(3);
        first.mark();
        pass(4);
        first.mark(); // and killed
        Files.writeString(dir.resolve("seconds.jsonl"), "{\"start\":1,\"sec", StandardOpenOption.APPEND);

        pass(1000); // nothing ran
        start(); // killed before its first mark
        Spent third = start();
        assertThat(third.seconds()).isEqualTo(6);
        pass(10);
        third.mark();
        pass(2.5);
        third.end();
        assertThat(third.seconds()).isEqualTo(18.5);
        assertThat(third.starts()).isEqualTo(3);
    }
}
