package org.lionalign.align.stage;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.lionalign.core.json.Json;

/** What is said about a run, and what is not (PITFALLS 6, 26). */
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

    /** Twenty steps whose numbers go from one value to another. */
    private static List<JsonNode> steps(double[] chosen, double[] reward, double[] ratio, double[] accuracy) {
        return IntStream.range(0, 20)
                .<JsonNode>mapToObj(s -> Json.object()
                        .put("logps/chosen", chosen[0] + (chosen[1] - chosen[0]) * s / 19)
                        .put("rewards/chosen", reward[0] + (reward[1] - reward[0]) * s / 19)
                        .put("kl/chosen", ratio[0] + (ratio[1] - ratio[0]) * s / 19)
                        .put("rewards/accuracies", accuracy[0] + (accuracy[1] - accuracy[0]) * s / 19))
                .toList();
    }

    private static double[] d(double... values) {
        return values;
    }

    /** PITFALLS 26, each by itself: a sound run, chosen log-probabilities that fall, drift, nothing left to learn. */
    @Test
    void whatAPreferenceRunShows() {
        JsonNode none = Json.object();
        assertThat(Alarms.of(steps(d(-50, -48), d(0, 0.5), d(0, 0.1), d(0.5, 0.8)), List.of(), none))
                .isEmpty();
        assertThat(Alarms.of(steps(d(-50, -80), d(0, -3), d(0, -0.6), d(0.5, 0.8)), List.of(), none))
                .singleElement()
                .asString()
                .contains("became less likely", "-50.8", "-79.2");
        assertThat(Alarms.of(steps(d(-50, -49), d(0, 1), d(0, 1.5), d(0.5, 0.8)), List.of(), none))
                .singleElement()
                .asString()
                .contains("far from its reference", "1.");
        assertThat(Alarms.of(steps(d(-50, -49), d(0, 1), d(0, 0.2), d(1, 1)), List.of(), none))
                .singleElement()
                .asString()
                .contains("accuracy", "100 %");
        assertThat(Alarms.of(steps(d(-50, -80), d(0, -3), d(0, 2), d(1, 1)).subList(0, 9), List.of(), none))
                .isEmpty(); // too few steps to say anything
    }

    private static JsonNode sample(long step, int... ids) {
        ObjectNode sample = Json.object().put("step", step);
        sample.putArray("answers").addObject().set("ids", Json.MAPPER.valueToTree(ids));
        return sample;
    }

    @Test
    void sampleAnswersThatGrowOrLoop() {
        int[] brief = IntStream.range(0, 12).toArray();
        int[] wordy = IntStream.range(0, 40).toArray();
        int[] looping = IntStream.range(0, 12).map(i -> i % 2).toArray();
        JsonNode none = Json.object();
        assertThat(Alarms.of(List.of(), List.of(sample(0, brief), sample(9, brief)), none))
                .isEmpty();
        assertThat(Alarms.of(List.of(), List.of(sample(0, brief), sample(9, wordy)), none))
                .singleElement()
                .asString()
                .contains("grew from 12 to 40");
        assertThat(Alarms.of(List.of(), List.of(sample(0, brief), sample(9, looping)), none))
                .singleElement()
                .asString()
                .contains("repeat themselves");
    }
}
