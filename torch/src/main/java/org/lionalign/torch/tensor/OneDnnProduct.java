package org.lionalign.torch.tensor;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.dnnl.dnnl_engine;
import org.bytedeco.dnnl.dnnl_exec_arg_t;
import org.bytedeco.dnnl.dnnl_memory;
import org.bytedeco.dnnl.dnnl_memory_desc;
import org.bytedeco.dnnl.dnnl_post_ops;
import org.bytedeco.dnnl.dnnl_primitive;
import org.bytedeco.dnnl.dnnl_primitive_attr;
import org.bytedeco.dnnl.dnnl_primitive_desc;
import org.bytedeco.dnnl.dnnl_stream;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * A product as oneDNN's C interface knows it: a primitive, generated for one layout of the operands and one number of threads. Several threads may
 * run it at once, each with its own memory for what is between.
 */
final class OneDnnProduct {
    /** What becomes of the product, {@code a · b}. */
    enum End {
        /** It is the result. */
        PLAIN,
        /** The result is its sum with a fourth operand. */
        PLUS,
        /** It is added to what the result was. */
        ADD
    }

    private static final Map<Key, OneDnnProduct> CACHE = new LinkedHashMap<>(64, 0.75f, true);
    private static long runs;

    /** Of the operands, in their order: a, b, the result, and what {@link End#PLUS} adds. */
    private static final int[] ROLES = {
        dnnl.DNNL_ARG_SRC,
        dnnl.DNNL_ARG_WEIGHTS,
        dnnl.DNNL_ARG_DST,
        dnnl.DNNL_ARG_ATTR_MULTIPLE_POST_OP_BASE | dnnl.DNNL_ARG_SRC_1
    };

    private final List<dnnl_memory_desc> layouts;
    private final dnnl_primitive primitive = new dnnl_primitive();
    private final dnnl_memory_desc scratch = new dnnl_memory_desc();
    private final long scratchBytes;
    private final ArrayDeque<Call> idle = new ArrayDeque<>();
    private long lastRun;
    private int users;
    private boolean kept = true;

    /** Whether oneDNN multiplies bf16 on this processor: from AVX-512 on. */
    static boolean possible() {
        return Machine.MULTIPLIES;
    }

    /** @param operands bf16 or fp32 {@code [.., m, k]} and {@code [.., k, n]}, the result {@code [.., m, n]}, and for PLUS one like it */
    static void run(End end, Tensor... operands) {
        Key key = Key.of(end, operands);
        OneDnnProduct product;
        Call call;
        synchronized (CACHE) {
            product = CACHE.computeIfAbsent(key, k -> new OneDnnProduct(end, operands));
            call = product.idle.isEmpty() ? product.new Call() : product.idle.pop();
            product.users++;
            product.lastRun = ++runs;
            letIdleGo();
        }
        try {
            call.run(operands);
        } finally {
            product.giveBack(call);
        }
    }

    /**
     * Lets those go that none of the last runs used, several times as many as are kept. Those in use, each of attention's tiles among them, come
     * round in every block: a limit below their number would let each go just before its turn. And hardly any is of use to the next pass, which
     * has another length.
     */
    private static void letIdleGo() {
        long since = runs - 4L * CACHE.size() - 200;
        var oldest = CACHE.values().iterator();
        for (OneDnnProduct product = oldest.next(); product.lastRun < since; product = oldest.next()) {
            oldest.remove();
            product.kept = false;
            product.freeUnlessUsed();
        }
    }

    private void giveBack(Call call) {
        synchronized (CACHE) {
            idle.push(call);
            users--;
            freeUnlessUsed();
        }
    }

    private void freeUnlessUsed() {
        if (!kept && users == 0) {
            idle.forEach(Call::free);
            check(dnnl.dnnl_primitive_destroy(primitive));
            layouts.forEach(layout -> check(dnnl.dnnl_memory_desc_destroy(layout)));
            check(dnnl.dnnl_memory_desc_destroy(scratch));
        }
    }

    private OneDnnProduct(End end, Tensor... operands) {
        layouts = Arrays.stream(operands).map(OneDnnProduct::layout).toList();
        dnnl_primitive_attr attributes = attributes(end, layouts);
        dnnl_primitive_desc description = new dnnl_primitive_desc();
        check(dnnl.dnnl_matmul_primitive_desc_create(
                description, Machine.ENGINE, layouts.get(0), layouts.get(1), null, layouts.get(2), attributes));
        check(dnnl.dnnl_primitive_attr_destroy(attributes));
        check(dnnl.dnnl_primitive_create(primitive, description));
        check(dnnl.dnnl_memory_desc_clone(
                scratch, dnnl.dnnl_primitive_desc_query_md(description, dnnl.dnnl_query_scratchpad_md, 0)));
        scratchBytes = dnnl.dnnl_memory_desc_get_size(scratch);
        check(dnnl.dnnl_primitive_desc_destroy(description));
    }

