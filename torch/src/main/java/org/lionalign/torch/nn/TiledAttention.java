package org.lionalign.torch.nn;

import java.util.ArrayList;
import java.util.List;
import org.lionalign.torch.tensor.Device;
import org.lionalign.torch.tensor.Dtype;
import org.lionalign.torch.tensor.Ops;
import org.lionalign.torch.tensor.Parallel;
import org.lionalign.torch.tensor.Pieces;
import org.lionalign.torch.tensor.Product;
import org.lionalign.torch.tensor.Tensor;
import org.lionalign.torch.tensor.Tensors;

/**
 * Attention for a CPU, forwards and backwards by hand, from plain products over {@link Tile}s. In bf16, queries, keys, values and
 * probabilities are rounded for their products, as flash attention does on a GPU (Dao 2023); scores and softmax are fp32. Going back, the
 * probabilities are computed again.
 *
 * <p>libtorch's own CPU kernel multiplies in fp32, in pieces so small that they reach an eighth of what the machine can do in bf16.
 */
final class TiledAttention {
    private final TreeAttention shape;
    private final int kv;
    private final int group;
    private final int d;

    TiledAttention(TreeAttention shape) {
        this.shape = shape;
        kv = shape.keyValueHeads();
        group = shape.heads() / kv;
        d = shape.headDim();
    }

    /**
     * Head by head, in the computing dtype, and longer by the tiles' filling, which is zero.
     *
     * @param q {@code [kv, T'·group, d]}, the queries of a token that share their keys beside each other, times their scale
     * @param k {@code [kv, T', d]}
     * @param v likewise
     */
    record Input(Tensor q, Tensor k, Tensor v, List<Tile> tiles) {}

    Input input(Tensor q, Tensor k, Tensor v, List<Tile> tiles) {
        return new Input(byHead(q, group, factor()), byHead(k, 1, 1), byHead(v, 1, 1), tiles);
    }

    /** What a score is of query · key, up to the cap's factor. */
    private double factor() {
        return shape.softcap() > 0 ? shape.scale() / shape.softcap() : shape.scale();
    }

    /** {@code [T, kv·each, d]}, times a factor, as {@code [kv, T'·each, d]} bf16. */
    private Tensor byHead(Tensor all, int each, double factor) {
        long length = all.size(0);
        Tensor rows = all.reshape(length, kv, (long) each * d);
        Tensor filled = Tensors.empty(shape.compute(), Device.CPU, kv, length + 2 * Tile.GRAIN, (long) each * d);
        Pieces.each(rows, (from, n) -> {
            Tensor piece = rows.narrow(0, from, n).transpose(0, 1);
            filled.narrow(1, from, n).copy_(factor == 1 ? piece : piece.mul(factor));
        });
        filled.narrow(1, length, 2 * Tile.GRAIN).zero_();
        return filled.view(kv, -1, d);
    }

    /** {@code [T, heads · headDim]} in the computing dtype. */
    Tensor forward(Input in) {
        Tensor out = Tensors.empty(shape.compute(), Device.CPU, length(in), kv, (long) group * d);
        Parallel.each(Device.CPU, areas(in), i -> {
            Tile tile = in.tiles().get(i);
            Tensor weights = weights(tile, scores(tile, in)).to(shape.compute());
            Tensor result = Product.of(weights, keys(tile, in.v())).view(kv, tile.rows(), (long) group * d);
            out.narrow(0, tile.start(), tile.queries())
                    .copy_(result.narrow(1, 0, tile.queries()).transpose(0, 1));
        });
        return out.view(out.size(0), -1);
    }

