package org.lionalign.core.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lionalign.core.json.Json;
import org.lionalign.core.testing.Seeds;

/** LION.md 2.5 and D4. */
class MixtureTest {
    @TempDir
    Path dir;

    @Test
    void permutationsAreNumPys() {
        assertThat(Permutation.of(42, 10)).containsExactly(5, 6, 0, 7, 3, 2, 4, 9, 1, 8);
        assertThat(Permutation.of(42, 5)).containsExactly(4, 2, 3, 1, 0);
        assertThat(Permutation.of(27, 10)).containsExactly(8, 0, 1, 5, 9, 6, 2, 3, 4, 7);
        assertThat(Permutation.of(27, 5)).containsExactly(1, 0, 2, 3, 4);
        int checked = 0;
        for (JsonNode golden : Json.read(Path.of("src/test/resources/golden/data/permutations.json"))
                .get("cases")) {
            int[] order =
                    Permutation.of(golden.get("seed").asLong(), golden.get("n").asInt());
            ByteBuffer bytes = ByteBuffer.allocate(order.length * 4);
            bytes.asIntBuffer().put(order);
            assertThat(HexFormat.of().formatHex(Digests.sha256(bytes.array())))
                    .as(golden.toString())
                    .isEqualTo(golden.get("sha256").asText());
            checked++;
        }
        assertThat(checked).isEqualTo(25);
    }

    @Test
    void fractionsTakeWholeCopiesAndADraw() {
        assertThat(Mixture.rows(182954, .25, 42, true).length).isEqualTo(45738);
        assertThat(Mixture.rows(182954, .3, 42, false).length).isEqualTo(54886);
        assertThat(Mixture.rows(122274, .1, 1, false).length).isEqualTo(12227);
        assertThat(Mixture.rows(10, 2.3, 1, false)).hasSize(23);
        assertThat(Mixture.rows(10, 2.3, 1, true)).hasSize(22); // 2.3 mod 1 is 0.2999… there
        assertThat(Mixture.rows(10, 0, 1, false)).isEmpty();
        assertThat(Mixture.rows(5, 1, 1, false)).containsExactly(0, 1, 2, 3, 4);
        assertThat(Mixture.rows(5, 1, 42, true)).containsExactly(4, 2, 3, 1, 0);
        assertThat(Mixture.head(10, .3)).containsExactly(0, 1, 2); // what is evaluated on is not shuffled
        assertThat(Mixture.head(2, 2.5)).containsExactly(0, 1, 0, 1, 0);
        assertThatThrownBy(() -> Mixture.rows(5, -0.1, 1, false)).isInstanceOf(IllegalArgumentException.class);
        Seeds.forAll(50, random -> {
            int n = random.nextInt(1, 40);
            double fraction = random.nextDouble() * 3;
            int[] rows = Mixture.rows(n, fraction, random.nextLong(), false);
            int[] counts = new int[n];
            Arrays.stream(rows).forEach(r -> counts[r]++);
            int copies = (int) fraction;
            assertThat(IntStream.of(counts).allMatch(c -> c == copies || c == copies + 1))
                    .isTrue();
        });
    }

    @Test
    void benchmarkPromptsAreFound() throws IOException {
        String question =
                "A farmer has seventeen sheep and all but nine of them run away into the dark forest one night";
        Path benchmark = Files.writeString(
                dir.resolve("bench.jsonl"),
                "{\"turns\": [\"" + question
                        + "\", \"too short\"]}\n{\"q\": \"what is the capital city of old France today\"}");
        Decontamination found = new Decontamination(List.of(benchmark));
        assertThat(found.contaminated(
                        "Please: a Farmer has seventeen sheep, and all but nine of them run away into... hm"))
                .isTrue();
        assertThat(found.contaminated("A farmer has seventeen sheep and all but ten of them run away into the dark"))
                .isFalse();
        assertThat(found.contaminated("So, what is the capital city of old France today?"))
                .isTrue();
        assertThat(found.contaminated("too short")).isFalse();
    }

    @Test
    void nearDuplicatesAreFoundAndOthersAreNot() {
        Seeds.forAll(20, random -> {
            NearDuplicates near = new NearDuplicates(0.6);
            String[] words = IntStream.range(0, 200)
                    .mapToObj(i -> "w" + random.nextInt(5000))
                    .toArray(String[]::new);
            assertThat(near.seen(String.join(" ", words))).isFalse();
            String[] other = IntStream.range(0, 200)
                    .mapToObj(i -> "w" + random.nextInt(5000))
                    .toArray(String[]::new);
            assertThat(near.seen(String.join(" ", other))).isFalse();
            words[random.nextInt(200)] = "changed"; // 5 of 196 runs differ: Jaccard 0.95
            assertThat(near.seen(String.join(" ", words))).isTrue();
            assertThat(near.seen(String.join("  ", other).toUpperCase(java.util.Locale.ROOT)))
                    .isTrue();
        });
    }
}
