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
    void halvesOfABinAreAboutAsLong() {
        int[] lengths = {90, 50, 40, 30, 20, 10}; // 90 + 30 and the rest, of which 50 + 10 and 40 + 20
        assertThat(BestFit.pack(new int[] {0, 1, 2, 3, 4, 5}, i -> lengths[i], 240))
                .containsExactly(new int[] {0, 3, 1, 5, 2, 4});
        Seeds.forAll(100, random -> {
            int n = 1 + random.nextInt(200);
            int[] some = IntStream.range(0, n).map(i -> 1 + random.nextInt(60)).toArray();
            for (int[] bin : BestFit.pack(IntStream.range(0, n).toArray(), i -> some[i], 500)) {
                int total = Arrays.stream(bin).map(i -> some[i]).sum();
                int nearest = total;
                for (int end = 0, sum = 0; end <= bin.length; sum += end < bin.length ? some[bin[end]] : 0, end++) {
                    nearest = Math.min(nearest, Math.abs(total - 2 * sum));
                }
                int longest = Arrays.stream(bin).map(i -> some[i]).max().orElseThrow();
                assertThat(nearest).isLessThanOrEqualTo(longest);
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
