package org.lionalign.torch.optim;

import java.util.List;
import org.lionalign.torch.nn.Weight;
import org.lionalign.torch.tensor.NoGrad;
import org.lionalign.torch.tensor.Ops;
import org.lionalign.torch.tensor.TensorScope;

/** The accumulated gradients of all trained weights together. */
public final class Gradients {
    private Gradients() {}

    /**
     * What clipping found.
     *
     * @param firstNonFinite name of the weight nearest the loss whose gradient is not finite: below it all others are spoilt too; else empty
     */
    public record Norm(double total, String firstNonFinite) {
        public boolean isFinite() {
            return firstNonFinite.isEmpty();
        }
    }

    /**
     * Scales all gradients by {@code maxNorm / (norm + 1e-6)} where the norm is larger, as {@code torch.nn.utils.clip_grad_norm_}.
     *
     * @param maxNorm 0 for no clipping
     * @param weights in the order of the way forward
     * @return the norm before clipping; with a non-finite gradient nothing is changed and its weight is named
     */
    public static Norm clip(List<Weight> weights, double maxNorm) {
        double[] norms;
        try (TensorScope scope = new TensorScope();
                NoGrad off = new NoGrad()) {
            norms = Ops.norms(weights.stream()
                    .map(weight -> weight.trainedRows(weight.gradient()))
                    .toList());
        }
        double square = 0;
        for (int i = norms.length - 1; i >= 0; i--) { // weights are in the order of the way forward
            if (!Double.isFinite(norms[i])) {
                return new Norm(norms[i], weights.get(i).name());
            }
            square += norms[i] * norms[i];
        }
        double total = Math.sqrt(square);
        double scale = maxNorm / (total + 1e-6);
        if (maxNorm > 0 && scale < 1) {
            try (TensorScope scope = new TensorScope();
                    NoGrad off = new NoGrad()) {
                weights.forEach(weight -> weight.gradient().mul_(scale));
            }
        }
        return new Norm(total, "");
    }
}
