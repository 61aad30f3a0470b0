package org.lionalign.torch.tensor;

import java.nio.ByteBuffer;
import java.util.List;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * A tensor of libtorch. Operators have PyTorch's names and meaning; those ending in {@code _} change this tensor. See the package for who
 * frees it.
 */
public final class Tensor implements AutoCloseable {
    private final org.bytedeco.pytorch.Tensor raw;

    Tensor(org.bytedeco.pytorch.Tensor raw) {
        this.raw = raw;
    }

    org.bytedeco.pytorch.Tensor raw() {
        return raw;
    }

    private static Tensor of(org.bytedeco.pytorch.Tensor raw) {
        return new Tensor(raw);
    }

    /** Frees the native memory now. */
    @Override
    public void close() {
        raw.close();
    }

    // ---- what it is

    public long[] shape() {
        long[] shape = new long[(int) raw.dim()];
        for (int i = 0; i < shape.length; i++) {
            shape[i] = raw.size(i);
        }
        return shape;
    }

    public long size(int dim) {
        return raw.size(dim);
    }

    public int dim() {
        return (int) raw.dim();
    }

    public long numel() {
        return raw.numel();
    }

    public Dtype dtype() {
        return Dtype.of(raw.scalar_type());
    }

    public Device device() {
        org.bytedeco.pytorch.Device device = raw.device();
        return device.is_cuda() ? new Device(device.index()) : Device.CPU;
    }

    // ---- shape (views where PyTorch gives views)

    public Tensor view(long... shape) {
        return of(raw.view(shape));
    }

    /** The same bytes as another dtype of the same or another width. */
    public Tensor viewAs(Dtype dtype) {
        return of(raw.view(dtype.raw));
    }

    public Tensor reshape(long... shape) {
        return of(raw.reshape(shape));
    }

    public Tensor transpose(int a, int b) {
        return of(raw.transpose(a, b));
    }

    public Tensor permute(long... dims) {
        return of(raw.permute(dims));
    }

    public Tensor contiguous() {
        return of(raw.contiguous());
    }

    public Tensor unsqueeze(int dim) {
        return of(raw.unsqueeze(dim));
    }

    public Tensor squeeze(int dim) {
        return of(raw.squeeze(dim));
    }

    public Tensor expand(long... shape) {
        return of(raw.expand(shape));
    }

    public Tensor narrow(int dim, long start, long length) {
        return of(raw.narrow(dim, start, length));
    }

    public Tensor select(int dim, long index) {
        return of(raw.select(dim, index));
    }

    /** Pieces of the given sizes; its backward is one {@code cat}, where that of {@link #narrow} fills a whole tensor with zeros. */
    public Tensor[] split(int dim, long... sizes) {
        TensorVector pieces = torch.split_with_sizes(raw, sizes, dim);
        Tensor[] result = new Tensor[sizes.length];
        for (int i = 0; i < result.length; i++) {
            result[i] = of(pieces.get(i));
        }
        return result;
    }

    public static Tensor cat(List<Tensor> tensors, int dim) {
        return tensors.size() == 1 ? tensors.get(0) : of(torch.cat(vector(tensors), dim));
    }

    // ---- type and place

    public Tensor to(Dtype dtype) {
        return raw.scalar_type().value == dtype.raw.value ? this : of(raw.to(dtype.raw));
    }

    public Tensor to(Device device) {
        return device().equals(device) ? this : of(raw.to(device.raw(), raw.scalar_type()));
    }

    /** A copy of its own storage. */
    public Tensor copy() {
        return of(raw.clone());
    }

    // ---- arithmetic

    public Tensor add(Tensor other) {
        return of(raw.add(other.raw));
    }

    public Tensor add(double value) {
        return of(raw.add(new Scalar(value)));
    }

    public Tensor sub(Tensor other) {
        return of(raw.sub(other.raw));
    }

    public Tensor mul(Tensor other) {
        return of(raw.mul(other.raw));
    }

    public Tensor mul(double value) {
        return of(raw.mul(new Scalar(value)));
    }

