package org.lionalign.core.pack;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.lionalign.core.testing.Seeds;

class PackedBatchTest {
    @Test
    void branchesContinueTheTrunkAndDoNotSeeEachOther() {
        PromptTree pair = PromptTree.answers("p#1", new int[] {5, 6, 7}, List.of(new int[] {8, 9}, new int[] {10}));
        PackedBatch batch = PackedBatch.of(List.of(PromptTree.document("d#1", new int[] {1, 2}, flags("01")), pair));

        assertThat(batch.ids()).containsExactly(1, 2, 5, 6, 7, 8, 9, 10);
        assertThat(batch.positions()).containsExactly(0, 1, 0, 1, 2, 3, 4, 3);
        assertThat(batch.targets()).containsExactly(2, 8, 9, 10);
        assertThat(batch.predictors()).containsExactly(0, 4, 5, 4);
        assertThat(batch.slices())
                .containsExactly(
                        new PackedBatch.Slice(0, 0, 0, 1),
                        new PackedBatch.Slice(1, 1, 1, 3),
                        new PackedBatch.Slice(1, 2, 3, 4));
        boolean[][] mask = batch.plan().mask();
        assertThat(mask[7]).containsExactly(false, false, true, true, true, false, false, true);
        assertThat(mask[6]).containsExactly(false, false, true, true, true, true, true, false);
        assertThat(mask[2]).containsExactly(false, false, true, false, false, false, false, false);
    }

    @Test
    void theFirstTokenOfATreeIsNeverATarget() {
        PackedBatch batch = PackedBatch.of(List.of(PromptTree.document("d", new int[] {1, 2, 3}, flags("111"))));
        assertThat(batch.targets()).containsExactly(2, 3);
        assertThat(batch.trees().get(0).supervisedTokens()).isEqualTo(2);
    }

    @Test
    void partsAreWholeTreesOfAboutTheSameLengthAndTogetherTheBatch() {
        Seeds.forAll(50, random -> {
            List<PromptTree> trees = new java.util.ArrayList<>();
            for (int t = 0; t < 1 + random.nextInt(12); t++) {
                int[] ids = random.ints(1 + random.nextInt(9), 0, 50).toArray();
                boolean[] supervised = new boolean[ids.length];
                java.util.Arrays.fill(supervised, true);
                trees.add(PromptTree.document("d" + t, ids, supervised));
            }
            PackedBatch plain = PackedBatch.of(trees);
            PackedBatch batch = plain.withPositions(
                    java.util.Arrays.stream(plain.positions()).map(p -> p + 7).toArray());
            int count = 1 + random.nextInt(4);
            List<PackedBatch> parts = batch.parts(count);
            assertThat(parts).hasSizeLessThanOrEqualTo(count).allMatch(part -> part.length() > 0);
            assertThat(parts.stream().flatMap(part -> part.trees().stream()).toList())
                    .isEqualTo(trees);
            assertThat(parts.stream()
                            .flatMapToInt(part -> java.util.Arrays.stream(part.positions()))
                            .toArray())
                    .isEqualTo(batch.positions());
            for (PackedBatch part : parts) {
                PackedBatch alone = PackedBatch.of(part.trees());
                assertThat(part.ids()).isEqualTo(alone.ids());
                assertThat(part.predictors()).isEqualTo(alone.predictors());
                assertThat(part.targets()).isEqualTo(alone.targets());
                assertThat(part.slices()).isEqualTo(alone.slices());
            }
            int longest = trees.stream().mapToInt(PromptTree::length).max().orElseThrow();
            assertThat(parts).allMatch(part -> part.length() <= batch.length() / count + longest + 1);
        });
    }

    @Test
    void targetsInAnotherOrderKeepABatchWhole() {
        PackedBatch plain = PackedBatch.of(List.of(
                PromptTree.document("a", new int[] {1, 2, 3}, flags("011")),
                PromptTree.document("b", new int[] {4, 5, 6}, flags("011"))));
        PackedBatch mixed = new PackedBatch(
                plain.trees(),
                plain.ids(),
                plain.positions(),
                plain.plan(),
                new int[] {3, 0},
                new int[] {5, 2},
                List.of());
        assertThat(mixed.parts(2)).containsExactly(mixed);
        assertThat(plain.parts(2)).hasSize(2);
    }

    @Test
    void emptyAnswersLeaveNoTrace() {
        PackedBatch batch =
                PackedBatch.of(List.of(PromptTree.answers("p", new int[] {1, 2}, List.of(new int[0], new int[] {3}))));
        assertThat(batch.plan().nodes()).hasSize(2);
        assertThat(batch.slices()).containsExactly(new PackedBatch.Slice(0, 2, 0, 1));
    }

    @Test
    void visiblePairsAreCountedExactly() {
        Seeds.forAll(50, random -> {
            int depth = 1 + random.nextInt(4);
            java.util.ArrayList<PromptTree.Node> nodes = new java.util.ArrayList<>();
            nodes.add(node(-1, 1 + random.nextInt(5)));
            for (int i = 1; i <= depth; i++) {
                nodes.add(node(random.nextInt(i), random.nextInt(5)));
            }
            AttentionPlan plan =
                    PackedBatch.of(List.of(new PromptTree("r", nodes))).plan();
            long seen = 0;
            for (boolean[] row : plan.mask()) {
                for (boolean b : row) {
                    seen += b ? 1 : 0;
                }
            }
            assertThat(plan.pairs()).isEqualTo(seen);
        });
    }

    private static PromptTree.Node node(int parent, int length) {
        return new PromptTree.Node(parent, new int[length], new boolean[length]);
    }

    static boolean[] flags(String bits) {
        boolean[] flags = new boolean[bits.length()];
        for (int i = 0; i < flags.length; i++) {
            flags[i] = bits.charAt(i) == '1';
        }
        return flags;
    }
}
