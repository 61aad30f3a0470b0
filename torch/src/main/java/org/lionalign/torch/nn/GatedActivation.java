package org.lionalign.torch.nn;

import org.lionalign.torch.tensor.Ops;
import org.lionalign.torch.tensor.Pieces;
import org.lionalign.torch.tensor.Tensor;
import org.lionalign.torch.tensor.Tensors;

/**
 * What stands between a feed-forward's products: {@code f(gate) · up} (GLU variants; Shazeer 2020).
 *
 * @param name {@code silu}, {@code gelu} or {@code gelu_pytorch_tanh}
 * @param width of gate and of up
 */
public record GatedActivation(String name, long width) {
    /** {@code [T, 2·width]}, gate beside up, to {@code [T, width]}. */
    public Tensor forward(Tensor gateUp) {
        Tensor result = Tensors.empty(gateUp.dtype(), gateUp.device(), gateUp.size(0), width);
        Pieces.each(gateUp, (from, rows) -> {
            Tensor piece = gateUp.narrow(0, from, rows);
            Tensor into = result.narrow(0, from, rows);
            activate(gate(piece), into);
            into.mul_(up(piece));
        });
        return result;
    }

    /**
     * The way back, in two halves between which the product behind goes back: what is found out for the result serves the gradient too.
     *
     * @param gateUp {@code [T, 2·width]}
     * @param result {@code [T, width]}, once more
     * @param slopes {@code [T, 2·width]}: in the second half {@code f(gate)}, which is up's slope
     */
    public record Back(GatedActivation activation, Tensor gateUp, Tensor result, Tensor slopes) {
        /** The gradient of {@code gateUp}, given the result's; to be asked for once. */
        public Tensor through(Tensor gradient) {
            Pieces.each(gateUp, (from, rows) -> {
                Tensor piece = gateUp.narrow(0, from, rows);
                Tensor slope = gradient.narrow(0, from, rows);
                Tensor into = slopes.narrow(0, from, rows);
                activation.slope(activation.gate(piece), slope.mul(activation.up(piece)), activation.gate(into));
                activation.up(into).mul_(slope);
            });
            return slopes;
        }
    }

    /** Begins the way back. */
    public Back back(Tensor gateUp) {
        Tensor result = Tensors.empty(gateUp.dtype(), gateUp.device(), gateUp.size(0), width);
        Tensor slopes = Tensors.empty(gateUp.dtype(), gateUp.device(), gateUp.shape());
        Pieces.each(gateUp, (from, rows) -> {
            Tensor piece = gateUp.narrow(0, from, rows);
            Tensor active = up(slopes.narrow(0, from, rows));
            activate(gate(piece), active);
            Ops.mul(active, up(piece), result.narrow(0, from, rows));
        });
        return new Back(this, gateUp, result, slopes);
    }

    private Tensor gate(Tensor both) {
        return both.narrow(1, 0, width);
    }

    private Tensor up(Tensor both) {
        return both.narrow(1, width, width);
    }

    private void activate(Tensor gate, Tensor into) {
        switch (name) {
            case "silu" -> Ops.silu(gate, into);
            case "gelu" -> Ops.gelu(gate, "none", into);
            default -> Ops.gelu(gate, "tanh", into);
        }
    }

    private void slope(Tensor gate, Tensor gradient, Tensor into) {
        switch (name) {
            case "silu" -> Ops.siluBackward(gate, gradient, into);
            case "gelu" -> Ops.geluBackward(gate, gradient, "none", into);
            default -> Ops.geluBackward(gate, gradient, "tanh", into);
        }
    }
}
