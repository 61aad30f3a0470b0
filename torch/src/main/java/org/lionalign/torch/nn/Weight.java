package org.lionalign.torch.nn;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lionalign.core.error.BadInput;
import org.lionalign.torch.tensor.Dtype;
import org.lionalign.torch.tensor.NoGrad;
import org.lionalign.torch.tensor.Pieces;
import org.lionalign.torch.tensor.Tensor;
import org.lionalign.torch.tensor.TensorScope;
import org.lionalign.torch.tensor.Tensors;

/**
 * One tensor of weights as the engine holds it: the master (fp32 when trained), the copy that computes (bf16 or the master itself), and
 * the fp32 gradient that micro-batches add to. Tensors that are multiplied together (q, k, v; gate, up) lie in one weight, row after
 * row; {@link #parts} says which rows carry which name of the file.
 *
 * <p>Owns its tensors; they are made outside any scope and freed by {@link #close}.
 */
public final class Weight implements AutoCloseable {
    /** Rows {@code [start, start + rows)} carry the file's tensor {@code name}. */
    public record Part(String name, long start, long rows) {}

    private final List<Part> parts;
    private final Tensor master;
    private final boolean decay;
    private final Dtype computeDtype;
    private Tensor compute;
    private @Nullable Tensor gradient;
    private boolean trainable;
    private long rowsFrom;
    private long rowsTo = Long.MAX_VALUE;

    /**
     * @param parts the file's tensors, in row order
     * @param master all rows; this weight owns it
     * @param computeDtype dtype of the copy that computes; the same as the master's for none
     * @param decay whether weight decay applies (matrices yes; norms and biases no)
     */
    public Weight(List<Part> parts, Tensor master, Dtype computeDtype, boolean decay) {
        this.parts = List.copyOf(parts);
        this.master = master;
        this.computeDtype = computeDtype;
        this.decay = decay;
        this.compute = master.dtype() == computeDtype ? master : owned(master, computeDtype);
    }

    /** A copy in another dtype that belongs to no scope. */
    private static Tensor owned(Tensor master, Dtype dtype) {
        try (TensorScope scope = new TensorScope();
                NoGrad off = new NoGrad()) {
            return scope.release(master.to(dtype));
        }
    }

    public List<Part> parts() {
        return parts;
    }

    /** The first part's name: what errors and optimizer state call this weight. */
    public String name() {
        return parts.get(0).name();
    }

    public Tensor master() {
        return master;
    }

    public boolean decay() {
        return decay;
    }

    public boolean trainable() {
        return trainable;
    }

    /** The tensor that computes. */
    public Tensor values() {
        return compute;
    }

    /** Switches training on: allocates the fp32 gradient. */
    public void train() {
        if (!trainable) {
            trainable = true;
            try (TensorScope scope = new TensorScope()) {
                gradient = scope.release(Tensors.zeros(Dtype.F32, master.device(), master.shape()));
            }
        }
    }

    /**
     * Trains rows {@code [from, to)} only: the others stay bit for bit as they are, with weight decay too, and do not count in the
     * gradient's norm (LION's embedding-gradient mask, LION.md 2.8).
     */
    public void trainRows(long from, long to) {
        long rows = master.shape()[0];
        if (from < 0 || to > rows || from >= to) {
            throw new BadInput(name() + ": rows to train: expected from < to within 0 to " + rows + ", found " + from
                    + " to " + to);
        }
        rowsFrom = from;
        rowsTo = to;
    }

    /** The trained rows of a tensor of this weight's shape (master, gradient, moments): a view, or the tensor itself. */
    public Tensor trainedRows(Tensor whole) {
        return rowsFrom == 0 && rowsTo >= whole.shape()[0] ? whole : whole.narrow(0, rowsFrom, rowsTo - rowsFrom);
    }

    /** The accumulated fp32 gradient; only while {@link #trainable}. */
    public Tensor gradient() {
        if (gradient == null) {
            throw new IllegalStateException(name() + " is not trained");
        }
        return gradient;
    }

    /** Adds {@code a · b}, of the computing dtype, to the gradient. */
    public void addProduct(Tensor a, Tensor b) {
        if (a.dtype() == Dtype.F32) {
            gradient().addmm_(a, b);
        } else {
            Tensor product = a.matmul(b);
            // Added at once, the product would be copied to fp32 as a whole first.
            Pieces.each(product, (from, rows) -> gradient()
                    .narrow(0, from, rows)
                    .add_(product.narrow(0, from, rows).to(Dtype.F32)));
        }
    }

    public void zeroGradient() {
        if (gradient != null) {
            gradient.zero_();
        }
    }

    /** After the master changed: renews the computing copy. */
    public void refresh() {
        if (compute != master) {
            try (NoGrad off = new NoGrad()) {
                compute.copy_(master);
            }
        }
    }

    public Dtype computeDtype() {
        return computeDtype;
    }

    @Override
    public void close() {
        if (gradient != null) {
            gradient.close();
        }
        if (compute != master) {
            compute.close();
        }
        master.close();
    }
}