    public Tensor div(Tensor other) {
        return of(raw.div(other.raw));
    }

    public Tensor neg() {
        return of(raw.neg());
    }

    public Tensor exp() {
        return of(raw.exp());
    }

    public Tensor log() {
        return of(raw.log());
    }

    public Tensor tanh() {
        return of(raw.tanh());
    }

    public Tensor cos() {
        return of(raw.cos());
    }

    public Tensor sin() {
        return of(raw.sin());
    }

    public Tensor square() {
        return of(raw.mul(raw));
    }

    public Tensor sqrt() {
        return of(raw.sqrt());
    }

    public Tensor rsqrt() {
        return of(raw.rsqrt());
    }

    public Tensor silu() {
        return of(torch.silu(raw));
    }

    public Tensor sigmoid() {
        return of(raw.sigmoid());
    }

    public Tensor relu() {
        return of(torch.relu(raw));
    }

    /** @param approximate {@code none} (erf) or {@code tanh} */
    public Tensor gelu(String approximate) {
        return of(torch.gelu(raw, approximate));
    }

    public Tensor clampMin(double least) {
        return of(torch.clamp_min(raw, new Scalar(least)));
    }

    public Tensor add_(Tensor other) {
        raw.add_(other.raw);
        return this;
    }

    /** {@code this += alpha · other}. */
    public Tensor add_(Tensor other, double alpha) {
        raw.add_(other.raw, new Scalar(alpha));
        return this;
    }

    public Tensor mul_(double value) {
        raw.mul_(new Scalar(value));
        return this;
    }

    public Tensor mul_(Tensor other) {
        raw.mul_(other.raw);
        return this;
    }

    public Tensor sub_(Tensor other) {
        raw.sub_(other.raw);
        return this;
    }

    public Tensor exp_() {
        raw.exp_();
        return this;
    }

    public Tensor zero_() {
        raw.zero_();
        return this;
    }

    public Tensor fill_(double value) {
        raw.fill_(new Scalar(value));
        return this;
    }

    /** Adds a whole number, to integers too. */
    public Tensor add_(long value) {
        raw.add_(new Scalar(value));
        return this;
    }

    /** The same memory read as another dtype; a last dimension of elements half as wide is twice as long. */
    public Tensor bits(Dtype dtype) {
        return of(raw.view(dtype.raw));
    }

    /** Shifts integers by so many bits, upwards, or downwards by a negative number of them; the sign stays. */
    public Tensor shift_(int bits) {
        if (bits < 0) {
            raw.bitwise_right_shift_(new Scalar(-bits));
        } else {
            raw.bitwise_left_shift_(new Scalar(bits));
        }
        return this;
    }

    /** Copies values in, casting to this tensor's dtype. */
    public Tensor copy_(Tensor from) {
        raw.copy_(from.raw);
        return this;
    }

    // ---- products

    public Tensor matmul(Tensor other) {
        return of(torch.matmul(raw, other.raw));
    }

    public Tensor bmm(Tensor other) {
        return of(torch.bmm(raw, other.raw));
    }

    /** {@code this · weightᵀ + bias}; {@code weight [out, in]}. */
    public Tensor linear(Tensor weight, @Nullable Tensor bias) {
        return of(bias == null ? torch.linear(raw, weight.raw) : torch.linear(raw, weight.raw, optional(bias)));
    }

    /** {@code this += alpha · a · b}, two-dimensional, without a temporary. */
    public Tensor addmm_(Tensor a, Tensor b) {
        raw.addmm_(a.raw, b.raw);
        return this;
    }

    // ---- reductions and selections

    public Tensor sum() {
        return of(raw.sum());
    }

    public Tensor sum(int dim, boolean keep) {
        return of(raw.sum(new long[] {dim}, keep, new ScalarTypeOptional()));
    }

    public Tensor mean(int dim, boolean keep) {
        return of(raw.mean(new long[] {dim}, keep, new ScalarTypeOptional()));
    }

    public Tensor max(int dim, boolean keep) {
        return of(raw.amax(new long[] {dim}, keep));
    }

