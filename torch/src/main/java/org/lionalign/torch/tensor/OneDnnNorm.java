package org.lionalign.torch.tensor;

import static org.lionalign.torch.tensor.OneDnn.check;

import java.util.List;
import org.bytedeco.dnnl.dnnl_memory_desc;
import org.bytedeco.dnnl.dnnl_primitive_attr;
import org.bytedeco.dnnl.dnnl_primitive_desc;
import org.bytedeco.dnnl.global.dnnl;
import org.lionalign.torch.tensor.OneDnnPrimitive.Operand;

/**
 * RMSNorm of rows as oneDNN has it, in one pass over them; and LayerNorm's way back, which is RMSNorm's but for a mean. RMSNorm's own subtracts that
 * mean too in oneDNN 3.11 and is wrong (its scale's gradient is right).
 *
 * @param back whether it is the way back
 */
record OneDnnNorm(boolean back, float eps) implements OneDnnPrimitive.Kind {
    /**
     * @param x {@code [rows, width]} fp32, contiguous, as all here
     * @param scale {@code [width]} fp32
     * @param result like x, fp32 or bf16; is written
     * @param squares each row's mean square, {@code [rows]} fp32; is written
     */
    static void forward(Tensor x, Tensor scale, double eps, Tensor result, Tensor squares) {
        OneDnnPrimitive.run(
                new OneDnnNorm(false, (float) eps),
                new Operand(dnnl.DNNL_ARG_SRC, x),
                new Operand(dnnl.DNNL_ARG_VARIANCE, squares),
                new Operand(dnnl.DNNL_ARG_DST, result),
                new Operand(dnnl.DNNL_ARG_SCALE, scale));
    }

    /**
     * LayerNorm's, with {@code x̂ = x·r} and {@code g = gradient · scale}: {@code r · (g − mean(g) − x̂ · mean(g · x̂))}.
     *
     * @param zeros the rows' means, which RMSNorm does not subtract
     * @param gradient of the result, like x, fp32 or bf16
     * @param toX its gradient, fp32; is written
     * @param toScale likewise
     */
    static void backward(
            Tensor x,
            Tensor scale,
            double eps,
            Tensor squares,
            Tensor zeros,
            Tensor gradient,
            Tensor toX,
            Tensor toScale) {
        OneDnnPrimitive.run(
                new OneDnnNorm(true, (float) eps),
                new Operand(dnnl.DNNL_ARG_SRC, x),
                new Operand(dnnl.DNNL_ARG_VARIANCE, squares),
                new Operand(dnnl.DNNL_ARG_DIFF_DST, gradient),
                new Operand(dnnl.DNNL_ARG_SCALE, scale),
                new Operand(dnnl.DNNL_ARG_DIFF_SRC, toX),
                new Operand(dnnl.DNNL_ARG_MEAN, zeros),
                new Operand(dnnl.DNNL_ARG_DIFF_SCALE, toScale));
    }

    @Override
    public void describe(
            dnnl_primitive_desc description, List<dnnl_memory_desc> layouts, dnnl_primitive_attr attributes) {
        dnnl_memory_desc x = layouts.get(0);
        dnnl_memory_desc squares = layouts.get(1);
        dnnl_memory_desc result = layouts.get(2); // or its gradient, which has its dtype
        dnnl_primitive_desc forward = back ? new dnnl_primitive_desc() : description;
        int flags = dnnl.dnnl_use_scale | (back ? 0 : dnnl.dnnl_rms_norm);
        check(dnnl.dnnl_layer_normalization_forward_primitive_desc_create(
                forward, OneDnn.engine(), dnnl.dnnl_forward_training, x, result, squares, eps, flags, attributes));
        if (back) {
            dnnl_memory_desc toX = layouts.get(4);
            check(dnnl.dnnl_layer_normalization_backward_primitive_desc_create(
                    description,
                    OneDnn.engine(),
                    dnnl.dnnl_backward,
                    toX,
                    result,
                    x,
                    squares,
                    eps,
                    flags,
                    forward,
                    attributes));
            check(dnnl.dnnl_primitive_desc_destroy(forward));
        }
    }
}
