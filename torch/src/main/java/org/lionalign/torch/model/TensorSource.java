package org.lionalign.torch.model;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import org.lionalign.core.format.SafetensorsWriter;
import org.lionalign.torch.tensor.Device;
import org.lionalign.torch.tensor.Dtype;
import org.lionalign.torch.tensor.NoGrad;
import org.lionalign.torch.tensor.Tensor;
import org.lionalign.torch.tensor.TensorScope;

/**
 * A tensor as safetensors takes it, cast row block by row block so that no second copy of a large one exists.
 *
 * @param name the file's name for it
 * @param tensor the values
 * @param stored dtype in the file
 */
public record TensorSource(String name, Tensor tensor, Dtype stored) implements SafetensorsWriter.Source {
    private static final long BLOCK = 1L << 24;

    @Override
    public String dtype() {
        return stored.safetensorsName();
    }

    @Override
    public long[] shape() {
        return tensor.shape();
    }

    @Override
    public void writeTo(WritableByteChannel channel) throws IOException {
        long total = tensor.numel();
        try (TensorScope all = new TensorScope();
                NoGrad off = new NoGrad()) {
            Tensor flat = tensor.reshape(total);
            for (long from = 0; from < total; from += BLOCK) {
                long to = Math.min(total, from + BLOCK);
                try (TensorScope scope = new TensorScope()) {
                    Tensor block = flat.narrow(0, from, to - from)
                            .to(stored)
                            .to(Device.CPU)
                            .contiguous();
                    ByteBuffer bytes = block.bytes(0, to - from);
                    while (bytes.hasRemaining()) {
                        channel.write(bytes);
                    }
                }
            }
        }
    }
}
