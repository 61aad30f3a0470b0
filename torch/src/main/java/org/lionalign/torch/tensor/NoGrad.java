package org.lionalign.torch.tensor;

import org.bytedeco.pytorch.AutoGradMode;

/** Switches autograd off (or on) on this thread until closed; always in try-with-resources. */
public final class NoGrad implements AutoCloseable {
    private final AutoGradMode mode;

    public NoGrad() {
        this(false);
    }

    private NoGrad(boolean enabled) {
        Engine.start();
        mode = new AutoGradMode(enabled);
    }

    /** Switches autograd on inside a region where it is off. */
    public static NoGrad enable() {
        return new NoGrad(true);
    }

    @Override
    public void close() {
        mode.close();
    }
}
