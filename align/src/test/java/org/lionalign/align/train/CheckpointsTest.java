package org.lionalign.align.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.json.Json;

class CheckpointsTest {
    @TempDir
    Path run;

    private Checkpoints.Saved save(long step, String content) {
        return new Checkpoints(run)
                .save(step, Json.object(), part -> Files.writeString(part.resolve("model.safetensors"), content));
    }

    @Test
    void theNewestUndamagedOneIsUsed() throws IOException {
        save(1, "one");
        Checkpoints.Saved two = save(2, "two");
        List<String> warnings = new ArrayList<>();
        assertThat(new Checkpoints(run).latest(warnings::add).step()).isEqualTo(2);
        assertThat(warnings).isEmpty();

        Files.writeString(two.directory().resolve("model.safetensors"), "twO");
        assertThat(new Checkpoints(run).latest(warnings::add).step()).isEqualTo(1);
        assertThat(warnings)
                .singleElement()
                .asString()
                .contains("model.safetensors")
                .contains("SHA-256");
    }

    @Test
    void aCrashWhileWritingLeavesThePreviousOne() {
        save(1, "one");
        assertThatThrownBy(() -> new Checkpoints(run).save(2, Json.object(), part -> {
                    Files.writeString(part.resolve("model.safetensors"), "half");
                    throw new IOException("No space left on device");
                }))
                .isInstanceOf(BadInput.class)
                .hasMessageContaining("No space left on device")
                .hasMessageContaining("intact");
        assertThat(new Checkpoints(run).latest(w -> {}).step()).isEqualTo(1);
    }

    @Test
    void aFolderThatWasNeverRenamedIsNoCheckpoint() throws IOException {
        Checkpoints.Saved whole = save(7, "seven"); // every file of it is right: only the rename is missing
        Files.move(whole.directory(), whole.directory().resolveSibling(".part-step-00000007"));
        assertThat(new Checkpoints(run).latest(w -> {})).isNull();
    }

    @Test
    void pruningKeepsTheLastAndTheBest() {
        for (int step = 1; step <= 5; step++) {
            save(step, "s" + step);
        }
        new Checkpoints(run).prune(2, 1);
        assertThat(new Checkpoints(run).all())
                .extracting(Checkpoints.Saved::step)
                .containsExactly(1L, 4L, 5L);
    }
}
