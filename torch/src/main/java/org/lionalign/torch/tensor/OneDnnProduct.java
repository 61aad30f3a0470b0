package org.lionalign.torch.tensor;

import static org.lionalign.torch.tensor.OneDnn.check;

import java.util.List;
import org.bytedeco.dnnl.dnnl_memory_desc;
import org.bytedeco.dnnl.dnnl_post_ops;
import org.bytedeco.dnnl.dnnl_primitive_attr;
import org.bytedeco.dnnl.dnnl_primitive_desc;
import org.bytedeco.dnnl.global.dnnl;
import org.lionalign.torch.tensor.OneDnnPrimitive.Operand;

/** What becomes of oneDNN's product, {@code a · b}. */
enum OneDnnProduct implements OneDnnPrimitive.Kind {
    /** It is the result. */
    PLAIN,
    /** The result is its sum with a fourth operand. */
    PLUS,
    /** It is added to what the result was. */
    ADD;

    /** Of the operands, in their order: a, b, the result, and what {@link #PLUS} adds. */
    private static final int[] ROLES = {
        dnnl.DNNL_ARG_SRC,
        dnnl.DNNL_ARG_WEIGHTS,
        dnnl.DNNL_ARG_DST,
        dnnl.DNNL_ARG_ATTR_MULTIPLE_POST_OP_BASE | dnnl.DNNL_ARG_SRC_1
    };

    /** Of each operand, the dimension that is left open: none, the result's rows, or what is summed over. */
    private static final int[] CLOSED = {Operand.CLOSED, Operand.CLOSED, Operand.CLOSED, Operand.CLOSED};

    private static final int[] ROWS = {0, Operand.CLOSED, 0};
    private static final int[] SUMMED = {1, 0, Operand.CLOSED};

    /** More rows are worth code of their own. */
    private static final int MOST_OPEN_ROWS = 1536;

    /** @param operands bf16 or fp32 {@code [.., m, k]} and {@code [.., k, n]}, the result {@code [.., m, n]}, and for PLUS an fp32 one like it */
    static void run(OneDnnProduct end, Tensor... operands) {
        int[] open = open(operands[0]);
        if (end == PLUS && open != CLOSED) { // oneDNN has no such sum for open sizes
            operands[2].copy_(operands[3]);
            run(ADD, operands[0], operands[1], operands[2]);
            return;
        }
        Operand[] all = new Operand[operands.length];
        for (int i = 0; i < all.length; i++) {
            all[i] = new Operand(ROLES[i], operands[i], open[i]);
        }
        OneDnnPrimitive.run(end, all);
    }

    /**
     * For Intel's tiles a product's code takes 1 to 13 ms to generate, and hardly two passes have the same number of tokens. So these are left open,
     * in which case the code for few rows is mostly twice as fast as well, and that for weights' gradients, which sum over tokens, by a third.
     */
    private static int[] open(Tensor a) {
        if (a.dtype() != Dtype.BF16 || a.dim() != 2 || !OneDnn.multipliesInTiles()) {
            return CLOSED;
        }
        boolean rowByRow = a.raw().stride(1) == 1;
        return !rowByRow ? SUMMED : a.size(0) <= MOST_OPEN_ROWS ? ROWS : CLOSED;
    }

    @Override
    public void describe(
            dnnl_primitive_desc description, List<dnnl_memory_desc> layouts, dnnl_primitive_attr attributes) {
        dnnl_post_ops after = new dnnl_post_ops();
        check(dnnl.dnnl_post_ops_create(after));
        switch (this) {
            case PLAIN -> {}
            case PLUS -> check(dnnl.dnnl_post_ops_append_binary(after, dnnl.dnnl_binary_add, layouts.get(3)));
            case ADD -> check(dnnl.dnnl_post_ops_append_sum(after, 1, 0, dnnl.dnnl_data_type_undef));
        }
        check(dnnl.dnnl_primitive_attr_set_post_ops(attributes, after));
        check(dnnl.dnnl_post_ops_destroy(after));
        check(dnnl.dnnl_matmul_primitive_desc_create(
                description, OneDnn.engine(), layouts.get(0), layouts.get(1), null, layouts.get(2), attributes));
    }
}
