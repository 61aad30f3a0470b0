package org.lionalign.torch.nn;

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
        return Pieces.map(
                gateUp, gateUp.dtype(), new long[] {gateUp.size(0), width}, (piece, from) -> activated(gate(piece))
                        .mul_(up(piece)));
    }

    /** The gradient of {@code gateUp}, given that of {@link #forward}. */
    public Tensor backward(Tensor gateUp, Tensor gradient) {
        Tensor result = Tensors.empty(gateUp.dtype(), gateUp.device(), gateUp.shape());
        Pieces.each(gateUp, (from, rows) -> {
            Tensor piece = gateUp.narrow(0, from, rows);
            Tensor slope = gradient.narrow(0, from, rows);
            Tensor into = result.narrow(0, from, rows);
            Tensor gate = gate(piece);
            gate(into).copy_(slope(gate, slope.mul(up(piece))));
            up(into).copy_(activated(gate).mul_(slope));
        });
        return result;
    }

    private Tensor gate(Tensor both) {
        return both.narrow(1, 0, width);
    }

    private Tensor up(Tensor both) {
        return both.narrow(1, width, width);
    }

    private Tensor activated(Tensor gate) {
        return switch (name) {
            case "silu" -> gate.silu();
            case "gelu" -> gate.gelu("none");
            default -> gate.gelu("tanh");
        };
    }

    private Tensor slope(Tensor gate, Tensor gradient) {
        return switch (name) {
            case "silu" -> gate.siluBackward(gradient);
            case "gelu" -> gate.geluBackward(gradient, "none");
            default -> gate.geluBackward(gradient, "tanh");
        };
    }
}
