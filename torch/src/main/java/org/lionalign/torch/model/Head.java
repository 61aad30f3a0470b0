package org.lionalign.torch.model;

import java.util.ArrayList;
import java.util.List;
import org.lionalign.torch.nn.Weight;
import org.lionalign.torch.tensor.Device;
import org.lionalign.torch.tensor.Dtype;
import org.lionalign.torch.tensor.NoGrad;
import org.lionalign.torch.tensor.Pieces;
import org.lionalign.torch.tensor.Product;
import org.lionalign.torch.tensor.Tensor;
import org.lionalign.torch.tensor.TensorScope;
import org.lionalign.torch.tensor.Tensors;

/**
 * The vocabulary head in chunks of positions: log-probabilities of the targets and, going back, the gradient of the hidden states and of
 * the head's weight, by hand. Logits of more than one chunk never exist, except where they fit {@link #KEPT_BYTES}.
 *
 * <p>With logits z = W·h, target y and upstream gradient g = d(loss)/d(log p_y): d(loss)/dz = g·(onehot(y) − softmax(z)).
 */
final class Head {
    /** Logits up to this size are kept between the two passes instead of being computed again. */
    private static final long KEPT_BYTES = 1L << 30;

    /** What passes over fp32 logits take at a time: a piece that stays in the cache, so that a chunk's temporaries do too. */
    private static final long PIECE_BYTES = 1L << 21;

    private final Weight weight;
    private final double softcap;
    private final Dtype compute;
    private int chunk = 1024;

    Head(Weight weight, double softcap, Dtype compute) {
        this.weight = weight;
        this.softcap = softcap;
        this.compute = compute;
    }

    /** Positions at a time. */
    void chunk(int positions) {
        chunk = positions;
    }

    /** Capped logits {@code [n, V]} of normalised hidden states {@code [n, hidden]}, in the computing dtype. */
    Tensor logits(Tensor hidden) {
        return cap(Product.of(hidden.to(compute), weight.values().transpose(0, 1)));
    }

    /** Log-probabilities of the targets: {@code hidden [S, hidden]} (normalised), {@code targets [S]}. */
    float[] logps(Tensor hidden, int[] targets) {
        float[] logps = new float[targets.length];
        try (NoGrad off = new NoGrad()) {
            for (int from = 0; from < targets.length; from += chunk) {
                int to = Math.min(targets.length, from + chunk);
                try (TensorScope scope = new TensorScope()) {
                    put(
                            logps,
                            from,
                            logps(logits(hidden.narrow(0, from, to - from)), targets(targets, from, to, hidden)));
                }
            }
        }
        return logps;
    }

    /** log Σ_v p_v² at each position: the expected log-probability's counterpart in WPO. */
    float[] collisions(Tensor hidden) {
        int n = (int) hidden.size(0);
        float[] values = new float[n];
        try (NoGrad off = new NoGrad()) {
            for (int from = 0; from < n; from += chunk) {
                int to = Math.min(n, from + chunk);
                try (TensorScope scope = new TensorScope()) {
                    Tensor wide = logits(hidden.narrow(0, from, to - from)).to(Dtype.F32);
                    put(
                            values,
                            from,
                            wide.mul(2).logsumexp(1).sub(wide.logsumexp(1).mul(2)));
                }
            }
        }
        return values;
    }

    /** What a backward pass through the head gives: the log-probabilities, and d(loss)/d(hidden) {@code [S, hidden]} fp32. */
    record Backward(float[] logps, Tensor hiddenGradient) {}

    /** Chunks that so many targets take. */
    int chunks(int targets) {
        return (targets + chunk - 1) / chunk;
    }

