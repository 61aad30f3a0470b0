package org.lionalign.torch.tensor;

import java.nio.file.Files;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.DeviceOptional;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.format.TensorEntry;

/** Makes tensors: from arrays, empty, random, or mapped from a file. */
public final class Tensors {
    private Tensors() {}

    static TensorOptions options(Dtype dtype, Device device) {
        Engine.start();
        return new TensorOptions().dtype(new ScalarTypeOptional(dtype.raw)).device(new DeviceOptional(device.raw()));
    }

    public static Tensor empty(Dtype dtype, Device device, long... shape) {
        return new Tensor(torch.empty(shape, options(dtype, device), new MemoryFormatOptional()));
    }

    public static Tensor zeros(Dtype dtype, Device device, long... shape) {
        return new Tensor(torch.zeros(shape, options(dtype, device)));
    }

    public static Tensor full(double value, Dtype dtype, Device device, long... shape) {
        return empty(dtype, device, shape).fill_(value);
    }

    /** {@code 0, 1, …, n − 1} as 64-bit integers. */
    public static Tensor arange(long n, Device device) {
        long[] values = new long[Math.toIntExact(n)];
        for (int i = 0; i < values.length; i++) {
            values[i] = i;
        }
        return of(values, n).to(device);
    }

    /** fp32 on the CPU; without a shape, one dimension. */
    public static Tensor of(float[] values, long... shape) {
        org.bytedeco.pytorch.Tensor raw = empty(
                        Dtype.F32, Device.CPU, shape.length == 0 ? new long[] {values.length} : shape)
                .raw();
        check(values.length, raw);
        if (values.length > 0) {
            new FloatPointer(raw.data_ptr()).put(values);
        }
        return new Tensor(raw);
    }

    /** 64-bit integers on the CPU; without a shape, one dimension. */
    public static Tensor of(long[] values, long... shape) {
        org.bytedeco.pytorch.Tensor raw = empty(
                        Dtype.I64, Device.CPU, shape.length == 0 ? new long[] {values.length} : shape)
                .raw();
        check(values.length, raw);
        if (values.length > 0) {
            new LongPointer(raw.data_ptr()).put(values);
        }
        return new Tensor(raw);
    }

    /** 64-bit integers on the CPU. */
    public static Tensor of(int[] values, long... shape) {
        long[] wide = new long[values.length];
        for (int i = 0; i < wide.length; i++) {
            wide[i] = values[i];
        }
        return of(wide, shape);
    }

    private static void check(int count, org.bytedeco.pytorch.Tensor raw) {
        if (raw.numel() != count) {
            throw new IllegalArgumentException(count + " values for " + raw.numel() + " elements");
        }
    }

    /** Normal values from a stream of their own: the same seed gives the same values whatever else is drawn. */
    public static Tensor randn(long seed, double std, Device device, long... shape) {
        Generator generator = torch.make_generator_cpu(seed);
        Tensor tensor = empty(Dtype.F32, Device.CPU, shape);
        tensor.raw().normal_(0.0, std, new GeneratorOptional(generator));
        return tensor.to(device);
    }

    /** Uniform values in {@code [low, high)} from a stream of their own. */
    public static Tensor rand(long seed, double low, double high, Device device, long... shape) {
        Generator generator = torch.make_generator_cpu(seed);
        Tensor tensor = empty(Dtype.F32, Device.CPU, shape);
        tensor.raw().uniform_(low, high, new GeneratorOptional(generator));
        return tensor.to(device);
    }

    /**
     * The tensor at {@code entry}, mapped: no byte is read until it is used, and nothing is copied. The mapping is private, and
     * lives as long as the tensor.
     */
    public static Tensor map(TensorEntry entry) {
        Dtype dtype = Dtype.ofSafetensors(entry.dtype());
        if (entry.bytes() == 0) {
            return zeros(dtype, Device.CPU, entry.shape());
        }
        try (TensorScope scope = new TensorScope()) {
            long size = Files.size(entry.file());
            org.bytedeco.pytorch.Tensor file = torch.from_file(
                    new BytePointer(entry.file().toAbsolutePath().toString()),
                    new BoolOptional(false),
                    new LongOptional(size),
                    options(Dtype.U8, Device.CPU));
            org.bytedeco.pytorch.Tensor bytes = file.narrow(0, entry.offset(), entry.bytes());
            if (entry.offset() % dtype.bytes() != 0) {
                bytes = bytes.clone(); // the writer did not align it; libtorch cannot view it in place
            }
            return scope.escape(new Tensor(bytes.view(dtype.raw).view(entry.shape())));
        } catch (java.io.IOException e) {
            throw new BadInput(entry.file() + ": cannot be read: " + e.getMessage(), e);
        }
    }
}
