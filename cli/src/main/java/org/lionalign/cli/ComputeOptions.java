package org.lionalign.cli;

import org.lionalign.core.error.BadInput;
import org.lionalign.core.machine.Processor;
import org.lionalign.torch.tensor.Device;
import org.lionalign.torch.tensor.Dtype;
import picocli.CommandLine.Option;

/** How models compute: the options of every verb that runs one or several. */
final class ComputeOptions {
    @Option(
            names = "--dtype",
            paramLabel = "f32|bf16|auto",
            description =
                    "compute dtype (default: ${DEFAULT-VALUE}); auto: bf16 where the hardware multiplies it, else f32")
    private String dtype;

    @Option(names = "--device", paramLabel = "cpu|cuda:N|auto", description = "default: ${DEFAULT-VALUE}")
    private String device = "cpu";

    /** @param dtype the verb's default */
    ComputeOptions(String dtype) {
        this.dtype = dtype;
    }

    Dtype dtype() {
        return switch (name()) {
            case "f32" -> Dtype.F32;
            case "bf16" -> Dtype.BF16;
            default -> throw new BadInput("--dtype: expected f32, bf16 or auto, found " + dtype);
        };
    }

    /** The dtype's name; auto is decided here. */
    String name() {
        return dtype.equals("auto") ? Processor.here().preferredCompute(device) : dtype;
    }

    Device device() {
        return Device.parse(device);
    }
}
