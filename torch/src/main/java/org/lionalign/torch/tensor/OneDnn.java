package org.lionalign.torch.tensor;

import org.bytedeco.dnnl.dnnl_engine;
import org.bytedeco.dnnl.dnnl_memory_desc;
import org.bytedeco.dnnl.dnnl_primitive_desc;
import org.bytedeco.dnnl.global.dnnl;

/** oneDNN on this machine's CPU, through its C interface: what all that is asked of it has in common. */
final class OneDnn {
    private OneDnn() {}

    /** Whether oneDNN multiplies bf16 on this processor: from AVX-512 on. */
    static boolean multipliesNarrow() {
        return Machine.MULTIPLIES;
    }

    /** Whether it does so in Intel's tiles (AMX). */
    static boolean multipliesInTiles() {
        return Machine.TILES;
    }

    static dnnl_engine engine() {
        return Machine.ENGINE;
    }

    static void check(int status) {
        if (status != dnnl.dnnl_success) {
            throw new IllegalStateException("oneDNN refused, with status " + status);
        }
    }

    static dnnl_memory_desc layout(Dtype dtype, long[] shape, long[] strides) {
        dnnl_memory_desc layout = new dnnl_memory_desc();
        check(dnnl.dnnl_memory_desc_create_with_strides(layout, shape.length, shape, type(dtype), strides));
        return layout;
    }

    static long[] strides(Tensor tensor) {
        long[] strides = new long[tensor.dim()];
        for (int i = 0; i < strides.length; i++) {
            strides[i] = tensor.raw().stride(i);
        }
        return strides;
    }

    static int type(Dtype dtype) {
        return dtype == Dtype.BF16 ? dnnl.dnnl_bf16 : dnnl.dnnl_f32;
    }

    /** Made when the first is asked for, not before: the library's 90 MB are not for everyone. */
    private static final class Machine {
        static final dnnl_engine ENGINE = new dnnl_engine();
        static final boolean MULTIPLIES;
        static final boolean TILES;

        static {
            Engine.start();
            check(dnnl.dnnl_engine_create(ENGINE, dnnl.dnnl_cpu, 0));
            check(dnnl.dnnl_set_primitive_cache_capacity(0)); // what is kept is kept here
            TILES = (dnnl.dnnl_get_effective_cpu_isa() & dnnl.dnnl_cpu_isa_avx512_core_amx)
                    == dnnl.dnnl_cpu_isa_avx512_core_amx;
            long[] square = {16, 16};
            long[] rows = {16, 1};
            dnnl_memory_desc narrow = layout(Dtype.BF16, square, rows);
            dnnl_memory_desc wide = layout(Dtype.F32, square, rows);
            dnnl_primitive_desc description = new dnnl_primitive_desc();
            int status = dnnl.dnnl_matmul_primitive_desc_create(description, ENGINE, narrow, narrow, null, wide, null);
            MULTIPLIES = status != dnnl.dnnl_unimplemented;
            if (MULTIPLIES) {
                check(status);
                check(dnnl.dnnl_primitive_desc_destroy(description));
            }
            check(dnnl.dnnl_memory_desc_destroy(narrow));
            check(dnnl.dnnl_memory_desc_destroy(wide));
        }
    }
}
