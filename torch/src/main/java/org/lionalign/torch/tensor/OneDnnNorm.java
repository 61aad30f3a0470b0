package org.lionalign.torch.tensor;

import static org.lionalign.torch.tensor.OneDnn.check;

import java.util.List;
import org.bytedeco.dnnl.dnnl_memory_desc;
import org.bytedeco.dnnl.dnnl_primitive_attr;
import org.bytedeco.dnnl.dnnl_primitive_desc;
import org.bytedeco.dnnl.global.dnnl;
import org.lionalign.torch.tensor.OneDnnPrimitive.Operand;

/** RMSNorm of rows as oneDNN has it, in one pass over them. */
record OneDnnNorm(float eps) implements OneDnnPrimitive.Kind {
    /**
     * @param x {@code [rows, width]} fp32, contiguous, as all here
     * @param scale {@code [width]} fp32
     * @param result like x, fp32 or bf16; is written
     * @param squares each row's mean square, {@code [rows]} fp32; is written
     */
    static void forward(Tensor x, Tensor scale, double eps, Tensor result, Tensor squares) {
        OneDnnPrimitive.run(
                new OneDnnNorm((float) eps),
                new Operand(dnnl.DNNL_ARG_SRC, x),
                new Operand(dnnl.DNNL_ARG_VARIANCE, squares),
                new Operand(dnnl.DNNL_ARG_DST, result),
                new Operand(dnnl.DNNL_ARG_SCALE, scale));
    }

    @Override
    public void describe(
            dnnl_primitive_desc description, List<dnnl_memory_desc> layouts, dnnl_primitive_attr attributes) {
        check(dnnl.dnnl_layer_normalization_forward_primitive_desc_create(
                description,
                OneDnn.engine(),
                dnnl.dnnl_forward_training,
                layouts.get(0),
                layouts.get(2),
                layouts.get(1),
                eps,
                dnnl.dnnl_use_scale | dnnl.dnnl_rms_norm,
                attributes));
    }
}
