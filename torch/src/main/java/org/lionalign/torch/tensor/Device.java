package org.lionalign.torch.tensor;

import org.bytedeco.pytorch.global.torch;
import org.lionalign.core.error.BadInput;

/**
 * Where tensors live: {@code cpu} or {@code cuda:N}.
 *
 * @param index the GPU's number, −1 for the CPU
 */
public record Device(int index) {
    /** The CPU. */
    public static final Device CPU = new Device(-1);

    /** {@code cpu}, {@code cuda}, {@code cuda:N}, or {@code auto}: the first GPU if this build of libtorch finds one, else the CPU. */
    public static Device parse(String text) {
        Engine.start();
        boolean cuda = torch.cuda_is_available();
        if (text.equals("cpu") || (text.equals("auto") && !cuda)) {
            return CPU;
        }
        if (!text.matches("auto|cuda|cuda:\\d+")) {
            throw new BadInput("device: expected cpu, cuda, cuda:N or auto, found " + text);
        }
        if (!cuda) {
            throw new BadInput("device: expected a GPU for " + text
                    + ", found none (the build needs -Pcuda, and libtorch must see the driver)");
        }
        return new Device(text.startsWith("cuda:") ? Integer.parseInt(text.substring(5)) : 0);
    }

    public boolean isCuda() {
        return index >= 0;
    }

    org.bytedeco.pytorch.Device raw() {
        return isCuda()
                ? new org.bytedeco.pytorch.Device(torch.DeviceType.CUDA, (byte) index)
                : new org.bytedeco.pytorch.Device(torch.DeviceType.CPU);
    }

    @Override
    public String toString() {
        return isCuda() ? "cuda:" + index : "cpu";
    }
}