    private static dnnl_primitive_attr attributes(End end, List<dnnl_memory_desc> layouts) {
        dnnl_post_ops after = new dnnl_post_ops();
        check(dnnl.dnnl_post_ops_create(after));
        switch (end) {
            case PLAIN -> {}
            case PLUS -> check(dnnl.dnnl_post_ops_append_binary(after, dnnl.dnnl_binary_add, layouts.get(3)));
            case ADD -> check(dnnl.dnnl_post_ops_append_sum(after, 1, 0, dnnl.dnnl_data_type_undef));
        }
        dnnl_primitive_attr attributes = new dnnl_primitive_attr();
        check(dnnl.dnnl_primitive_attr_create(attributes));
        check(dnnl.dnnl_primitive_attr_set_post_ops(attributes, after));
        // Its own would belong to the thread that it was made on.
        check(dnnl.dnnl_primitive_attr_set_scratchpad_mode(attributes, dnnl.dnnl_scratchpad_mode_user));
        check(dnnl.dnnl_post_ops_destroy(after));
        return attributes;
    }

    /** What one run at a time needs; made anew for each, it would take longer than a small product. */
    private final class Call {
        private final dnnl_stream stream = new dnnl_stream();
        private final List<dnnl_memory> places = new ArrayList<>();
        private final dnnl_exec_arg_t arguments = new dnnl_exec_arg_t(layouts.size() + 1);

        Call() {
            arguments.retainReference(); // not of the scope that is open here
            check(dnnl.dnnl_stream_create(stream, Machine.ENGINE, dnnl.dnnl_stream_default_flags));
            for (int i = 0; i <= layouts.size(); i++) {
                boolean operand = i < layouts.size();
                dnnl_memory place = new dnnl_memory();
                check(dnnl.dnnl_memory_create(
                        place, operand ? layouts.get(i) : scratch, Machine.ENGINE, (Pointer) null));
                places.add(place);
                arguments
                        .getPointer(i)
                        .arg(operand ? ROLES[i] : dnnl.DNNL_ARG_SCRATCHPAD)
                        .memory(place);
            }
        }

        void run(Tensor... operands) {
            for (int i = 0; i < operands.length; i++) {
                check(dnnl.dnnl_memory_set_data_handle(
                        places.get(i), operands[i].raw().data_ptr()));
            }
            check(dnnl.dnnl_memory_set_data_handle(places.get(operands.length), Scratch.of(scratchBytes)));
            check(dnnl.dnnl_primitive_execute(primitive, stream, places.size(), arguments));
        }

        void free() {
            places.forEach(place -> check(dnnl.dnnl_memory_destroy(place)));
            check(dnnl.dnnl_stream_destroy(stream));
            arguments.close();
        }
    }

    private static void check(int status) {
        if (status != dnnl.dnnl_success) {
            throw new IllegalStateException("oneDNN refused a product, with status " + status);
        }
    }

    /** What a product is generated for: its end, the threads, and each operand's dtype, shape and strides. */
    private record Key(End end, long[] values) {
        static Key of(End end, Tensor... operands) {
            int dims = operands[0].dim();
            long[] values = new long[1 + operands.length * (1 + 2 * dims)];
            values[0] = torch.get_num_threads();
            int at = 1;
            for (Tensor operand : operands) {
                values[at++] = type(operand.dtype());
                for (int i = 0; i < dims; i++) {
                    values[at++] = operand.size(i);
                    values[at++] = operand.raw().stride(i);
                }
            }
            return new Key(end, values);
        }

        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Key key && end == key.end && Arrays.equals(values, key.values);
        }

        @Override
        public int hashCode() {
            return 31 * Arrays.hashCode(values) + end.hashCode();
        }
    }

    private static dnnl_memory_desc layout(Tensor tensor) {
        long[] shape = tensor.shape();
        long[] strides = new long[shape.length];
        for (int i = 0; i < shape.length; i++) {
            strides[i] = tensor.raw().stride(i);
        }
        return layout(tensor.dtype(), shape, strides);
    }

    private static dnnl_memory_desc layout(Dtype dtype, long[] shape, long[] strides) {
        dnnl_memory_desc layout = new dnnl_memory_desc();
        check(dnnl.dnnl_memory_desc_create_with_strides(layout, shape.length, shape, type(dtype), strides));
        return layout;
    }

    private static int type(Dtype dtype) {
        return dtype == Dtype.BF16 ? dnnl.dnnl_bf16 : dnnl.dnnl_f32;
    }

    /** A thread's memory for intermediate results, as large as its largest product needed: anew for each it would not be in the cache. */
    private static final class Scratch {
        /** What oneDNN's own begins at. */
        private static final long PAGE = 4096;

        /** Freed by the garbage collector, behind its thread. */
        private static final ThreadLocal<@Nullable BytePointer> HERE = new ThreadLocal<>();

        static BytePointer of(long bytes) {
            BytePointer here = HERE.get();
            if (here == null || here.capacity() - here.position() < bytes) {
                if (here != null) {
                    here.close();
                }
                here = new BytePointer(bytes + PAGE);
                here.retainReference(); // not of the scope that is open here
                here.position(PAGE - here.address() % PAGE);
                HERE.set(here);
            }
            return here;
        }
    }

    /** Made when the first product is asked for, not before: the library's 90 MB are not for everyone. */
    private static final class Machine {
        static final dnnl_engine ENGINE = new dnnl_engine();
        static final boolean MULTIPLIES;

        static {
            Engine.start();
            check(dnnl.dnnl_engine_create(ENGINE, dnnl.dnnl_cpu, 0));
            check(dnnl.dnnl_set_primitive_cache_capacity(0)); // what is kept is kept here
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
