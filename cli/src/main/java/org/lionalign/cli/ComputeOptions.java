package org.lionalign.cli;

import org.lionalign.core.error.BadInput;
import org.lionalign.torch.tensor.Device;
import org.lionalign.torch.tensor.Dtype;
import picocli.CommandLine.Option;

/** How models compute: the options of every verb that runs one or several. */
final class ComputeOptions {
    @Option(names = "--dtype", paramLabel = "f32|bf16", description = "compute dtype (default: ${DEFAULT-VALUE})")
    private String dtype;

    @Option(names = "--device", paramLabel = "cpu|cuda:N|auto", description = "default: ${DEFAULT-VALUE}")
    private String device = "cpu";

    /** @param dtype the verb's default */
    ComputeOptions(String dtype) {
        this.dtype = dtype;
    }

    Dtype dtype() {
        return switch (dtype) {
            case "f32" -> Dtype.F32;
            case "bf16" -> Dtype.BF16;
            default -> throw new BadInput("--dtype: expected f32 or bf16, found " + dtype);
        };
    }

    /** As the user wrote it. */
    String name() {
        return dtype;
    }

    Device device() {
        return Device.parse(device);
    }
}
