package org.lionalign.torch.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.pack.PackedBatch;
import org.lionalign.core.pack.PromptTree;
import org.lionalign.core.testing.SharedData;
import org.lionalign.torch.tensor.Dtype;
import org.lionalign.torch.tensor.Engine;

class GeneratorTest {
    private static int[] join(int[] a, int[] b) {
        int[] all = Arrays.copyOf(a, a.length + b.length);
        System.arraycopy(b, 0, all, a.length, b.length);
        return all;
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "llama",
                "llama3",
                "llama-linear",
                "llama-tied",
                "llama-bias",
                "gemma",
                "gemma2",
                "mistral",
                "qwen2",
                "qwen3",
                "phi3"
            })
    void greedyIsTransformersGreedy(String name) {
        Golden golden = Golden.of(name);
        int[] prompt = golden.ints("generate.prompt");
        int[] expected = golden.ints("generate.ids");
        try (CausalLm model = CausalLm.load(golden.directory, LoadOptions.inference(Dtype.F32))) {
            int[] ids = new Generator(model, SamplingOptions.greedy(expected.length, Set.of()))
                    .generate(List.of(prompt))
                    .get(0)
                    .get(0)
                    .ids();
            assertThat(ids).isEqualTo(expected);
        }
    }

    /** The cache against full recomputation, token for token, and the sampler's log-probs against the scorer's. */
    @Test
    void aCachedAnswerIsWhatAFullPassGives() {
        for (String name : new String[] {"llama", "gemma2", "mistral", "qwen3"}) {
            try (CausalLm model = CausalLm.load(Golden.of(name).directory, LoadOptions.inference(Dtype.F32))) {
                int[] prompt = {3, 17, 42, 9, 11};
                Answer answer = new Generator(model, SamplingOptions.greedy(40, Set.of()))
                        .generate(List.of(prompt))
                        .get(0)
                        .get(0);
                int[] at = prompt;
                for (int id : answer.ids()) {
                    PackedBatch batch = PackedBatch.of(List.of(PromptTree.document("t", at, new boolean[at.length])));
                    float[] logits = model.logits(batch, at.length - 1);
                    int best = 0;
                    for (int i = 1; i < logits.length; i++) {
                        best = logits[i] > logits[best] ? i : best;
                    }
                    assertThat(id).isEqualTo(best);
                    at = join(at, new int[] {id});
                }
                float[] scored =
                        model.logps(PackedBatch.of(List.of(PromptTree.answers("t", prompt, List.of(answer.ids())))));
                for (int i = 0; i < scored.length; i++) {
                    assertThat(answer.logprobs()[i]).isCloseTo(scored[i], within(1e-4f));
                }
            }
        }
    }

    /** Whatever begins with it, takes its place or leaves; with grouped keys, windows shorter than the prompts, and soft caps. */
    @ParameterizedTest
    @ValueSource(strings = {"llama", "gemma2", "mistral", "qwen3"})
    void anAnswerIsAFunctionOfPromptSeedAndIndexAlone(String name) {
        try (CausalLm model = CausalLm.load(Golden.of(name).directory, LoadOptions.inference(Dtype.F32))) {
            List<int[]> prompts = new ArrayList<>();
            for (int p = 0; p < 7; p++) {
                int[] prompt = new int[2 + 3 * p];
                Arrays.setAll(prompt, i -> 3 + (i * 7 + prompt.length) % 70);
                prompts.add(prompt);
            }
            SamplingOptions together = new SamplingOptions(3, 0.9, 0.95, 40, 25, 11, Set.of(2, 5), 64);
            SamplingOptions apart = new SamplingOptions(3, 0.9, 0.95, 40, 25, 11, Set.of(2, 5), 3);
            List<List<Answer>> all = new Generator(model, together).generate(prompts);
            List<int[]> reversed = new ArrayList<>(prompts);
            java.util.Collections.reverse(reversed);
            List<List<Answer>> other = new Generator(model, apart).generate(reversed);
            for (int p = 0; p < prompts.size(); p++) {
                for (int k = 0; k < 3; k++) {
                    assertThat(other.get(6 - p).get(k).ids())
                            .isEqualTo(all.get(p).get(k).ids());
                    assertThat(other.get(6 - p).get(k).finish())
                            .isEqualTo(all.get(p).get(k).finish());
                }
            }
            assertThat(all.get(0).get(0).ids()).isNotEqualTo(all.get(0).get(1).ids());
        }
    }

    @Test
    void lanesBesideEachOtherGiveTheSameBitsEveryTime() {
        try (CausalLm model = CausalLm.load(Golden.of("llama").directory, LoadOptions.inference(Dtype.F32))) {
            List<int[]> prompts = new ArrayList<>();
            for (int p = 0; p < 60; p++) {
                int[] prompt = new int[1 + p % 9];
                Arrays.fill(prompt, 3 + p);
                prompts.add(prompt);
            }
            Generator generator = new Generator(model, new SamplingOptions(2, 1, 1, 0, 30, 4, Set.of(2, 7), 64));
            List<List<Answer>> first = generator.generate(prompts);
            List<List<Answer>> second = generator.generate(prompts);
            for (int p = 0; p < prompts.size(); p++) {
                for (int k = 0; k < 2; k++) {
                    assertThat(second.get(p).get(k).logprobs())
                            .isEqualTo(first.get(p).get(k).logprobs())
                            .hasSameSizeAs(first.get(p).get(k).ids());
                }
            }
        }
    }

    @Test
    void aSinkThatThrowsEndsAllLanes() {
        try (CausalLm model = CausalLm.load(Golden.of("llama").directory, LoadOptions.inference(Dtype.F32))) {
            List<int[]> prompts = new ArrayList<>(java.util.Collections.nCopies(2000, new int[] {3, 8}));
            List<Integer> handed = new ArrayList<>();
            assertThatThrownBy(() -> new Generator(model, new SamplingOptions(1, 1, 1, 0, 20, 4, Set.of(), 64))
                            .generate(prompts, (prompt, answer, id) -> true, (prompt, answers) -> {
                                handed.add(prompt);
                                throw new IllegalStateException("full");
                            }))
                    .hasMessage("full");
            assertThat(handed).hasSizeLessThan(100);
        }
    }

    @Test
    void samplingFollowsTheModelsProbabilities() {
        try (CausalLm model = CausalLm.load(Golden.of("llama").directory, LoadOptions.inference(Dtype.F32))) {
            int n = 4000;
            int[] prompt = {3, 8, 9};
            SamplingOptions options = new SamplingOptions(n, 0.7, 1, 0, 1, 5, Set.of(), n);
            PackedBatch batch = PackedBatch.of(List.of(PromptTree.document("t", prompt, new boolean[3])));
            float[] logits = model.logits(batch, 2);
            double total = 0;
            double[] p = new double[logits.length];
            for (int i = 0; i < p.length; i++) {
                p[i] = Math.exp(logits[i] / 0.7);
                total += p[i];
            }
            int[] seen = new int[p.length];
            for (Answer answer :
                    new Generator(model, options).generate(List.of(prompt)).get(0)) {
                seen[answer.ids()[0]]++;
            }
            double chiSquare = 0;
            for (int i = 0; i < p.length; i++) {
                double expected = n * p[i] / total;
                chiSquare += Math.pow(seen[i] - expected, 2) / expected;
            }
            assertThat(chiSquare)
                    .isLessThan(79 + 5 * Math.sqrt(2 * 79)); // five standard deviations of chi-square with 79 degrees
        }
    }

    @Test
    void topKAndTopPCutWhatTheySay() {
        try (CausalLm model = CausalLm.load(Golden.of("llama").directory, LoadOptions.inference(Dtype.F32))) {
            int[] prompt = {3, 8, 9};
            float[] logits = model.logits(PackedBatch.of(List.of(PromptTree.document("t", prompt, new boolean[3]))), 2);
            Integer[] order = new Integer[logits.length];
            Arrays.setAll(order, i -> i);
            Arrays.sort(order, (a, b) -> Float.compare(logits[b], logits[a]));
            Set<Integer> top3 = Set.of(order[0], order[1], order[2]);
            for (Answer a : new Generator(model, new SamplingOptions(300, 1, 1, 3, 1, 1, Set.of(), 300))
                    .generate(List.of(prompt))
                    .get(0)) {
                assertThat(top3).contains(a.ids()[0]);
            }
            for (Answer a : new Generator(model, new SamplingOptions(50, 1, 1e-6, 0, 1, 1, Set.of(), 50))
                    .generate(List.of(prompt))
                    .get(0)) {
                assertThat(a.ids()[0]).isEqualTo(order[0]);
            }
        }
    }

    @Test
    void stopsLengthsAndContextEndAnAnswer() {
        try (CausalLm model = CausalLm.load(Golden.of("llama").directory, LoadOptions.inference(Dtype.F32))) {
            int[] prompt = {3, 8, 9};
            Answer free = new Generator(model, SamplingOptions.greedy(10, Set.of()))
                    .generate(List.of(prompt))
                    .get(0)
                    .get(0);
            assertThat(free.finish()).isEqualTo("length");
            Answer stopped = new Generator(model, SamplingOptions.greedy(10, Set.of(free.ids()[4])))
                    .generate(List.of(prompt))
                    .get(0)
                    .get(0);
            assertThat(stopped.finish()).isEqualTo("stop");
            assertThat(stopped.ids()[stopped.ids().length - 1]).isEqualTo(free.ids()[4]);
            int context = model.config().context();
            Answer full = new Generator(model, SamplingOptions.greedy(10_000, Set.of()))
                    .generate(List.of(prompt))
                    .get(0)
                    .get(0);
            assertThat(full.ids()).hasSize(context - 3);
            assertThatThrownBy(() -> new Generator(model, SamplingOptions.greedy(1, Set.of()))
                            .generate(List.of(new int[context])))
                    .isInstanceOf(BadInput.class)
                    .hasMessageContaining("prompt 0");
        }
    }

    @Test
    void nativeMemoryIsFlatOverManySteps() {
        try (CausalLm model = CausalLm.load(Golden.of("llama").directory, LoadOptions.inference(Dtype.F32))) {
            Generator generator = new Generator(model, new SamplingOptions(4, 1, 1, 0, 50, 3, Set.of(), 8));
            generator.generate(List.of(new int[] {3, 8}, new int[] {5}));
            long before = Engine.liveObjects();
            for (int i = 0; i < 10; i++) {
                generator.generate(List.of(new int[] {3, 8}, new int[] {5}));
            }
            assertThat(Engine.liveObjects())
                    .isLessThanOrEqualTo(before); // leftovers of other tests may be collected meanwhile
        }
    }

    @Test
    void realModelsWriteCoherentText() {
        var directory = SharedData.require("models/stories260k");
        var tokenizer = org.lionalign.core.tokenizer.HuggingFaceTokenizer.load(directory);
        try (CausalLm model = CausalLm.load(directory, LoadOptions.inference(Dtype.F32))) {
            int[] prompt = join(new int[] {1}, tokenizer.encode("Once upon a time"));
            Answer answer = new Generator(model, SamplingOptions.greedy(60, Set.of(1, 2)))
                    .generate(List.of(prompt))
                    .get(0)
                    .get(0);
            String text = tokenizer.decode(answer.ids(), true);
            assertThat(text).containsPattern("there was a little (girl|boy)").contains("named");
        }
    }
}
