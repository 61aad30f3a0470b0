package org.lionalign.align.stage;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.lionalign.core.json.Json;

/** A model that does not end its answers is said so (PITFALLS 6); one that was not given the room is not. */
class AlarmsTest {
    private static List<String> alarms(int stopped, int waited, int longest) {
        ObjectNode probe = Json.object().put("prompts", 20).put("stopped", stopped);
        return Alarms.of(
                List.of(), List.of(), probe.put("max_new_tokens", waited).put("longest_answer", longest));
    }

    @Test
    void aModelThatDoesNotStop() {
        assertThat(alarms(3, 100, 40)).singleElement().asString().contains("3 of 20", "100 tokens");
        assertThat(alarms(10, 100, 40)).isEmpty();
        assertThat(alarms(3, 1024, 3000)).isEmpty();
        assertThat(Alarms.of(List.of(), List.of(), Json.object())).isEmpty();
    }
}