    /**
     * Forward and backward; the weight's gradient is added to if it is trained. The result belongs to the caller's scope.
     *
     * @param chunks to go in, of about the same size
     */
    Backward forwardBackward(Tensor hidden, int[] targets, int chunks, LogpsObjective objective) {
        float[] logps = new float[targets.length];
        long logitBytes = (long) targets.length * weight.values().size(0) * compute.bytes();
        boolean keep = logitBytes <= KEPT_BYTES;
        try (TensorScope all = new TensorScope();
                NoGrad off = new NoGrad()) {
            List<Tensor> kept = new ArrayList<>();
            for (int part = 0; part < chunks; part++) {
                int from = start(part, chunks, targets);
                int to = start(part + 1, chunks, targets);
                try (TensorScope scope = new TensorScope()) {
                    Tensor logits = logits(hidden.narrow(0, from, to - from));
                    put(logps, from, logps(logits, targets(targets, from, to, hidden)));
                    if (keep) {
                        kept.add(scope.escape(logits));
                    }
                }
            }
            float[] upstream = objective.gradient(logps);
            if (upstream.length != targets.length) {
                throw new IllegalStateException(
                        "objective gave " + upstream.length + " gradients for " + targets.length);
            }
            Tensor hiddenGradient = Tensors.empty(Dtype.F32, hidden.device(), hidden.shape());
            for (int part = 0; part < chunks; part++) {
                int from = start(part, chunks, targets);
                int to = start(part + 1, chunks, targets);
                try (TensorScope scope = new TensorScope()) {
                    Tensor some = hidden.narrow(0, from, to - from);
                    Tensor logits = keep ? kept.get(part) : logits(some);
                    Tensor g = Tensors.of(java.util.Arrays.copyOfRange(upstream, from, to), to - from, 1)
                            .to(hidden.device());
                    becomeGradient(logits, targets(targets, from, to, hidden), g);
                    hiddenGradient.narrow(0, from, to - from).copy_(Product.of(logits, weight.values()));
                    if (weight.trainable()) {
                        weight.addProduct(logits.transpose(0, 1), some.to(compute));
                    }
                }
            }
            return new Backward(logps, all.escape(hiddenGradient));
        }
    }

    private static int start(int part, int chunks, int[] targets) {
        return (int) ((long) targets.length * part / chunks);
    }

    /** Puts {@code g·(onehot − softmax)}, in the computing dtype and through the cap where there is one, in the place of the logits. */
    private void becomeGradient(Tensor logits, Tensor targets, Tensor g) {
        Pieces.each(logits, PIECE_BYTES, (from, rows) -> {
            Tensor piece = logits.narrow(0, from, rows);
            Tensor slope = g.narrow(0, from, rows);
            Tensor target = targets.narrow(0, from, rows);
            Tensor gradient = piece.softmax(-1).mul_(slope.neg().to(compute));
            gradient.scatter_(1, target, gradient.gather(1, target).add_(slope.to(compute)));
            if (softcap > 0) {
                Tensor ratio = piece.mul(1 / softcap);
                gradient.mul_(ratio.square().neg().add(1)); // d cap·tanh(z/cap)/dz = 1 − tanh²
            }
            piece.copy_(gradient);
        });
    }

    private static Tensor logps(Tensor logits, Tensor targets) {
        Tensor logps = Tensors.empty(Dtype.F32, logits.device(), logits.size(0));
        Pieces.each(logits, PIECE_BYTES, (from, rows) -> {
            Tensor wide = logits.narrow(0, from, rows).to(Dtype.F32);
            Tensor onTarget = wide.gather(1, targets.narrow(0, from, rows)).squeeze(1);
            logps.narrow(0, from, rows).copy_(onTarget.sub(wide.logsumexp(1)));
        });
        return logps;
    }

    private static Tensor targets(int[] targets, int from, int to, Tensor like) {
        return Tensors.of(java.util.Arrays.copyOfRange(targets, from, to), to - from, 1)
                .to(like.device());
    }

    private static void put(float[] all, int from, Tensor part) {
        float[] values = part.to(Device.CPU).toFloats();
        System.arraycopy(values, 0, all, from, values.length);
    }

    private Tensor cap(Tensor logits) {
        return softcap > 0 ? logits.mul(1 / softcap).tanh().mul(softcap) : logits;
    }
}
