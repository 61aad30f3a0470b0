package org.lionalign.align.stage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.lionalign.core.data.ChatRows;
import org.lionalign.core.pack.PromptTree;
import org.lionalign.core.tokenizer.Encoded;
import org.lionalign.core.tokenizer.Tokenizer;

/** LION.md 2.7 and D12. */
class FaithfulPairsTest {
    /** One token a letter, but "ab" is one token: it merges across a boundary between a and b. */
    private static final class Merging implements Tokenizer {
        static final int AB = 1000;

        @Override
        public Encoded encodeWithOffsets(String text) {
            List<int[]> tokens = new ArrayList<>();
            for (int i = 0; i < text.length(); i++) {
                boolean merged = text.startsWith("ab", i);
                tokens.add(new int[] {merged ? AB : text.charAt(i), i, merged ? i + 2 : i + 1});
                i += merged ? 1 : 0;
            }
            int[][] columns = new int[3][tokens.size()];
            for (int t = 0; t < tokens.size(); t++) {
                for (int c = 0; c < 3; c++) {
                    columns[c][t] = tokens.get(t)[c];
                }
            }
            return new Encoded(columns[0], columns[1], columns[2]);
        }

        @Override
        public int[] encodeLiteral(String text) {
            return encode(text);
        }

        @Override
        public Encoded encode(String text, boolean[] data) {
            return encodeWithOffsets(text);
        }

        @Override
        public String decode(int[] ids, boolean skipSpecial) {
            throw new UnsupportedOperationException();
        }

        @Override
        public int vocabularySize() {
            return 2000;
        }

        @Override
        public OptionalInt idOf(String token) {
            return OptionalInt.empty();
        }

        @Override
        public String tokenOf(int id) {
            return "";
        }

        @Override
        public Set<Integer> specialIds() {
            return Set.of();
        }

        @Override
        public String digest() {
            return "";
        }
    }

    private static final FaithfulPairs WIDE = new FaithfulPairs(100, 50, true, 1, 2);

    @ParameterizedTest
    @CsvSource({
        "100, 200, 300, 2048, 512, 100, 200, 300",
        "1800, 200, 300, 2048, 512, 512, 200, 300",
        "100, 2500, 50, 2048, 512, 100, 1536, 50",
        "600, 1900, 1800, 2048, 512, 512, 1536, 1536",
        "900, 1500, 100, 2048, 1024, 900, 1024, 100"
    })
    void theFiveGoldenLengths(int prompt, int chosen, int rejected, int max, int maxPrompt, int p, int c, int r) {
        for (boolean keepEnd : new boolean[] {true, false}) {
            FaithfulPairs rules = new FaithfulPairs(max, maxPrompt, keepEnd, null, null);
            int[] ids = new int[prompt];
            Arrays.setAll(ids, i -> i);
            int longer = Math.max(chosen, rejected);
            FaithfulPairs.Side better = rules.cut(new FaithfulPairs.Side(ids, new int[chosen]), longer);
            FaithfulPairs.Side worse = rules.cut(new FaithfulPairs.Side(ids, new int[rejected]), longer);
            assertThat(List.of(better.prompt().length, better.answer().length, worse.answer().length))
                    .containsExactly(p, c, r);
            assertThat(worse.prompt()).isEqualTo(better.prompt());
            assertThat(better.prompt()[0]).isEqualTo(keepEnd ? prompt - p : 0);
        }
    }

    @Test
    void aMergingTokenizerMovesTheBoundaryByOne() throws ChatRows.Unusable {
        FaithfulPairs.Side plain = FaithfulPairs.parted(new Merging(), "xya", "cd");
        assertThat(plain.prompt()).containsExactly('x', 'y', 'a');
        assertThat(plain.answer()).containsExactly('c', 'd');
        FaithfulPairs.Side merged = FaithfulPairs.parted(new Merging(), "xya", "bc");
        assertThat(merged.prompt()).containsExactly('x', 'y');
        assertThat(merged.answer()).containsExactly(Merging.AB, 'c');
        // Chosen merges, rejected does not: the rejected answer's prompt keeps its "a", which nobody learns.
        PromptTree tree = WIDE.tree("t", new Merging(), "xya", "bc", "de");
        assertThat(tree.nodes().get(0).ids()).containsExactly(1, 'x', 'y');
        assertThat(tree.nodes().get(1).ids()).containsExactly(Merging.AB, 'c', 2);
        assertThat(tree.nodes().get(2).ids()).containsExactly('a', 'd', 'e', 2);
        assertThat(tree.nodes().get(2).supervised()).containsExactly(false, true, true, true);
        assertThat(tree.supervisedTokens()).isEqualTo(6);
    }

    @Test
    void aCutAnswerGetsNoEndAndBosGoesWithTheStartOfAPrompt() throws ChatRows.Unusable {
        FaithfulPairs tight = new FaithfulPairs(10, 4, true, 1, 2);
        PromptTree tree = tight.tree("t", new Merging(), "pqrstuvw", "cdefghijk", "d");
        assertThat(tree.nodes().get(0).ids()).containsExactly('t', 'u', 'v', 'w');
        assertThat(tree.nodes().get(1).ids()).containsExactly('c', 'd', 'e', 'f', 'g', 'h');
        assertThat(tree.nodes().get(2).ids()).containsExactly('d', 2);
        PromptTree start = new FaithfulPairs(10, 4, false, 1, 2).tree("t", new Merging(), "pqrstuvw", "cdef", "d");
        assertThat(start.nodes().get(0).ids()).containsExactly(1, 'p', 'q', 'r');
    }

    @Test
    void promptsThatACutShiftsAreSetAside() {
        FaithfulPairs tight = new FaithfulPairs(12, 4, true, 1, 2);
        assertThatThrownBy(() -> tight.tree("t", new Merging(), "pqrstuvwa", "bcdefgh", "defgh"))
                .isInstanceOf(ChatRows.Unusable.class)
                .hasMessageContaining("shifted");
    }
}
