package org.lionalign.torch.nn;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.lionalign.core.pack.PackedBatch;
import org.lionalign.core.pack.PromptTree;
import org.lionalign.core.testing.Seeds;
import org.lionalign.torch.tensor.Device;
import org.lionalign.torch.tensor.Dtype;
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

    @ParameterizedTest
    @CsvSource({"F32, 2e-5", "BF16, 0.02"}) // bf16 rounds to 8 bits: inputs, probabilities and result
    void theFastKernelIsTheTextbook(Dtype compute, double tolerance) {
        Seeds.forAll(60, random -> {
            PackedBatch batch = PackedBatch.of(forest(random));
            int window = random.nextBoolean() ? 0 : 1 + random.nextInt(8);
            double softcap = random.nextInt(3) == 0 ? 3 : 0;
            TreeAttention shape = new TreeAttention(4, random.nextBoolean() ? 2 : 1, 8, 0.4, softcap, compute);
            try (TensorScope scope = new TensorScope()) {
                same(random(random, batch, shape), batch, shape, window, tolerance);
            }
        });
    }

    /** Trees of several tiles: documents longer than one, small ones together, branches whose keys lie apart. */
    @ParameterizedTest
    @CsvSource({"0, F32, 2e-5", "50, F32, 2e-5", "170, F32, 2e-5", "0, BF16, 0.02", "50, BF16, 0.02", "170, BF16, 0.02"
    })
    void tilesOfLongTreesAreTheTextbook(int window, Dtype compute, double tolerance) {
        TreeAttention shape = new TreeAttention(4, 2, 16, 0.25, 0, compute);
        PackedBatch batch = longTrees();
        try (TensorScope scope = new TensorScope()) {
            Tensor[] qkv = random(new SplittableRandom(1), batch, shape);
            same(qkv, batch, shape, window, tolerance);
            List<Tile> tiles = Tile.all(batch.plan(), window);
            assertThat(tiles.stream().mapToInt(Tile::queries).sum()).isEqualTo(batch.length());
            assertThat(tiles.get(tiles.size() - 1).queries())
                    .as("three small trees in one tile")
                    .isEqualTo(9 + 16 + 30);
            if (window == 0) {
                assertThat(tiles)
                        .as("the second branch does not touch the first one's keys")
                        .anyMatch(tile -> tile.runs().length == 2);
            }
        }
    }

    /** The way back by hand against autograd's through libtorch's kernel, in fp32. */
    @ParameterizedTest
    @CsvSource({
        "F32, 0, 0, 1e-5",
        "F32, 50, 0, 1e-5",
        "F32, 0, 3, 1e-5",
        "F32, 50, 3, 1e-5",
        "BF16, 0, 0, 0.01",
        "BF16, 50, 0, 0.01",
        "BF16, 0, 3, 0.01",
        "BF16, 50, 3, 0.01"
    })
    void tilesGoBackAsAutogradDoes(Dtype dtype, int window, double softcap, double tolerance) {
        PackedBatch batch = longTrees();
        Tensor[][] gradients = new Tensor[2][];
        try (TensorScope scope = new TensorScope()) {
            for (int way = 0; way < 2; way++) {
                Dtype compute = way == 0 ? Dtype.F32 : dtype;
                TreeAttention shape = new TreeAttention(4, 2, 16, 0.25, softcap, compute);
                Tensor[] qkv = random(new SplittableRandom(1), batch, shape);
                for (int i = 0; i < 3; i++) {
                    qkv[i] = qkv[i].to(Dtype.BF16).to(Dtype.F32);
                }
                PreparedPlan plan = shape.prepare(batch.plan(), Device.CPU, List.of(window));
                AttentionPass pass = way == 0
                        ? shape.passByKernel(qkv[0], qkv[1], qkv[2], plan, window, scope)
                        : shape.pass(qkv[0], qkv[1], qkv[2], plan, window, scope);
                Tensor upstream =
                        Tensors.randn(5, 1, Device.CPU, batch.length(), 64).to(Dtype.BF16);
                gradients[way] = pass.backward(upstream.to(compute));
            }
            for (int i = 0; i < 3; i++) {
                Tensor exact = gradients[0][i];
                assertThat(gradients[1][i].shape()).isEqualTo(exact.shape());
                double error = gradients[1][i].sub(exact).norm() / exact.norm();
                assertThat(error).as("queries, keys, values: " + i).isLessThan(tolerance);
            }
        }
    }

    private static PackedBatch longTrees() {
        List<PromptTree> trees = new ArrayList<>();
        trees.add(tree(300));
        trees.add(new PromptTree("pair", List.of(node(-1, 40), node(0, 190), node(0, 150), node(2, 33))));
        trees.add(tree(129));
        for (int length : new int[] {9, 16, 30}) {
            trees.add(tree(length));
        }
        return PackedBatch.of(trees);
    }

    private static PromptTree tree(int length) {
        return new PromptTree("t" + length, List.of(node(-1, length)));
    }

    private static PromptTree.Node node(int parent, int length) {
        return new PromptTree.Node(parent, new int[length], new boolean[length]);
    }

    private static Tensor[] random(SplittableRandom random, PackedBatch batch, TreeAttention shape) {
        long d = shape.headDim();
        return new Tensor[] {
            Tensors.randn(random.nextLong(), 1, Device.CPU, batch.length(), shape.heads(), d),
            Tensors.randn(random.nextLong(), 1, Device.CPU, batch.length(), shape.keyValueHeads(), d),
            Tensors.randn(random.nextLong(), 1, Device.CPU, batch.length(), shape.keyValueHeads(), d)
        };
    }

    private static void same(Tensor[] qkv, PackedBatch batch, TreeAttention shape, int window, double tolerance) {
        PreparedPlan plan = shape.prepare(batch.plan(), Device.CPU, List.of(window));
        Tensor out = shape.forward(qkv[0], qkv[1], qkv[2], plan, window);
        assertThat(out.dtype()).isEqualTo(shape.compute());
        double[] slow = reference(qkv[0].toFloats(), qkv[1].toFloats(), qkv[2].toFloats(), batch, shape, window);
        for (Tensor way : List.of(out, shape.byKernel(qkv[0], qkv[1], qkv[2], plan, window))) {
            float[] fast = way.toFloats();
            for (int i = 0; i < slow.length; i++) {
                assertThat(Math.abs(fast[i] - slow[i]))
                        .as("element " + i)
                        .isLessThan(tolerance * Math.max(1, Math.abs(slow[i])));
            }
        }
    }
}
