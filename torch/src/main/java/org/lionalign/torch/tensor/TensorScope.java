package org.lionalign.torch.tensor;

import org.bytedeco.javacpp.PointerScope;
import org.jspecify.annotations.Nullable;

/**
 * Frees every tensor made on this thread since it was opened, when it is closed. Scopes nest.
 *
 * <pre>{@code
 * try (TensorScope scope = new TensorScope()) {
 *     Tensor sum = a.add(b).mul(c);
 *     return scope.escape(sum); // now belongs to the scope around this one, or to the caller if there is none
 * }
 * }</pre>
 */
public final class TensorScope implements AutoCloseable {
    private final @Nullable PointerScope outer;
    private final PointerScope scope;

    public TensorScope() {
        Engine.start();
        outer = PointerScope.getInnerScope();
        scope = new PointerScope();
    }

    /** Hands a tensor to the scope around this one; without one, the caller closes it. */
    public Tensor escape(Tensor tensor) {
        // detach() of a scope frees what it detaches (ENGINE.md fact 8): a new reference is registered instead.
        if (outer == null) {
            tensor.raw().retainReference();
        } else {
            outer.attach(tensor.raw());
        }
        return tensor;
    }

    /** Hands a tensor to the caller for good, whatever scopes are open; the caller closes it. */
    public Tensor release(Tensor tensor) {
        tensor.raw().retainReference();
        return tensor;
    }

    /** Lets the innermost scope of this thread free a tensor that another thread {@link #release}d. */
    static void adopt(Tensor tensor) {
        PointerScope inner = PointerScope.getInnerScope();
        if (inner != null) {
            inner.attach(tensor.raw());
            tensor.raw().releaseReference(); // that of release()
        }
    }

    @Override
    public void close() {
        scope.close();
    }
}
