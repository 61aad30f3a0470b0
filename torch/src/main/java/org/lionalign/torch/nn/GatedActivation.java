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

    /** The gradient of {@code gateUp}, given that of {@link #forward}. */
    public Tensor backward(Tensor gateUp, Tensor gradient) {
        Tensor result = Tensors.empty(gateUp.dtype(), gateUp.device(), gateUp.shape());
        Pieces.each(gateUp, (from, rows) -> {
            Tensor piece = gateUp.narrow(0, from, rows);
            Tensor slope = gradient.narrow(0, from, rows);
            Tensor into = result.narrow(0, from, rows);
            slope(gate(piece), slope.mul(up(piece)), gate(into));
            activate(gate(piece), up(into));
            up(into).mul_(slope);
        });
        return result;
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
