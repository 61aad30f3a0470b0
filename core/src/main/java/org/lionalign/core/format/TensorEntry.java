package org.lionalign.core.format;

import java.nio.file.Path;
import java.util.Arrays;

/**
 * Where one tensor of a safetensors file lies.
 *
 * @param dtype the file's name for it: {@code F32}, {@code BF16}, {@code F16}, {@code I64} …
 * @param shape row-major; empty for a scalar
 * @param file the file that holds the bytes
 * @param offset first byte, counted from the start of the file
 * @param bytes number of bytes, always {@code elements × bytes of dtype}
 */
public record TensorEntry(String name, String dtype, long[] shape, Path file, long offset, long bytes) {
    public long elements() {
        long product = 1;
        for (long size : shape) {
            product *= size;
        }
        return product;
    }

    /** {@code F32[4, 8]}: for messages. */
    public String describe() {
        return dtype + Arrays.toString(shape);
    }
}
