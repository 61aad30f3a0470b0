package org.lionalign.torch.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.lionalign.torch.nn.Weight;
import org.lionalign.torch.tensor.Dtype;
import org.lionalign.torch.tensor.NoGrad;
import org.lionalign.torch.tensor.TensorScope;
import org.lionalign.torch.tensor.Tensors;

/** LION.md M9: the rate at its corners, clipping, and updates of a single number worked out by hand. */
class OptimTest {
    @Test
    void ratesAtTheCorners() {
        LrSchedule cosine = LrSchedule.withRatio(LrSchedule.Kind.COSINE, 2e-5, 0.1, 100);
        assertThat(cosine.at(0)).isZero();
        assertThat(cosine.at(5)).isCloseTo(1e-5, within(1e-18));
        assertThat(cosine.at(10)).isEqualTo(2e-5);
        assertThat(cosine.at(55)).isCloseTo(1e-5, within(1e-12));
        assertThat(cosine.at(100)).isCloseTo(0, within(1e-18));
        LrSchedule linear = LrSchedule.withRatio(LrSchedule.Kind.LINEAR, 1, 0.1, 100);
        assertThat(linear.at(10)).isEqualTo(1);
        assertThat(linear.at(55)).isCloseTo(0.5, within(1e-12));
        assertThat(linear.at(100)).isZero();
        assertThat(LrSchedule.withRatio(LrSchedule.Kind.CONSTANT, 3, 0, 7).at(6))
                .isEqualTo(3);
        assertThat(LrSchedule.withRatio(LrSchedule.Kind.LINEAR, 1, 0.101, 10).warmupSteps())
                .isEqualTo(2); // rounded up, as transformers does
    }

    private static Weight weight(double value, boolean decay) {
        try (TensorScope scope = new TensorScope()) {
            Weight weight = new Weight(
                    List.of(new Weight.Part("w", 0, 1)),
                    scope.release(Tensors.of(new float[] {(float) value}, 1)),
                    Dtype.F32,
                    decay);
            weight.train();
            return weight;
        }
    }

    private static void gradient(Weight weight, double value) {
        try (NoGrad off = new NoGrad()) {
            weight.gradient().fill_(value);
        }
    }

    /** Loshchilov and Hutter 2019, algorithm 2, in doubles. */
    @Test
    void updatesOfOneNumber() {
        for (boolean decay : new boolean[] {false, true}) {
            try (Weight weight = weight(1.5, decay);
                    AdamW optimizer = new AdamW(List.of(weight), new AdamW.Settings(0.9, 0.999, 1e-8, 0.1))) {
                double w = 1.5;
                double m = 0;
                double v = 0;
                double[] gradients = {0.3, -2, 0.01};
                for (int t = 1; t <= gradients.length; t++) {
                    double g = gradients[t - 1];
                    gradient(weight, g);
                    optimizer.step(0.01);
                    m = 0.9 * m + 0.1 * g;
                    v = 0.999 * v + 0.001 * g * g;
                    w -= decay ? 0.01 * 0.1 * w : 0;
                    w -= 0.01 * m / (1 - Math.pow(0.9, t)) / (Math.sqrt(v / (1 - Math.pow(0.999, t))) + 1e-8);
                    assertThat((double) weight.master().toFloats()[0]).isCloseTo(w, within(1e-6));
                    assertThat(weight.gradient().toFloats()[0]).isZero();
                }
            }
        }
    }

    @Test
    void clippingScalesTheWholeToTheNorm() {
        try (Weight a = weight(1, true);
                Weight b = weight(1, true)) {
            gradient(a, 3);
            gradient(b, 4);
            assertThat(Gradients.clip(List.of(a, b), 10).total()).isCloseTo(5, within(1e-6));
            assertThat(a.gradient().toFloats()[0]).isEqualTo(3);
            assertThat(Gradients.clip(List.of(a, b), 1).total()).isCloseTo(5, within(1e-6));
            assertThat((double) a.gradient().toFloats()[0]).isCloseTo(0.6, within(1e-6));
            assertThat((double) b.gradient().toFloats()[0]).isCloseTo(0.8, within(1e-6));
            gradient(b, Double.NaN);
            assertThat(Gradients.clip(List.of(a, b), 1).firstNonFinite()).isEqualTo("w");
        }
    }
}
