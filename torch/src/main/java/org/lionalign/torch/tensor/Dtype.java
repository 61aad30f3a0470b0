package org.lionalign.torch.tensor;

import org.bytedeco.pytorch.global.torch.ScalarType;
import org.lionalign.core.error.BadInput;

/** Element types, with the names that safetensors gives them. */
public enum Dtype {
    F64(ScalarType.Double, 8, "F64"),
    F32(ScalarType.Float, 4, "F32"),
    F16(ScalarType.Half, 2, "F16"),
    BF16(ScalarType.BFloat16, 2, "BF16"),
    I64(ScalarType.Long, 8, "I64"),
    I32(ScalarType.Int, 4, "I32"),
    I16(ScalarType.Short, 2, "I16"),
    U8(ScalarType.Byte, 1, "U8"),
    BOOL(ScalarType.Bool, 1, "BOOL");

    final ScalarType raw;
    private final int bytes;
    private final String safetensors;

    Dtype(ScalarType raw, int bytes, String safetensors) {
        this.raw = raw;
        this.bytes = bytes;
        this.safetensors = safetensors;
    }

    /** Bytes of one element. */
    public int bytes() {
        return bytes;
    }

    /** The name in a safetensors header. */
    public String safetensorsName() {
        return safetensors;
    }

    /** By the name in a safetensors header. */
    public static Dtype ofSafetensors(String name) {
        for (Dtype dtype : values()) {
            if (dtype.safetensors.equals(name)) {
                return dtype;
            }
        }
        throw new BadInput("dtype: expected one of F64, F32, F16, BF16, I64, I32, I16, U8, BOOL, found " + name);
    }

    /** By the name of a recipe's {@code model.compute} and of {@code --dtype}: {@code f32} or {@code bf16}. */
    public static Dtype ofCompute(String name) {
        return switch (name) {
            case "f32" -> F32;
            case "bf16" -> BF16;
            default -> throw new BadInput("compute dtype: expected f32 or bf16, found " + name);
        };
    }

    static Dtype of(ScalarType raw) {
        for (Dtype dtype : values()) {
            if (dtype.raw.value == raw.value) {
                return dtype;
            }
        }
        throw new IllegalStateException("libtorch dtype " + raw + " is not used by Lion");
    }
}
