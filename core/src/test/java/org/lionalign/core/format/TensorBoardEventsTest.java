package org.lionalign.core.format;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class TensorBoardEventsTest {
    /** The bytes that tensorboard's own writer makes of the same events (tools/oracle/tensorboard_events.py). */
    @Test
    void theFileIsTensorBoards() throws IOException {
        TensorBoardEvents events = new TensorBoardEvents(1.5);
        events.scalars(2.25, 1, new TreeMap<>(Map.of("train/loss", 0.5, "train/lr", 1e-5)));
        events.scalars(3, 70_000, Map.of("eval/loss", -3.0));
        assertThat(events.toBytes())
                .isEqualTo(Files.readAllBytes(Path.of("src/test/resources/golden/tensorboard.events")));
    }
}