    public Tensor argmax(int dim) {
        return of(raw.argmax(new LongOptional(dim), false));
    }

    public Tensor logsumexp(int dim) {
        return of(torch.logsumexp(raw, dim));
    }

    public Tensor softmax(int dim) {
        return of(torch.softmax(raw, dim));
    }

    public Tensor logSoftmax(int dim) {
        return of(torch.log_softmax(raw, dim));
    }

    public Tensor cumsum(int dim) {
        return of(raw.cumsum(dim));
    }

    /** Values and indices of the {@code k} largest along the last dimension, sorted downwards. */
    public Tensor[] topk(long k) {
        var pair = raw.topk(k, -1, true, true);
        return new Tensor[] {of(pair.get0()), of(pair.get1())};
    }

    /** Values and indices along the last dimension; ties keep their order. */
    public Tensor[] sort(boolean descending) {
        var pair = raw.sort(new BoolOptional(true), -1, descending);
        return new Tensor[] {of(pair.get0()), of(pair.get1())};
    }

    public Tensor gather(int dim, Tensor index) {
        return of(torch.gather(raw, dim, index.raw));
    }

    public Tensor indexSelect(int dim, Tensor index) {
        return of(torch.index_select(raw, dim, index.raw));
    }

    /** {@code this[index[i]] += source[i]} along {@code dim}; repeated indices add up. */
    public Tensor indexAdd_(int dim, Tensor index, Tensor source) {
        raw.index_add_(dim, index.raw, source.raw);
        return this;
    }

    public Tensor indexCopy_(int dim, Tensor index, Tensor source) {
        raw.index_copy_(dim, index.raw, source.raw);
        return this;
    }

    public Tensor scatter_(int dim, Tensor index, Tensor source) {
        raw.scatter_(dim, index.raw, source.raw);
        return this;
    }

    public Tensor maskedFill(Tensor mask, double value) {
        return of(raw.masked_fill(mask.raw, new Scalar(value)));
    }

    /** {@code this} where the condition holds, else {@code other}. */
    public Tensor where(Tensor condition, Tensor other) {
        return of(torch.where(condition.raw, raw, other.raw));
    }

    public Tensor lt(Tensor other) {
        return of(raw.lt(other.raw));
    }

    public Tensor lt(double value) {
        return of(raw.lt(new Scalar(value)));
    }

    public Tensor gt(double value) {
        return of(raw.gt(new Scalar(value)));
    }

    public Tensor triu(long diagonal) {
        return of(raw.triu(diagonal));
    }

    public boolean allFinite() {
        try (org.bytedeco.pytorch.Tensor finite = raw.isfinite();
                org.bytedeco.pytorch.Tensor all = finite.all()) {
            return all.item_long() != 0;
        }
    }

    /** Euclidean norm over all elements, accumulated in the tensor's own dtype. */
    public double norm() {
        try (org.bytedeco.pytorch.Tensor norm = raw.norm()) {
            return norm.item_double();
        }
    }

    // ---- blocks

    /** Rows of this table {@code [vocabulary, width]} for integer {@code ids [T]}: {@code [T, width]}. */
    /** {@code this + weight · (end − this)}. */
    public Tensor lerp(Tensor end, Tensor weight) {
        return of(torch.lerp(raw, end.raw, weight.raw));
    }

    public Tensor embedding(Tensor ids) {
        return of(torch.embedding(raw, ids.raw));
    }

    /** {@code this += a · b} in one pass. */
    public Tensor addcmul_(Tensor a, Tensor b) {
        raw.addcmul_(a.raw, b.raw);
        return this;
    }

    public Tensor layerNorm(Tensor weight, Tensor bias, double eps) {
        return of(torch.layer_norm(raw, new long[] {raw.size(-1)}, optional(weight), optional(bias), eps, false));
    }

