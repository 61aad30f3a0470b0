package org.lionalign.torch.nn;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.lionalign.core.pack.PackedBatch;
import org.lionalign.core.pack.PromptTree;
import org.lionalign.core.testing.Seeds;
import org.lionalign.torch.tensor.Device;
import org.lionalign.torch.tensor.Tensor;
import org.lionalign.torch.tensor.TensorScope;
import org.lionalign.torch.tensor.Tensors;

/** The fast kernel against the textbook in fp64 with an explicit mask, on random forests. */
class TreeAttentionTest {
    static List<PromptTree> forest(SplittableRandom random) {
        List<PromptTree> trees = new ArrayList<>();
        for (int t = 1 + random.nextInt(4); t > 0; t--) {
            List<PromptTree.Node> nodes = new ArrayList<>();
            for (int n = 1 + random.nextInt(5); n > 0; n--) {
                int length = nodes.isEmpty() ? 1 + random.nextInt(9) : random.nextInt(7);
                nodes.add(new PromptTree.Node(
                        nodes.isEmpty() ? -1 : random.nextInt(nodes.size()),
                        random.ints(length, 3, 79).toArray(),
                        new boolean[length]));
            }
            trees.add(new PromptTree("t", nodes));
        }
        return trees;
    }

    /** fp64, loops, the plan's boolean mask; the window counts positions along the path. */
    private static double[] reference(
            float[] q, float[] k, float[] v, PackedBatch batch, TreeAttention shape, int window) {
        int time = batch.length();
        int heads = shape.heads();
        int kv = shape.keyValueHeads();
        int d = shape.headDim();
        boolean[][] mask = batch.plan().mask();
        double[] out = new double[time * heads * d];
        for (int i = 0; i < time; i++) {
            for (int h = 0; h < heads; h++) {
                int g = h / (heads / kv);
                double[] weights = new double[time];
                double most = Double.NEGATIVE_INFINITY;
                for (int j = 0; j < time; j++) {
                    boolean seen = mask[i][j] && (window == 0 || batch.positions()[i] - batch.positions()[j] < window);
                    double dot = 0;
                    for (int c = 0; c < d; c++) {
                        dot += (double) q[(i * heads + h) * d + c] * k[(j * kv + g) * d + c];
                    }
                    double score = dot * shape.scale();
                    if (shape.softcap() > 0) {
                        score = shape.softcap() * Math.tanh(score / shape.softcap());
                    }
                    weights[j] = seen ? score : Double.NEGATIVE_INFINITY;
                    most = Math.max(most, weights[j]);
                }
                double sum = 0;
                for (int j = 0; j < time; j++) {
                    weights[j] = Math.exp(weights[j] - most);
                    sum += weights[j];
                }
                for (int j = 0; j < time; j++) {
                    for (int c = 0; c < d; c++) {
                        out[(i * heads + h) * d + c] += weights[j] / sum * v[(j * kv + g) * d + c];
                    }
                }
            }
        }
        return out;
    }

    @Test
    void theFastKernelIsTheTextbook() {
        Seeds.forAll(60, random -> {
            PackedBatch batch = PackedBatch.of(forest(random));
            int window = random.nextBoolean() ? 0 : 1 + random.nextInt(8);
            double softcap = random.nextInt(3) == 0 ? 3 : 0;
            TreeAttention shape = new TreeAttention(4, random.nextBoolean() ? 2 : 1, 8, 0.4, softcap);
            try (TensorScope scope = new TensorScope()) {
                Tensor q = Tensors.randn(random.nextLong(), 1, Device.CPU, batch.length(), 4, 8);
                Tensor k = Tensors.randn(random.nextLong(), 1, Device.CPU, batch.length(), shape.keyValueHeads(), 8);
                Tensor v = Tensors.randn(random.nextLong(), 1, Device.CPU, batch.length(), shape.keyValueHeads(), 8);
                float[] fast = shape.forward(q, k, v, batch.plan(), window).toFloats();
                double[] slow = reference(q.toFloats(), k.toFloats(), v.toFloats(), batch, shape, window);
                for (int i = 0; i < slow.length; i++) {
                    assertThat(Math.abs(fast[i] - slow[i])).isLessThan(2e-5);
                }
            }
        });
    }
}