    /**
     * @param gradient {@code [T, heads · headDim]} in the computing dtype
     * @return those of the queries {@code [T, heads, headDim]} before their scale, of keys and of values, fp32
     */
    Tensor[] backward(Input in, Tensor gradient) {
        Tensor slopes = byHead(gradient, group, 1);
        Tensor ofQueries = Tensors.empty(Dtype.F32, Device.CPU, length(in), kv, (long) group * d);
        Tensor ofKeys = Tensors.zeros(Dtype.F32, Device.CPU, in.k().shape());
        Tensor ofValues = Tensors.zeros(Dtype.F32, Device.CPU, in.v().shape());
        List<Tensor> found = Parallel.map(Device.CPU, areas(in), 1, i -> {
            Tile tile = in.tiles().get(i);
            Tensor scores = scores(tile, in);
            Tensor weights = weights(tile, scores).to(shape.compute());
            long real = (long) group * tile.queries();
            weights.narrow(1, real, (long) group * tile.rows() - real).zero_(); // filling asks for nothing
            Tensor slope = queries(tile, slopes);
            Tensor toValues = Product.of(weights.transpose(1, 2), slope);
            Tensor toWeights = Product.of(slope, keys(tile, in.v()).transpose(1, 2));
            Tensor toScores = Ops.softmaxBackward(toWeights, weights);
            if (shape.softcap() > 0) { // d cap·tanh(x)/dx = cap·(1 − tanh²)
                toScores = scores.square()
                        .neg()
                        .add(1)
                        .mul_(shape.softcap())
                        .mul_(toScores)
                        .to(shape.compute());
            }
            Tensor toQueries = Product.wide(toScores, keys(tile, in.k())).mul_(factor());
            ofQueries
                    .narrow(0, tile.start(), tile.queries())
                    .copy_(toQueries
                            .view(kv, tile.rows(), (long) group * d)
                            .narrow(1, 0, tile.queries())
                            .transpose(0, 1));
            Tensor toKeys = Product.of(toScores.transpose(1, 2), queries(tile, in.q()));
            return Tensor.cat(List.of(toKeys, toValues), 2);
        });
        // Tiles share keys: these are added up one tile after another.
        for (int i = 0; i < found.size(); i++) {
            long at = 0;
            for (int[] run : in.tiles().get(i).runs()) {
                long n = run[1] - run[0];
                Tensor[] part = found.get(i).narrow(1, at, n).split(2, d, d);
                ofKeys.narrow(1, run[0], n).add_(part[0]);
                ofValues.narrow(1, run[0], n).add_(part[1]);
                at += n;
            }
        }
        return new Tensor[] {
            ofQueries.view(ofQueries.size(0), shape.heads(), d),
            ofKeys.narrow(1, 0, length(in)).transpose(0, 1),
            ofValues.narrow(1, 0, length(in)).transpose(0, 1)
        };
    }

    private static long length(Input in) {
        Tile last = in.tiles().get(in.tiles().size() - 1);
        return last.start() + last.queries();
    }

    private static long[] areas(Input in) {
        return in.tiles().stream().mapToLong(Tile::area).toArray();
    }

    /** A tile's part of {@code [kv, T'·group, d]}. */
    private Tensor queries(Tile tile, Tensor all) {
        return all.narrow(1, (long) group * tile.start(), (long) group * tile.rows());
    }

    /** A tile's part of {@code [kv, T', d]}. */
    private static Tensor keys(Tile tile, Tensor all) {
        List<Tensor> runs = new ArrayList<>();
        for (int[] run : tile.runs()) {
            runs.add(all.narrow(1, run[0], run[1] - run[0]));
        }
        return runs.size() == 1 ? runs.get(0) : Tensor.cat(runs, 1);
    }

    /** {@code [kv, rows·group, keys]} fp32: with a cap, the tanh that it is a multiple of. */
    private Tensor scores(Tile tile, Input in) {
        Tensor products = Product.wide(queries(tile, in.q()), keys(tile, in.k()).transpose(1, 2));
        return shape.softcap() > 0 ? products.tanh() : products;
    }

    /** The probabilities, fp32; without a cap, the scores are written over. */
    private Tensor weights(Tile tile, Tensor scores) {
        Tensor all = shape.softcap() > 0 ? scores.mul(shape.softcap()) : scores;
        all.view(kv, tile.rows(), group, tile.keys())
                .narrow(3, tile.masked(), tile.keys() - tile.masked())
                .add_(tile.mask());
        return all.softmax(-1);
    }
}
