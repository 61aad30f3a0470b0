package org.lionalign.torch.tensor;

/**
 * RMSNorm (Zhang & Sennrich 2019) over rows, in fp32 whatever the dtype around it: {@code y = x · r · scale} with {@code r = 1/√(mean(x²) + ε)}.
 * On a CPU it is oneDNN's ({@link OneDnnNorm}), one pass where plain operators take five. Without gradients.
 *
 * @param x {@code [rows, width]} of any dtype
 * @param scale {@code [width]} fp32
 * @param result {@code y [rows, width]}
 * @param squares {@code mean(x²)} of each row, {@code [rows]} fp32
 */
public record RmsNorm(Tensor x, Tensor scale, double eps, Tensor result, Tensor squares) {
    /** @param out dtype of the result */
    public static RmsNorm of(Tensor x, Tensor scale, double eps, Dtype out) {
        long rows = x.size(0);
        Tensor result = Tensors.empty(out, x.device(), x.shape());
        Tensor squares = Tensors.empty(Dtype.F32, x.device(), rows);
        Pieces.each(x, (from, count) -> {
            Tensor wide = x.narrow(0, from, count).to(Dtype.F32).contiguous();
            Tensor into = result.narrow(0, from, count);
            Tensor mean = squares.narrow(0, from, count);
            if (oneDnn(into)) {
                OneDnnNorm.forward(wide, scale, eps, into, mean);
            } else {
                mean.copy_(wide.square().mean(-1, false));
                into.copy_(wide.mul(inverse(mean, eps)).mul_(scale));
            }
        });
        return new RmsNorm(x, scale, eps, result, squares);
    }

    /**
     * With {@code x̂ = x·r} and {@code g = gradient · scale}: {@code dx = r · (g − x̂ · mean(g · x̂))} and {@code dscale = Σ gradient · x̂}.
     *
     * @param gradient of the result, of its shape
     * @param into {@code [rows, width]} fp32, contiguous: dx is added to it
     * @return dscale, {@code [width]} fp32
     */
    public Tensor backward(Tensor gradient, Tensor into) {
        long width = scale.size(0);
        return Pieces.sum(x, new long[] {width}, (from, count) -> {
            Tensor wide = x.narrow(0, from, count).to(Dtype.F32).contiguous();
            Tensor slope = gradient.narrow(0, from, count).contiguous();
            Tensor to = into.narrow(0, from, count);
            Tensor mean = squares.narrow(0, from, count);
            Tensor inverse = inverse(mean, eps);
            if (oneDnn(slope)) {
                Tensor toX = Tensors.empty(Dtype.F32, Device.CPU, count, width);
                Tensor toScale = Tensors.empty(Dtype.F32, Device.CPU, width);
                Tensor zeros = Tensors.zeros(Dtype.F32, Device.CPU, count);
                OneDnnNorm.backward(wide, scale, eps, mean, zeros, slope, toX, toScale);
                Tensor takenOff =
                        slope.to(Dtype.F32).matmul(scale).mul_(1.0 / width).unsqueeze(1);
                to.add_(toX.addcmul_(takenOff, inverse));
                return toScale;
            }
            Tensor unit = wide.mul(inverse);
            Tensor steep = slope.to(Dtype.F32);
            Tensor along = steep.mul(unit); // d(loss)/d(scale) of each row
            Tensor back = along.matmul(scale).mul_(-1.0 / width).unsqueeze(1);
            to.addcmul_(steep.mul(scale).addcmul_(unit, back), inverse);
            return along.sum(0, false);
        });
    }

    /** {@code r} of each row, {@code [rows, 1]}. */
    private static Tensor inverse(Tensor squares, double eps) {
        return squares.add(eps).rsqrt().unsqueeze(1);
    }

    /** @param narrow what may be bf16 */
    private static boolean oneDnn(Tensor narrow) {
        return narrow.device().equals(Device.CPU) && (narrow.dtype() == Dtype.F32 || OneDnn.multipliesNarrow());
    }
}
