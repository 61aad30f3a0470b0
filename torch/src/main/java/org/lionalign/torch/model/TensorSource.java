package org.lionalign.torch.model;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import org.lionalign.core.format.SafetensorsWriter;
import org.lionalign.torch.nn.Weight;
import org.lionalign.torch.tensor.Device;
import org.lionalign.torch.tensor.Dtype;
import org.lionalign.torch.tensor.NoGrad;
import org.lionalign.torch.tensor.Tensor;
import org.lionalign.torch.tensor.TensorScope;

/**
 * A tensor as safetensors takes it, cast row block by row block so that no second copy of a large one exists.
 *
 * @param name the file's name for it
 * @param shape of the whole
 * @param stored dtype in the file
 * @param rows the values
 */
public record TensorSource(String name, long[] shape, Dtype stored, Rows rows) implements SafetensorsWriter.Source {
    /** Elements of a block, about. */
    private static final long BLOCK = 1L << 24;

    /** Rows {@code [from, from + count)}. */
    @FunctionalInterface
    public interface Rows {
        Tensor at(long from, long count);
    }

    public static TensorSource of(String name, Tensor tensor, Dtype stored) {
        return new TensorSource(name, tensor.shape(), stored, (from, count) -> tensor.narrow(0, from, count));
    }

    /** A weight's master. */
    public static TensorSource of(String name, Weight weight, Dtype stored) {
        return new TensorSource(name, weight.shape(), stored, weight::rows);
    }

    /** One of the tensors that a weight is made of. */
    static TensorSource of(Weight weight, Weight.Part part, Dtype stored) {
        long[] shape = weight.shape();
        shape[0] = part.rows();
        return new TensorSource(part.name(), shape, stored, (from, count) -> weight.rows(part.start() + from, count));
    }

    @Override
    public String dtype() {
        return stored.safetensorsName();
    }

    @Override
    public void writeTo(WritableByteChannel channel) throws IOException {
        long width = 1;
        for (int i = 1; i < shape.length; i++) {
            width *= shape[i];
        }
        long most = Math.max(1, BLOCK / Math.max(1, width));
        try (NoGrad off = new NoGrad()) {
            for (long from = 0; from < shape[0]; from += most) {
                long count = Math.min(most, shape[0] - from);
                try (TensorScope scope = new TensorScope()) {
                    Tensor block =
                            rows.at(from, count).to(stored).to(Device.CPU).contiguous();
                    ByteBuffer bytes = block.bytes(0, count * width);
                    while (bytes.hasRemaining()) {
                        channel.write(bytes);
                    }
                }
            }
        }
    }
}
