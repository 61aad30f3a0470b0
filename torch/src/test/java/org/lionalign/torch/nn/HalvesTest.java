package org.lionalign.torch.nn;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.lionalign.torch.optim.AdamW;
import org.lionalign.torch.tensor.Device;
import org.lionalign.torch.tensor.Dtype;
import org.lionalign.torch.tensor.NoGrad;
import org.lionalign.torch.tensor.Tensor;
import org.lionalign.torch.tensor.TensorScope;
import org.lionalign.torch.tensor.Tensors;

class HalvesTest {
    /** Every pattern of the upper half with some of the lower, ties and both neighbours among them: the number, and the nearest bf16 one. */
    @Test
    void everyNumberComesBackAndTheUpperHalfIsTheNearest() {
        int[] lows = {0, 1, 0x7FFE, 0x7FFF, 0x8000, 0x8001, 0xFFFF, 0x1234, 0xABCD};
        float[] values = new float[(1 << 16) * lows.length];
        int n = 0;
        for (int high = 0; high < 1 << 16; high++) {
            for (int low : lows) {
                float value = Float.intBitsToFloat(high << 16 | low);
                // Beyond the largest bf16 number there is only infinity.
                if (Float.isFinite(value) && Math.abs(value) < 0x1.FFp127f) {
                    values[n++] = value;
                }
            }
        }
        float[] all = java.util.Arrays.copyOf(values, n / 16 * 16);
        try (TensorScope scope = new TensorScope();
                NoGrad off = new NoGrad()) {
            Halves halves = Halves.of(scope.release(Tensors.of(all, all.length / 16, 16)));
            float[] back = halves.rows(0, all.length / 16).toFloats();
            float[] near = halves.high().to(Dtype.F32).toFloats();
            for (int i = 0; i < all.length; i++) {
                assertThat(Float.floatToRawIntBits(back[i])).isEqualTo(Float.floatToRawIntBits(all[i]));
                // In bits, one step of bf16 is 2^16 everywhere, so the nearest is at most half of that away.
                assertThat(Math.abs((long) Float.floatToRawIntBits(near[i]) - Float.floatToRawIntBits(all[i])))
                        .isLessThanOrEqualTo(1 << 15);
            }
            halves.high().close();
            halves.low().close();
        }
    }

    /** Updated in pieces from halves, a weight goes where it goes as a whole; and rows that are not trained stay. */
    @Test
    void adamWUpdatesHalvesAsItUpdatesTheWhole() {
        int rows = 3000;
        int width = 257;
        SplittableRandom random = new SplittableRandom(3);
        try (TensorScope scope = new TensorScope();
                NoGrad off = new NoGrad()) {
            Tensor start = Tensors.randn(1, 0.02, Device.CPU, rows, width);
            Weight whole = weight(scope, start, Dtype.F32);
            Weight split = weight(scope, start, Dtype.BF16);
            try (whole;
                    split;
                    AdamW one = new AdamW(List.of(whole), new AdamW.Settings(0.9, 0.999, 1e-8, 0.1));
                    AdamW other = new AdamW(List.of(split), new AdamW.Settings(0.9, 0.999, 1e-8, 0.1))) {
                for (int step = 0; step < 4; step++) {
                    Tensor gradient = Tensors.randn(random.nextLong(), 1, Device.CPU, rows, width);
                    whole.gradient().copy_(gradient);
                    split.gradient().copy_(gradient);
                    one.step(1e-3);
                    other.step(1e-3);
                }
                assertThat(split.master().toFloats()).isEqualTo(whole.master().toFloats());
                assertThat(split.master().narrow(0, 0, 700).toFloats())
                        .isEqualTo(start.narrow(0, 0, 700).toFloats());
                assertThat(split.values().dtype()).isEqualTo(Dtype.BF16);
                assertThat(split.values().to(Dtype.F32).sub(whole.master()).norm())
                        .isBetween(1e-9, 0.004 * whole.master().norm()); // half of 2^-7
                assertThat(split.rows(1999, 1).toFloats())
                        .isEqualTo(split.master().narrow(0, 1999, 1).toFloats())
                        .isNotEqualTo(start.narrow(0, 1999, 1).toFloats());
            }
        }
    }

    private static Weight weight(TensorScope scope, Tensor start, Dtype compute) {
        Weight weight =
                new Weight(List.of(new Weight.Part("w", 0, start.size(0))), scope.release(start.copy()), compute, true);
        weight.train();
        weight.trainRows(700, 2000);
        return weight;
    }
}
