package org.lionalign.torch.encoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.format.Safetensors;
import org.lionalign.core.format.TensorEntry;
import org.lionalign.core.json.Json;
import org.lionalign.torch.tensor.Engine;
import org.lionalign.torch.tensor.TensorScope;
import org.lionalign.torch.tensor.Tensors;

/** Against LLM-Blender's own classes on a tiny random checkpoint (tools/oracle/pairrm.py). */
class PairRankerTest {
    private static final Path DIR =
            Path.of(System.getProperty("lion.root", ".."), "torch/src/test/resources/golden/pairrm");
    private final Map<String, TensorEntry> tensors =
            Safetensors.open(DIR.resolve("golden.safetensors")).tensors();
    private final JsonNode golden = Json.read(DIR.resolve("golden.json"));

    private float[] floats(String name) {
        try (TensorScope scope = new TensorScope()) {
            return Tensors.map(tensors.get(name)).toFloats();
        }
    }

    private int[] ids(int i) {
        float[] values = floats(i + ".input_ids");
        int[] ids = new int[values.length];
        for (int t = 0; t < ids.length; t++) {
            ids[t] = (int) values[t];
        }
        return ids;
    }

    @Test
    void statesAndLogitsAreTheOriginals() {
        try (PairRanker ranker = PairRanker.load(DIR)) {
            for (int i = 0; i < golden.get("cases").size(); i++) {
                assertThat(ranker.logit(ids(i))).as("case " + i).isCloseTo(floats(i + ".logit")[0], within(1e-5));
                if (tensors.containsKey(i + ".hidden")) {
                    List<float[]> states = ranker.states(ids(i));
                    assertThat(states.get(0)).containsExactly(floats(i + ".embeddings"), within(1e-4f));
                    assertThat(states.get(1)).containsExactly(floats(i + ".layer0"), within(1e-4f));
                    assertThat(states.get(2)).containsExactly(floats(i + ".hidden"), within(1e-4f));
                }
            }
        }
    }

    @Test
    void textsBecomeTheOriginalsIdsMatricesAndRanks() {
        try (PairRanker ranker = PairRanker.load(DIR)) {
            int row = 0;
            for (JsonNode ranking : golden.get("rankings")) {
                List<String> candidates = new ArrayList<>();
                ranking.get("candidates").forEach(c -> candidates.add(c.asText()));
                String source = ranking.get("source").asText();
                assertThat(ranker.sourceTokens(source))
                        .isEqualTo(ranking.get("source_tokens").asInt());
                for (int i = 0; i < golden.get("cases").size(); i++) {
                    JsonNode c = golden.get("cases").get(i);
                    if (c.get("row").asInt() == row) {
                        assertThat(ranker.input(
                                        source,
                                        candidates.get(c.get("left").asInt()),
                                        candidates.get(c.get("right").asInt()),
                                        ranking.get("candidate_budget").asInt()))
                                .as("case " + i)
                                .isEqualTo(ids(i));
                    }
                }
                PairMatrix matrix = ranker.compare(source, candidates);
                for (int i = 0; i < candidates.size(); i++) {
                    assertThat(matrix.scores()[i])
                            .isCloseTo(ranking.get("scores").get(i).asDouble(), within(1e-4));
                    assertThat(matrix.ranks()[i])
                            .isEqualTo(ranking.get("ranks").get(i).asInt());
                    for (int j = 0; j < candidates.size(); j++) {
                        assertThat(matrix.logits()[i][j])
                                .isCloseTo(ranking.get("matrix").get(i).get(j).asDouble(), within(1e-4));
                    }
                }
                row++;
            }
        }
    }

    /** LION.md 2.11. */
    @Test
    void theAggregationIsTheGolden() {
        PairMatrix matrix = new PairMatrix(new double[][] {{0, 1, -2}, {-.5, 0, .3}, {1.5, -.1, 0}});
        assertThat(matrix.scores()).containsExactly(new double[] {-0.6667, -0.3667, 1.0333}, within(1e-4));
        assertThat(matrix.ranks()).containsExactly(3, 2, 1);
        assertThat(new PairMatrix(new double[3][3]).ranks()).containsExactly(1, 1, 1);
    }

    @Test
    void aComparisonDependsOnItsOwnTextsAlone() {
        try (PairRanker ranker = PairRanker.load(DIR)) {
            double two = ranker.compare("user: Hi", List.of("Hello.", "No.")).logits()[0][1];
            double four = ranker.compare(
                            "user: Hi", List.of("Hello.", "No.", "A much longer answer than the others.", ""))
                    .logits()[0][1];
            assertThat(four).isEqualTo(two);
            long before = Engine.liveObjects();
            ranker.compare("user: Hi", List.of("Hello.", "No."));
            assertThat(Engine.liveObjects())
                    .isLessThanOrEqualTo(before); // leftovers of other tests may be collected meanwhile
        }
    }

    @Test
    void whatIsNoPairRankerIsNamed(@TempDir Path dir) throws IOException {
        assertThatThrownBy(() -> PairRanker.load(DIR.resolve("../models/llama")))
                .isInstanceOf(BadInput.class)
                .hasMessageContaining("PairRM");
        for (String name : new String[] {"config.json", "model.safetensors", "tokenizer.json"}) {
            Files.copy(DIR.resolve(name), dir.resolve(name));
        }
        Files.writeString(
                dir.resolve("config.json"),
                Files.readString(dir.resolve("config.json"))
                        .replace("\"share_att_key\": true", "\"share_att_key\": false"));
        assertThatThrownBy(() -> PairRanker.load(dir))
                .isInstanceOf(BadInput.class)
                .hasMessageContaining("share_att_key");
    }
}
