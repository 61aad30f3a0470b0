package org.lionalign.torch.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.pack.PackedBatch;
import org.lionalign.core.pack.PromptTree;
import org.lionalign.core.testing.Seeds;
import org.lionalign.torch.nn.Weight;
import org.lionalign.torch.tensor.Device;
import org.lionalign.torch.tensor.Dtype;
import org.lionalign.torch.tensor.Engine;

/** Invariant 1: a tree's log-probs and gradients depend neither on its neighbours nor on sharing. */
class ForestTest {
    private static int[] ids(SplittableRandom random, int length) {
        return random.ints(length, 3, 79).toArray();
    }

    private static int[] join(int[]... parts) {
        return Arrays.stream(parts).flatMapToInt(Arrays::stream).toArray();
    }

    private static PromptTree separate(int[] before, int[] answer) {
        int[] all = join(before, answer);
        boolean[] supervised = new boolean[all.length];
        Arrays.fill(supervised, before.length, all.length, true);
        return PromptTree.document("s", all, supervised);
    }

    @ParameterizedTest
    @ValueSource(strings = {"llama", "llama3", "llama-dynamic", "gemma", "gemma2", "mistral", "qwen2", "qwen3", "phi3"})
    void sharingAndNeighboursChangeNothing(String name) {
        Golden golden = Golden.of(name);
        try (CausalLm model = CausalLm.load(golden.directory, LoadOptions.training(Dtype.F32))) {
            Seeds.forAll(4, random -> {
                int[] prompt = ids(random, 2 + random.nextInt(7));
                int[] middle = ids(random, 1 + random.nextInt(4));
                int[] one = ids(random, 1 + random.nextInt(5));
                int[] two = ids(random, one.length); // dynamic scaling is by the tree's longest path: keep it equal
                boolean[] none = new boolean[0];
                PromptTree shared = new PromptTree(
                        "shared",
                        List.of(
                                new PromptTree.Node(-1, prompt, new boolean[prompt.length]),
                                new PromptTree.Node(0, middle, new boolean[middle.length]),
                                new PromptTree.Node(1, one, allTrue(one.length)),
                                new PromptTree.Node(1, two, allTrue(two.length)),
                                new PromptTree.Node(0, new int[0], none)));
                List<PromptTree> apart =
                        List.of(separate(join(prompt, middle), one), separate(join(prompt, middle), two));
                PromptTree neighbour = separate(ids(random, 5), ids(random, 6));

                float[] together = model.logps(PackedBatch.of(List.of(shared)));
                float[] alone = model.logps(PackedBatch.of(apart));
                assertThat(Golden.difference(together, alone)).isLessThan(2e-6 * Golden.largest(alone));
                float[] between = model.logps(PackedBatch.of(List.of(neighbour, shared, neighbour)));
                float[] inside = Arrays.copyOfRange(between, 6, 6 + together.length);
                assertThat(Golden.difference(inside, together)).isLessThan(2e-6 * Golden.largest(together));

                assertThat(gradientDifference(model, List.of(List.of(shared)), List.of(apart)))
                        .isLessThan(1e-5);
                assertThat(gradientDifference(
                                model, List.of(apart), List.of(List.of(apart.get(0)), List.of(apart.get(1)))))
                        .isLessThan(1e-5);
            });
        }
    }

    /** Relative difference of all gradients of Σ −logp between two ways to cut the same answers into passes. */
    private static double gradientDifference(CausalLm model, List<List<PromptTree>> a, List<List<PromptTree>> b) {
        List<Map<String, float[]>> both = new ArrayList<>();
        for (List<List<PromptTree>> way : List.of(a, b)) {
            model.weights().forEach(Weight::zeroGradient);
            for (List<PromptTree> pass : way) {
                PackedBatch batch = PackedBatch.of(pass);
                model.forwardBackward(batch, logps -> {
                    float[] upstream = new float[logps.length];
                    Arrays.fill(upstream, -1);
                    return upstream;
                });
            }
            both.add(Golden.gradientsOf(model));
        }
        double worst = 0;
        for (String parameter : both.get(0).keySet()) {
            worst = Math.max(
                    worst,
                    Golden.relative(both.get(0).get(parameter), both.get(1).get(parameter)));
        }
        return worst;
    }

    private static boolean[] allTrue(int n) {
        boolean[] flags = new boolean[n];
        Arrays.fill(flags, true);
        return flags;
    }

    @Test
    void recomputedGradientsAreTheKeptOnes() {
        Golden golden = Golden.of("gemma2");
        List<Map<String, float[]>> both = new ArrayList<>();
        for (boolean recompute : new boolean[] {false, true}) {
            try (CausalLm model =
                    CausalLm.load(golden.directory, new LoadOptions(Dtype.F32, Device.CPU, true, recompute))) {
                model.forwardBackward(PackedBatch.of(golden.documents()), logps -> golden.upstream());
                both.add(Golden.gradientsOf(model));
            }
        }
        for (String parameter : both.get(0).keySet()) {
            assertThat(both.get(1).get(parameter))
                    .as(parameter)
                    .isEqualTo(both.get(0).get(parameter));
        }
    }

    @Test
    void nativeMemoryIsFlatOverTrainingSteps() {
        Golden golden = Golden.of("llama");
        try (CausalLm model = CausalLm.load(golden.directory, LoadOptions.training(Dtype.BF16))) {
            PackedBatch batch = PackedBatch.of(golden.documents());
            model.forwardBackward(batch, logps -> golden.upstream());
            long before = Engine.liveObjects();
            for (int i = 0; i < 20; i++) {
                model.forwardBackward(batch, logps -> golden.upstream());
            }
            assertThat(Engine.liveObjects())
                    .isLessThanOrEqualTo(before); // leftovers of other tests may be collected meanwhile
        }
    }

    @Test
    void whatDoesNotFitIsNamed() {
        try (CausalLm model = CausalLm.load(Golden.of("llama").directory, LoadOptions.inference(Dtype.F32))) {
            int context = model.config().context();
            PromptTree longOne = PromptTree.document("data.jsonl#7", new int[context + 1], new boolean[context + 1]);
            assertThatThrownBy(() -> model.logps(PackedBatch.of(List.of(longOne))))
                    .isInstanceOf(BadInput.class)
                    .hasMessageContaining("data.jsonl#7")
                    .hasMessageContaining("" + (context + 1));
            assertThatThrownBy(() -> model.logps(PackedBatch.of(List.of(separate(new int[] {1}, new int[] {5000})))))
                    .isInstanceOf(BadInput.class)
                    .hasMessageContaining("5000");
        }
    }
}
