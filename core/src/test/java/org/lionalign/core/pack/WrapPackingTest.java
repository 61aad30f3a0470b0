package org.lionalign.core.pack;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.lionalign.core.testing.Seeds;

/** The goldens of LION.md 2.6 and what holds for every input. */
class WrapPackingTest {
    private static List<int[]> ends(int size, int... lengths) {
        return WrapPacking.windows(lengths, size, true).stream()
                .map(WrapPacking.Window::ends)
                .toList();
    }

    @Test
    void windowsOfThePaper() {
        assertThat(ends(5, 3, 4, 6, 2)).containsExactly(new int[] {3, 5}, new int[] {2, 5});
        assertThat(ends(5, 5, 5, 1)).containsExactly(new int[] {5}, new int[] {5});
        assertThat(ends(8, 5, 5, 7)).containsExactly(new int[] {5, 8}, new int[] {2, 8});
        assertThat(WrapPacking.windows(new int[] {3, 4, 6, 2}, 5, true).get(1).fragments())
                .containsExactly(new WrapPacking.Fragment(1, 2, 4), new WrapPacking.Fragment(2, 0, 3));
    }

    @Test
    void theOriginalDropsTheRestOfEachGroupOfDocuments() {
        int[] lengths = new int[1024 + 10];
        Arrays.fill(lengths, 1);
        assertThat(WrapPacking.windows(lengths, 1000, true)).hasSize(1);
        assertThat(WrapPacking.windows(lengths, 1000, false)).hasSize(2);
    }

    @Test
    void windowsAndWhatIsLeftAreTheInput() {
        Seeds.forAll(200, random -> {
            int[] lengths = IntStream.range(0, random.nextInt(1, 20))
                    .map(i -> random.nextInt(1, 30))
                    .toArray();
            int size = random.nextInt(1, 25);
            List<WrapPacking.Window> windows = WrapPacking.windows(lengths, size, false);
            int document = 0;
            int token = 0;
            for (int w = 0; w < windows.size(); w++) {
                assertThat(windows.get(w).length() == size || w == windows.size() - 1)
                        .isTrue();
                for (WrapPacking.Fragment fragment : windows.get(w).fragments()) {
                    assertThat(fragment.document()).isEqualTo(document);
                    assertThat(fragment.from()).isEqualTo(token);
                    token = fragment.to();
                    if (token == lengths[document]) {
                        document++;
                        token = 0;
                    }
                }
            }
            assertThat(document).isEqualTo(lengths.length);
        });
    }

    @Test
    void masksOfThePaper() {
        int[] ids = {9, 3, 3, 2, 3, 3, 2, 1, 4, 4, 2, 8, 3, 2, 1, 4, 2, 8};
        boolean[] keep = MarkerMask.keep(ids, new int[] {1}, new int[] {2});
        assertThat(IntStream.range(0, ids.length).filter(i -> keep[i]).toArray())
                .containsExactly(8, 9, 10, 15, 16);
        boolean[] none = MarkerMask.keep(new int[] {4, 4, 2, 8, 3, 2, 1, 4, 4}, new int[] {1}, new int[] {2});
        assertThat(none).containsOnly(false);
    }
}
