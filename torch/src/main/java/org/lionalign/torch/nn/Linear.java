package org.lionalign.torch.nn;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lionalign.torch.tensor.Tensor;

/**
 * A linear layer {@code x · Wᵀ + b}, with low-rank adapters on some of the tensors it is made of
 * (LoRA; Hu et al. 2021, eq. 3: {@code h = W₀x + (α/r)·B·A·x}).
 */
public final class Linear {
    private final Weight weight;
    private final @Nullable Weight bias;
    private final List<LoraPart> adapters = new ArrayList<>();

    public Linear(Weight weight, @Nullable Weight bias) {
        this.weight = weight;
        this.bias = bias;
    }

    public Weight weight() {
        return weight;
    }

    public @Nullable Weight bias() {
        return bias;
    }

    /** Adapters in row order; empty without LoRA. */
    public List<LoraPart> adapters() {
        return adapters;
    }

    /** {@code [T, in] → [T, out]} in the computing dtype. */
    public Tensor forward(Tensor x) {
        Tensor out = x.linear(weight.use(), bias == null ? null : bias.use());
        if (adapters.isEmpty()) {
            return out;
        }
        // Each adapter covers the rows of one tensor of the file; the pieces are added where they belong.
        List<Tensor> pieces = new ArrayList<>();
        long[] sizes = new long[weight.parts().size()];
        for (int i = 0; i < sizes.length; i++) {
            sizes[i] = weight.parts().get(i).rows();
        }
        Tensor[] split = sizes.length == 1 ? new Tensor[] {out} : out.split(1, sizes);
        for (int i = 0; i < sizes.length; i++) {
            Tensor piece = split[i];
            for (LoraPart adapter : adapters) {
                if (adapter.part() == i) {
                    piece = piece.add(adapter.forward(x));
                }
            }
            pieces.add(piece);
        }
        return Tensor.cat(pieces, 1);
    }
}
