package org.lionalign.align.stage;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.lionalign.core.error.BadInput;
import org.lionalign.torch.model.ModelWriter;
import org.lionalign.torch.model.RandomInit;
import org.lionalign.torch.tensor.Dtype;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Where pre-training starts when the model folder holds a configuration and a tokenizer but no weights. */
final class RandomStart {
    private static final Logger LOG = LoggerFactory.getLogger(RandomStart.class);

    private RandomStart() {}

    /** A copy of the folder with fp32 weights drawn from the seed. */
    static Path write(Path source, Path target, long seed) {
        if (Files.exists(source.resolve("pytorch_model.bin"))) {
            throw new BadInput(
                    source + ": expected model.safetensors, found pytorch_model.bin (a pickle, not read); starting"
                            + " from random weights instead would lose it");
        }
        LOG.info("{} holds no weights: starting from random ones (normal, 0.02) of seed {}", source, seed);
        try {
            Files.createDirectories(target);
            ModelWriter.carry(source, target);
        } catch (IOException e) {
            throw new BadInput(target + ": cannot be written: " + e.getMessage(), e);
        }
        RandomInit.write(target, seed, Dtype.F32);
        return target;
    }
}
