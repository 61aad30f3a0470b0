package org.lionalign.torch.nn;

import org.lionalign.torch.tensor.Device;
import org.lionalign.torch.tensor.Product;
import org.lionalign.torch.tensor.Tensor;
import org.lionalign.torch.tensor.Tensors;

/**
 * A low-rank adapter on one tensor of a {@link Linear}.
 *
 * <p>Dropout draws from a stream of its own that {@link #dropoutSeed} sets before each micro-batch, so that a resumed run and a
 * recomputed layer drop the same inputs.
 */
public final class LoraPart {
    private final int part;
    private final Weight a;
    private final Weight b;
    private final double scale;
    private final double dropout;
    private long seed;
    private boolean dropping;

    /**
     * @param part which of the linear's tensors it adapts
     * @param a {@code [rank, in]}
     * @param b {@code [out, rank]}
     * @param scale α/r
     * @param dropout probability of dropping an input in training
     */
    public LoraPart(int part, Weight a, Weight b, double scale, double dropout) {
        this.part = part;
        this.a = a;
        this.b = b;
        this.scale = scale;
        this.dropout = dropout;
    }

    public int part() {
        return part;
    }

    public Weight a() {
        return a;
    }

    public Weight b() {
        return b;
    }

    public double scale() {
        return scale;
    }

    /** Switches dropout on with this seed until {@link #dropoutOff}. */
    public void dropoutSeed(long value) {
        seed = value;
        dropping = dropout > 0;
    }

    /** Whether inputs are being dropped. */
    public boolean dropping() {
        return dropping;
    }

    public void dropoutOff() {
        dropping = false;
    }

    /** {@code scale · B · A · dropout(x)}: {@code [T, out]}. */
    Tensor forward(Tensor x) {
        return Product.of(low(dropped(x)), b.values().transpose(0, 1)).mul_(scale);
    }

    private Tensor low(Tensor in) {
        return Product.of(in, a.values().transpose(0, 1));
    }

    /** Adds to both gradients; takes {@code x} and the gradient of the result, gives that of {@code x}. */
    Tensor backward(Tensor x, Tensor gradient) {
        Tensor in = dropped(x);
        Tensor scaled = gradient.mul(scale);
        Tensor low = Product.of(scaled, b.values());
        if (b.trainable()) {
            b.addProduct(scaled.transpose(0, 1), low(in));
        }
        if (a.trainable()) {
            a.addProduct(low.transpose(0, 1), in);
        }
        return dropped(Product.of(low, a.values()));
    }

    /** {@code x} with some numbers dropped and the others grown: linear, so that a gradient goes back the same way. */
    private Tensor dropped(Tensor x) {
        if (!dropping) {
            return x;
        }
        Tensor keep = Tensors.rand(seed, 0, 1, Device.CPU, x.shape())
                .lt(1 - dropout)
                .to(x.dtype())
                .to(x.device());
        return x.mul(keep).mul(1 / (1 - dropout));
    }
}