    /**
     * Scaled dot-product attention of queries {@code this [batch, heads, q, d]} on keys and values {@code [batch, heads, k, d]}.
     *
     * <p>Back-propagate through it inside {@link BlasThreads#single}.
     *
     * @param mask additive, broadcastable to {@code [batch, heads, q, k]}, or null
     * @param causal for q = k only: the triangle is aligned top left (ENGINE.md 6)
     */
    public Tensor attention(Tensor keys, Tensor values, @Nullable Tensor mask, boolean causal, double scale) {
        try (BlasThreads one = BlasThreads.single()) {
            return of(torch.scaled_dot_product_attention(
                    raw,
                    keys.raw,
                    values.raw,
                    mask == null ? new TensorOptional() : optional(mask),
                    0.0,
                    causal,
                    new DoubleOptional(scale),
                    false));
        }
    }

    // ---- autograd

    /** The same values, cut off from the graph. */
    public Tensor detach() {
        return of(raw.detach());
    }

    public Tensor requiresGrad_(boolean required) {
        raw.set_requires_grad(required);
        return this;
    }

    public boolean requiresGrad() {
        return raw.requires_grad();
    }

    /** The accumulated gradient, or null when there is none. */
    public @Nullable Tensor grad() {
        org.bytedeco.pytorch.Tensor grad = raw.grad();
        return grad.defined() ? of(grad) : null;
    }

    /** Forgets the accumulated gradient. */
    public void clearGrad() {
        raw.mutable_grad().put(new org.bytedeco.pytorch.Tensor());
    }

    /** Back-propagates {@code gradients} from {@code outputs} into the leaves' {@link #grad}. */
    public static void backward(List<Tensor> outputs, List<Tensor> gradients) {
        torch.backward(vector(outputs), vector(gradients), new BoolOptional(), false, new TensorVector());
    }

    // ---- values

    public double item() {
        return raw.item_double();
    }

    public long itemLong() {
        return raw.item_long();
    }

    /** All elements, row-major, as fp32. */
    public float[] toFloats() {
        float[] values = new float[Math.toIntExact(numel())];
        try (TensorScope scope = new TensorScope()) {
            org.bytedeco.pytorch.Tensor host = host(Dtype.F32);
            if (values.length > 0) {
                new FloatPointer(host.data_ptr()).get(values);
            }
        }
        return values;
    }

    /** All elements, row-major, as fp64. */
    public double[] toDoubles() {
        double[] values = new double[Math.toIntExact(numel())];
        try (TensorScope scope = new TensorScope()) {
            org.bytedeco.pytorch.Tensor host = host(Dtype.F64);
            if (values.length > 0) {
                new DoublePointer(host.data_ptr()).get(values);
            }
        }
        return values;
    }

    /** All elements, row-major, as 64-bit integers. */
    public long[] toLongs() {
        long[] values = new long[Math.toIntExact(numel())];
        try (TensorScope scope = new TensorScope()) {
            org.bytedeco.pytorch.Tensor host = host(Dtype.I64);
            if (values.length > 0) {
                new LongPointer(host.data_ptr()).get(values);
            }
        }
        return values;
    }

    /**
     * The bytes of elements {@code [from, to)} of the flattened tensor, which must be contiguous and on the CPU; valid while it lives.
     */
    public ByteBuffer bytes(long from, long to) {
        if (!raw.is_contiguous() || device().isCuda()) {
            throw new IllegalStateException("bytes() needs a contiguous tensor on the CPU");
        }
        long width = raw.element_size();
        Pointer start = new BytePointer(raw.data_ptr()).position(from * width);
        return new BytePointer(start).capacity((to - from) * width).asByteBuffer();
    }

    private org.bytedeco.pytorch.Tensor host(Dtype dtype) {
        return raw.to(Device.CPU.raw(), dtype.raw, false, false, new MemoryFormatOptional())
                .contiguous();
    }

    static TensorVector vector(List<Tensor> tensors) {
        TensorVector vector = new TensorVector();
        for (Tensor tensor : tensors) {
            vector.push_back(tensor.raw);
        }
        return vector;
    }

    private static TensorOptional optional(Tensor tensor) {
        return new TensorOptional(tensor.raw);
    }

    @Override
    public String toString() {
        return dtype() + java.util.Arrays.toString(shape()) + (device().isCuda() ? "@" + device() : "");
    }
}
