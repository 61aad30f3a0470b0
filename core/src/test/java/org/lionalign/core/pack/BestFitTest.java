package org.lionalign.core.pack;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.lionalign.core.testing.Seeds;

class BestFitTest {
    @Test
    void everyItemIsPackedOnceAndNoBinOverflows() {
        Seeds.forAll(100, random -> {
            int n = random.nextInt(200);
            int[] lengths =
                    IntStream.range(0, n).map(i -> 1 + random.nextInt(60)).toArray();
            List<int[]> bins = BestFit.pack(IntStream.range(0, n).toArray(), i -> lengths[i], 50);
            assertThat(bins.stream().flatMapToInt(Arrays::stream).sorted().toArray())
                    .isEqualTo(IntStream.range(0, n).toArray());
            for (int[] bin : bins) {
                int total = Arrays.stream(bin).map(i -> lengths[i]).sum();
                assertThat(total <= 50 || bin.length == 1).isTrue();
            }
        });
    }

    @Test
    void binsOfChatLengthsAreFull() {
        Seeds.forAll(5, random -> {
            int[] lengths = IntStream.range(0, 5000)
                    .map(i -> (int) Math.min(2048, 20 + Math.exp(4.5 + 0.9 * random.nextGaussian())))
                    .toArray();
            List<int[]> bins = BestFit.pack(IntStream.range(0, 5000).toArray(), i -> lengths[i], 2048);
            assertThat(Arrays.stream(lengths).sum() / (2048.0 * bins.size())).isGreaterThan(0.97);
        });
    }
}
