package org.lionalign.align.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.lionalign.align.objective.LengthDesensitised;
import org.lionalign.align.objective.PreferenceLoss;
import org.lionalign.align.objective.Weighted;
import org.lionalign.core.json.Json;
import org.lionalign.core.pack.PackedBatch;
import org.lionalign.core.pack.PromptTree;

/** Token by token: LD-DPO and WPO against TRL (tools/oracle/losses.py), and metrics reduced over unequal micro-batches. */
class PairObjectiveTest {
    private static PromptTree tree(String id, int chosen, int rejected) {
        return PromptTree.answers(
                id,
                new int[] {1, 2},
                List.of(
                        IntStream.range(0, chosen).toArray(),
                        IntStream.range(50, 50 + rejected).toArray()));
    }

    private static float[] floats(JsonNode node) {
        return Json.MAPPER.convertValue(node, float[].class);
    }

    private static float[] joined(float[] a, float[] b) {
        float[] all = java.util.Arrays.copyOf(a, a.length + b.length);
        System.arraycopy(b, 0, all, a.length, b.length);
        return all;
    }

    private static PreferenceLoss loss(JsonNode c) {
        PreferenceLoss loss =
                switch (c.get("loss").asText()) {
                    case "sigmoid" -> new PreferenceLoss.Sigmoid(0.1, 0);
                    case "hinge" -> new PreferenceLoss.Hinge(0.1);
                    case "ipo" -> new PreferenceLoss.Ipo(0.1, true);
                    case "robust" -> new PreferenceLoss.Robust(0.1, 0.1);
                    case "exo_pair" -> new PreferenceLoss.ExoPair(0.1, 0.1);
                    case "nca_pair" -> new PreferenceLoss.NcaPair(0.1);
                    case "apo_zero" -> new PreferenceLoss.ApoZero(0.1);
                    case "apo_down" -> new PreferenceLoss.ApoDown(0.1);
                    case "sppo_hard" -> new PreferenceLoss.SppoHard(0.1);
                    case "sigmoid_norm" -> new PreferenceLoss.SigmoidNorm(0.1);
                    default -> new PreferenceLoss.ChosenNll();
                };
        if (c.has("ld_alpha")) {
            loss = new LengthDesensitised(c.get("ld_alpha").asDouble(), loss);
        }
        return c.path("weighting").asBoolean() ? new Weighted(new Weighted.OnPolicy(), loss) : loss;
    }

    @Test
    void tokensBeyondTheShorterAnswerAndOnPolicyWeightsAreTrls() {
        JsonNode golden = Json.read(
                Path.of(System.getProperty("lion.root", ".."), "align/src/test/resources/golden/losses/trl.json"));
        int compared = 0;
        for (JsonNode c : golden.get("tokens")) {
            PreferenceLoss loss = loss(c);
            for (int i = 0; i < golden.get("token_pairs").size(); i++) {
                JsonNode row = golden.get("token_pairs").get(i);
                float[] chosen = floats(row.get("chosen"));
                float[] logps = joined(chosen, floats(row.get("rejected")));
                PromptTree tree = tree("p", chosen.length, logps.length - chosen.length);
                PackedBatch batch = PackedBatch.of(List.of(tree));
                PairObjective objective = new PairObjective(
                        loss,
                        t -> new PairObjective.Reference(
                                floats(row.get("ref_chosen")), floats(row.get("ref_rejected"))),
                        0.1,
                        1);
                assertThat(objective.readsAlignment())
                        .isEqualTo(c.path("weighting").asBoolean());
                float[] aligned = joined(floats(row.get("sum_sq_chosen")), floats(row.get("sum_sq_rejected")));
                for (int t = 0; t < aligned.length; t++) {
                    aligned[t] = logps[t] - aligned[t];
                }
                objective.alignment(batch, aligned);
                objective.observe(batch, logps);
                float[] gradient = objective.gradient(batch, logps);
                JsonNode expected = c.get("results").get(i);
                double value = expected.get("value").asDouble();
                assertThat(objective.loss())
                        .as(c.get("loss") + " pair " + i)
                        .isCloseTo(value, within(2e-6 * Math.max(1, Math.abs(value))));
                float[] theirs = joined(floats(expected.get("chosen")), floats(expected.get("rejected")));
                for (int t = 0; t < theirs.length; t++) {
                    assertThat(gradient[t])
                            .as(c.get("loss") + " pair " + i + " token " + t)
                            .isCloseTo(theirs[t], within(2e-6f * Math.max(1, Math.abs(theirs[t]))));
                }
                compared++;
            }
        }
        assertThat(compared).isEqualTo(6 * golden.get("tokens").size()).isGreaterThan(250);
    }

    /** PITFALLS 31: constant inputs, unequal micro-batches. */
    @Test
    void metricsAreMeansOverAllPairsHoweverTheyCome() {
        PairObjective objective = new PairObjective(
                new PreferenceLoss.Sigmoid(0.5, 0),
                tree -> new PairObjective.Reference(new float[] {-1, -1}, new float[] {-1}),
                0.5,
                4);
        for (int size : new int[] {3, 1}) {
            List<PromptTree> trees = IntStream.range(0, size)
                    .mapToObj(i -> tree(size + "." + i, 2, 1))
                    .toList();
            float[] logps = new float[3 * size];
            for (int i = 0; i < size; i++) {
                // the lone pair of the second micro-batch prefers the rejected answer
                System.arraycopy(
                        size == 3 ? new float[] {-0.5f, -0.5f, -3} : new float[] {-2, -2, -1}, 0, logps, 3 * i, 3);
            }
            objective.gradient(PackedBatch.of(trees), logps);
        }
        assertThat(mean(objective, "rewards/accuracies")).isEqualTo(0.75);
        assertThat(mean(objective, "rewards/chosen")).isCloseTo((3 * 0.5 - 1) / 4, within(1e-9));
        assertThat(mean(objective, "rewards/rejected")).isCloseTo((3 * -1 + 0) / 4.0, within(1e-9));
        assertThat(mean(objective, "rewards/margins")).isCloseTo((3 * 1.5 - 1) / 4, within(1e-9));
        assertThat(mean(objective, "kl/chosen")).isCloseTo((3 * 0.5 - 1) / 4, within(1e-9));
        assertThat(mean(objective, "kl/rejected")).isCloseTo(-1.5, within(1e-9));
        assertThat(mean(objective, "logps/chosen")).isCloseTo((3 * -1 - 4) / 4.0, within(1e-9));
        assertThat(mean(objective, "length/chosen")).isEqualTo(2);
        double won = Math.log1p(Math.exp(-1.5));
        double lost = Math.log1p(Math.exp(1));
        assertThat(objective.loss()).isCloseTo((3 * won + lost) / 4, within(1e-9));
    }

    private static double mean(PairObjective objective, String name) {
        double[] metric = objective.metrics().get(name);
        return metric[0] / metric[1];
    }
}
