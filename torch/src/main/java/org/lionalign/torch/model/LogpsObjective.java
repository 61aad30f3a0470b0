package org.lionalign.torch.model;

/** A loss as the model sees it: log-probabilities in, their gradient out. */
@FunctionalInterface
public interface LogpsObjective {
    /**
     * @param logps {@code [S]}, natural logarithms in target order
     * @return {@code [S]}, d(loss)/d(logp) of each
     */
    float[] gradient(float[] logps);
}
