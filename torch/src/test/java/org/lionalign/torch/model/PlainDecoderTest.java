package org.lionalign.torch.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.lionalign.core.pack.PackedBatch;
import org.lionalign.core.pack.PromptTree;
import org.lionalign.torch.nn.Weight;
import org.lionalign.torch.tensor.Device;
import org.lionalign.torch.tensor.Dtype;
import org.lionalign.torch.tensor.NoGrad;

/** The fast path against the plain fp64 one, for every architecture: log-probabilities, and the gradient along itself (PITFALLS 17). */
class PlainDecoderTest {
    private static PackedBatch batch(SplittableRandom random) {
        boolean[] supervised = new boolean[9];
        Arrays.fill(supervised, 3, 9, true);
        return PackedBatch.of(List.of(
                PromptTree.document("d", random.ints(9, 3, 79).toArray(), supervised),
                PromptTree.answers(
                        "p",
                        random.ints(5, 3, 79).toArray(),
                        List.of(
                                random.ints(4, 3, 79).toArray(),
                                random.ints(2, 3, 79).toArray()))));
    }

    private static double loss(CausalLm model, PackedBatch batch, double step) {
        PlainDecoder plain = new PlainDecoder(model, step);
        double sum = 0;
        for (PromptTree tree : batch.trees()) {
            sum -= Arrays.stream(plain.logps(tree)).sum();
        }
        return sum / batch.supervised();
    }

    /** The loss's slope along the gradient by differences, and the gradient's norm: equal when the gradient is right. */
    private static double[] slopes(CausalLm model, PackedBatch batch) {
        double square = 0;
        for (Weight weight : model.weights()) {
            square += weight.trainable() ? Math.pow(weight.gradient().norm(), 2) : 0;
        }
        double norm = Math.sqrt(square);
        double step = 1e-4 / norm;
        return new double[] {(loss(model, batch, step) - loss(model, batch, -step)) / 2e-4, norm};
    }

    private static float[] mean(float[] logps) {
        float[] gradient = new float[logps.length];
        Arrays.fill(gradient, -1f / logps.length);
        return gradient;
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "llama",
                "llama3",
                "llama-linear",
                "llama-dynamic",
                "llama-bias",
                "llama-tied",
                "gemma",
                "gemma2",
                "mistral",
                "qwen2",
                "qwen3",
                "phi3"
            })
    void theFastPathIsThePlainOne(String name) {
        Golden golden = Golden.of(name);
        PackedBatch batch = batch(new SplittableRandom(3));
        try (CausalLm model = CausalLm.load(golden.directory, LoadOptions.training(Dtype.F32))) {
            float[] fast = model.logps(batch);
            double[] plain = batch.trees().stream()
                    .flatMapToDouble(tree -> Arrays.stream(new PlainDecoder(model).logps(tree)))
                    .toArray();
            assertThat(plain).hasSameSizeAs(fast);
            for (int i = 0; i < fast.length; i++) {
                assertThat((double) fast[i]).isCloseTo(plain[i], within(2e-5));
            }
            model.forwardBackward(batch, PlainDecoderTest::mean);
            double[] slopes = slopes(model, batch);
            assertThat(slopes[0] / slopes[1]).isCloseTo(1, within(1e-4));
        }
    }

    /** A tolerance is only as good as the smallest error that it sees: one block's gradient, one per cent too large. */
    @Test
    void aGradientTermThatIsOnePerCentTooLargeIsSeen() {
        PackedBatch batch = batch(new SplittableRandom(4));
        try (CausalLm model = CausalLm.load(Golden.of("llama").directory, LoadOptions.training(Dtype.F32))) {
            model.forwardBackward(batch, logps -> {
                float[] gradient = mean(logps);
                for (int i = 0; i < gradient.length; i++) {
                    gradient[i] *= 1.01f;
                }
                return gradient;
            });
            double[] slopes = slopes(model, batch);
            assertThat(Math.abs(slopes[0] / slopes[1] - 1)).isGreaterThan(5e-3);
        }
    }

    @Test
    void adaptersAreInIt() {
        PackedBatch batch = batch(new SplittableRandom(5));
        try (CausalLm model =
                CausalLm.load(Golden.of("qwen2").directory, new LoadOptions(Dtype.F32, Device.CPU, false, false))) {
            LoraAdapters.attach(model, new LoraAdapters.Config(2, 4, 0, List.of("q_proj", "v_proj", "up_proj")), 9);
            model.linears().forEach(linear -> linear.adapters().forEach(part -> {
                part.a().train();
                part.b().train();
                try (NoGrad off = new NoGrad()) {
                    part.b().change((rows, from) -> rows.fill_(0.05));
                }
            }));
            model.forwardBackward(batch, PlainDecoderTest::mean);
            double[] slopes = slopes(model, batch);
            assertThat(slopes[0] / slopes[1]).isCloseTo(1, within(1e-4));
        }
    }

    @Test
    void theBlockIsNamedInWhichValuesStopBeingFinite() {
        PackedBatch batch = batch(new SplittableRandom(6));
        try (CausalLm model = CausalLm.load(Golden.of("llama").directory, LoadOptions.inference(Dtype.F32));
                NoGrad off = new NoGrad()) {
            assertThat(model.firstNonFinite(batch)).isEmpty();
            model.layers().get(1).down().weight().change((rows, from) -> rows.fill_(Double.NaN));
            assertThat(model.firstNonFinite(batch)).isEqualTo("model.layers.1");
            model.embedding().change((rows, from) -> rows.fill_(Double.POSITIVE_INFINITY));
            assertThat(model.firstNonFinite(batch)).isEqualTo("embedding");
        }
    }
}
