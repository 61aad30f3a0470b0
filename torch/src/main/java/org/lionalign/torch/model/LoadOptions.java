package org.lionalign.torch.model;

import org.lionalign.torch.tensor.Device;
import org.lionalign.torch.tensor.Dtype;

/**
 * How a checkpoint is taken into memory.
 *
 * @param compute dtype of the matrix products, F32 or BF16
 * @param device where the model lives
 * @param trainable keep fp32 masters with gradients; otherwise only the computing copy is held
 * @param recompute in training, keep only each block's input and run the block again going backwards: less memory, a third more work
 */
public record LoadOptions(Dtype compute, Device device, boolean trainable, boolean recompute) {
    public LoadOptions {
        if (compute != Dtype.F32 && compute != Dtype.BF16) {
            throw new IllegalArgumentException("compute dtype must be F32 or BF16, is " + compute);
        }
    }

    /** For scoring and generation on the CPU. */
    public static LoadOptions inference(Dtype compute) {
        return new LoadOptions(compute, Device.CPU, false, false);
    }

    /** For training on the CPU, all weights. */
    public static LoadOptions training(Dtype compute) {
        return new LoadOptions(compute, Device.CPU, true, false);
    }
}
