package org.lionalign.torch.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.lionalign.torch.tensor.Device;
import org.lionalign.torch.tensor.Dtype;
import org.lionalign.torch.tensor.NoGrad;
import org.lionalign.torch.tensor.Tensor;
import org.lionalign.torch.tensor.TensorScope;
import org.lionalign.torch.tensor.Tensors;

/** Against loops in fp64. */
class DecodeAttentionTest {
    private static final int PROMPTS = 3;
    private static final int EACH = 2;
    private static final int LONGEST = 7;
    private static final int OWN = 5;
    private static final int D = 8;

    /** Of each prompt, the keys in sight: all, some from both ends, none. */
    private static final int[][] SEEN = {{0, 7}, {2, 4}, {3, 3}};

    @ParameterizedTest
    @CsvSource({"4, 2, 0", "4, 2, 3", "3, 3, 0", "3, 1, 0", "3, 1, 2"})
    void isOneSoftmaxOverPromptAndAnswer(int heads, int kv, double softcap) {
        try (TensorScope scope = new TensorScope();
                NoGrad off = new NoGrad()) {
            TreeAttention shape = new TreeAttention(heads, kv, D, 0.4, softcap, Dtype.F32);
            Tensor q = Tensors.rand(1, -2, 2, Device.CPU, PROMPTS * EACH, heads, D);
            Tensor promptKeys = Tensors.rand(2, -2, 2, Device.CPU, PROMPTS, kv, LONGEST, D);
            Tensor promptValues = Tensors.rand(3, -2, 2, Device.CPU, PROMPTS, kv, LONGEST, D);
            Tensor keys = Tensors.rand(4, -2, 2, Device.CPU, PROMPTS * EACH, kv, OWN, D);
            Tensor values = Tensors.rand(5, -2, 2, Device.CPU, PROMPTS * EACH, kv, OWN, D);
            float[] mask = new float[PROMPTS * LONGEST];
            for (int p = 0; p < PROMPTS; p++) {
                for (int i = 0; i < LONGEST; i++) {
                    boolean seen = i >= SEEN[p][0] && i < SEEN[p][1];
                    mask[p * LONGEST + i] = seen ? 0 : DecodeAttention.HIDDEN;
                }
            }
            DecodeAttention attention = new DecodeAttention(shape);
            float[] found = attention
                    .promptAndOwn(q, promptKeys, promptValues, Tensors.of(mask, PROMPTS, 1, 1, LONGEST), keys, values)
                    .toFloats();
            float[] alone = attention.own(q, keys, values).toFloats();
            for (int answer = 0; answer < PROMPTS * EACH; answer++) {
                int prompt = answer / EACH;
                for (int h = 0; h < heads; h++) {
                    Sum sum = new Sum(q, answer * heads + h, shape);
                    Sum ownSum = new Sum(q, answer * heads + h, shape);
                    int group = h / (heads / kv);
                    for (int i = SEEN[prompt][0]; i < SEEN[prompt][1]; i++) {
                        sum.add(promptKeys, promptValues, (prompt * kv + group) * LONGEST + i);
                    }
                    for (int i = 0; i < OWN; i++) {
                        sum.add(keys, values, (answer * kv + group) * OWN + i);
                        ownSum.add(keys, values, (answer * kv + group) * OWN + i);
                    }
                    for (int c = 0; c < D; c++) {
                        int at = (answer * heads + h) * D + c;
                        assertThat((double) found[at]).isCloseTo(sum.value(c), within(2e-6));
                        assertThat((double) alone[at]).isCloseTo(ownSum.value(c), within(2e-6));
                    }
                }
            }
        }
    }

    /** A query's softmax, key by key. */
    private static final class Sum {
        private final float[] query;
        private final TreeAttention shape;
        private final double[] weighted = new double[D];
        private double total;

        Sum(Tensor q, int row, TreeAttention shape) {
            this.query = row(q, row);
            this.shape = shape;
        }

        void add(Tensor keys, Tensor values, int row) {
            float[] key = row(keys, row);
            float[] value = row(values, row);
            double score = 0;
            for (int c = 0; c < D; c++) {
                score += (double) query[c] * key[c];
            }
            score *= shape.scale();
            if (shape.softcap() > 0) {
                score = shape.softcap() * Math.tanh(score / shape.softcap());
            }
            total += Math.exp(score);
            for (int c = 0; c < D; c++) {
                weighted[c] += Math.exp(score) * value[c];
            }
        }

        double value(int c) {
            return weighted[c] / total;
        }

        private static float[] row(Tensor tensor, int row) {
            return tensor.view(-1, D).narrow(0, row, 1).toFloats();
        }
    }
}
