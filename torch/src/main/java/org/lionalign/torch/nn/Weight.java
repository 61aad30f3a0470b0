package org.lionalign.torch.nn;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.lionalign.core.error.BadInput;
import org.lionalign.torch.tensor.Dtype;
import org.lionalign.torch.tensor.NoGrad;
import org.lionalign.torch.tensor.Pieces;
import org.lionalign.torch.tensor.Product;
import org.lionalign.torch.tensor.Tensor;
import org.lionalign.torch.tensor.TensorScope;
import org.lionalign.torch.tensor.Tensors;

/**
 * One tensor of weights as the engine holds it: the master (fp32 when trained), what computes (the master itself, or its upper half in bf16:
 * {@link Halves}), and the fp32 gradient that micro-batches add to. Tensors that are multiplied together (q, k, v; gate, up) lie in one weight, row after
 * row; {@link #parts} says which rows carry which name of the file.
 *
 * <p>Owns its tensors; they are made outside any scope and freed by {@link #close}.
 */
public final class Weight implements AutoCloseable {
    /** Rows {@code [start, start + rows)} carry the file's tensor {@code name}. */
    public record Part(String name, long start, long rows) {}

    /** Of a gradient that is added to in pieces: the head's is larger than all that a pass computes besides. */
    private static final long PIECE_BYTES = 32L << 20;

    private final List<Part> parts;
    private final boolean decay;
    private final long[] shape;
    private @Nullable Tensor whole;
    private @Nullable Halves halves; // of a weight that is trained and computes in bf16, in the whole's place
    private @Nullable Tensor gradient;
    private boolean trainable;
    private long rowsFrom;
    private long rowsTo = Long.MAX_VALUE;

    /**
     * @param parts the file's tensors, in row order
     * @param master all rows; this weight owns it
     * @param computeDtype dtype of what computes; a master of another one must be trained
     * @param decay whether weight decay applies (matrices yes; norms and biases no)
     */
    public Weight(List<Part> parts, Tensor master, Dtype computeDtype, boolean decay) {
        this.parts = List.copyOf(parts);
        this.decay = decay;
        this.shape = master.shape();
        if (master.dtype() == computeDtype) {
            whole = master;
        } else {
            try (NoGrad off = new NoGrad()) {
                halves = Halves.of(master);
            }
        }
    }

    public List<Part> parts() {
        return parts;
    }

    /** The first part's name: what errors and optimizer state call this weight. */
    public String name() {
        return parts.get(0).name();
    }

    public long[] shape() {
        return shape.clone();
    }

    public long numel() {
        return Arrays.stream(shape).reduce(1, (a, b) -> a * b);
    }

    /**
     * All values, in fp32 when it is trained; to be read only. They may be put together anew for the scope that is open: of a large weight,
     * {@link #rows} takes less memory.
     */
    public Tensor master() {
        return rows(0, shape[0]);
    }

    /** Rows {@code [from, from + count)} of {@link #master}. */
    public Tensor rows(long from, long count) {
        try (NoGrad off = new NoGrad()) {
            return halves != null ? halves.rows(from, count) : whole().narrow(0, from, count);
        }
    }

    /** Changes masters in place. */
    @FunctionalInterface
    public interface Change {
        /** @param rows of the master, from row {@code from} on */
        void to(Tensor rows, long from);
    }

    /** Changes the master, a piece after the other or all at once, and with it what computes. */
    public void change(Change change) {
        try (NoGrad off = new NoGrad()) {
            if (halves == null) {
                change.to(whole(), 0);
            } else {
                Halves both = halves;
                Pieces.each(both.high(), (from, rows) -> {
                    Tensor piece = both.rows(from, rows);
                    change.to(piece, from);
                    both.put(piece, from);
                });
            }
        }
    }

    /** Whether {@link #change} goes in pieces. */
    public boolean inHalves() {
        return halves != null;
    }

    private Tensor whole() {
        return Objects.requireNonNull(whole);
    }

    public boolean decay() {
        return decay;
    }

    public boolean trainable() {
        return trainable;
    }

    /** The tensor that computes. */
    public Tensor values() {
        return halves != null ? halves.high() : whole();
    }

    /** Switches training on: allocates the fp32 gradient. */
    public void train() {
        if (!trainable) {
            trainable = true;
            try (TensorScope scope = new TensorScope()) {
                gradient = scope.release(Tensors.zeros(Dtype.F32, values().device(), shape));
            }
        }
    }

    /**
     * Trains rows {@code [from, to)} only: the others stay bit for bit as they are, with weight decay too, and do not count in the
     * gradient's norm (LION's embedding-gradient mask, LION.md 2.8).
     */
    public void trainRows(long from, long to) {
        long rows = shape[0];
        if (from < 0 || to > rows || from >= to) {
            throw new BadInput(name() + ": rows to train: expected from < to within 0 to " + rows + ", found " + from
                    + " to " + to);
        }
        rowsFrom = from;
        rowsTo = to;
    }

    /** The trained rows of a tensor of this weight's shape (master, gradient, moments): a view, or the tensor itself. */
    public Tensor trainedRows(Tensor all) {
        return trainedRows(all, 0);
    }

    /** The same of a piece of such a tensor, whose first row is row {@code from}; perhaps none. */
    public Tensor trainedRows(Tensor piece, long from) {
        long rows = piece.size(0);
        long first = Math.min(rows, Math.max(0, rowsFrom - from));
        long last = Math.max(first, Math.min(rows, rowsTo - from));
        return first == 0 && last == rows ? piece : piece.narrow(0, first, last - first);
    }

    /** The accumulated fp32 gradient; only while {@link #trainable}. */
    public Tensor gradient() {
        if (gradient == null) {
            throw new IllegalStateException(name() + " is not trained");
        }
        return gradient;
    }

    /** Adds to the gradient, in turn with other parts of the same pass. */
    public void accumulate(Consumer<Tensor> addition) {
        SideBySide.inTurn(this, () -> addition.accept(gradient()));
    }

    /** Adds {@code a · b}, of the computing dtype, to the gradient. */
    public void addProduct(Tensor a, Tensor b) {
        // Beside other parts, which wait for a piece here once and are a piece behind from then on; or where the
        // product takes memory.
        boolean pieces = SideBySide.here() || !Product.addsInPlace(a);
        long most = pieces ? Math.max(1, PIECE_BYTES / (shape[1] * Dtype.F32.bytes())) : shape[0];
        for (long start = 0; start < shape[0]; start += most) {
            long from = start;
            long count = Math.min(most, shape[0] - start);
            try (TensorScope scope = new TensorScope()) {
                accumulate(all -> Product.add(a.narrow(0, from, count), b, all.narrow(0, from, count)));
            }
        }
    }

    public void zeroGradient() {
        if (gradient != null) {
            gradient.zero_();
        }
    }

    @Override
    public void close() {
        if (gradient != null) {
            gradient.close();
        }
        if (halves != null) {
            halves.high().close();
            halves.low().close();
        } else {
            whole().close();
        }
    }
}
