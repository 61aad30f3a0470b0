package org.lionalign.torch.tensor;

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

    private static final Map<List<Object>, OneDnnProduct> CACHE = new LinkedHashMap<>(64, 0.75f, true);
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
    private long lastRun;
    private int users;
    private boolean kept = true;

    /** Whether oneDNN multiplies bf16 on this processor: from AVX-512 on. */
    static boolean possible() {
        return Machine.MULTIPLIES;
    }

    /** @param operands bf16 {@code [.., m, k]} and {@code [.., k, n]}, the result {@code [.., m, n]}, and for PLUS one like it */
    static void run(End end, Tensor... operands) {
        OneDnnProduct product = taken(end, operands);
        try {
            product.run(operands);
        } finally {
            product.giveBack();
        }
    }

    private static OneDnnProduct taken(End end, Tensor... operands) {
        List<Layout> layouts = Arrays.stream(operands).map(Layout::of).toList();
        List<Object> key = List.of(end, torch.get_num_threads(), layouts);
        synchronized (CACHE) {
            OneDnnProduct product = CACHE.computeIfAbsent(key, k -> new OneDnnProduct(end, layouts));
            product.users++;
            product.lastRun = ++runs;
            letIdleGo();
            return product;
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

    private void giveBack() {
        synchronized (CACHE) {
            users--;
            freeUnlessUsed();
        }
    }

    private void freeUnlessUsed() {
        if (!kept && users == 0) {
            check(dnnl.dnnl_primitive_destroy(primitive));
            layouts.forEach(layout -> check(dnnl.dnnl_memory_desc_destroy(layout)));
            check(dnnl.dnnl_memory_desc_destroy(scratch));
        }
    }

    private OneDnnProduct(End end, List<Layout> operands) {
        layouts = operands.stream().map(Layout::described).toList();
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

    private void run(Tensor... operands) {
        List<dnnl_memory> places = new ArrayList<>();
        dnnl_stream stream = new dnnl_stream();
        check(dnnl.dnnl_stream_create(stream, Machine.ENGINE, dnnl.dnnl_stream_default_flags));
        try (dnnl_exec_arg_t arguments = new dnnl_exec_arg_t(operands.length + 1)) {
            for (int i = 0; i < operands.length; i++) {
                places.add(place(layouts.get(i), operands[i].raw().data_ptr()));
                arguments.getPointer(i).arg(ROLES[i]).memory(places.get(i));
            }
            places.add(place(scratch, Scratch.of(scratchBytes)));
            arguments.getPointer(operands.length).arg(dnnl.DNNL_ARG_SCRATCHPAD).memory(places.get(operands.length));
            check(dnnl.dnnl_primitive_execute(primitive, stream, places.size(), arguments));
        } finally {
            places.forEach(place -> check(dnnl.dnnl_memory_destroy(place)));
            check(dnnl.dnnl_stream_destroy(stream));
        }
    }

    private static dnnl_memory place(dnnl_memory_desc layout, Pointer data) {
        dnnl_memory place = new dnnl_memory();
        check(dnnl.dnnl_memory_create(place, layout, Machine.ENGINE, data));
        return place;
    }

    private static void check(int status) {
        if (status != dnnl.dnnl_success) {
            throw new IllegalStateException("oneDNN refused a product, with status " + status);
        }
    }

    /** Of a tensor. */
    private record Layout(Dtype dtype, List<Long> shape, List<Long> strides) {
        static Layout of(Tensor tensor) {
            List<Long> shape = new ArrayList<>();
            List<Long> strides = new ArrayList<>();
            for (int i = 0; i < tensor.dim(); i++) {
                shape.add(tensor.size(i));
                strides.add(tensor.raw().stride(i));
            }
            return new Layout(tensor.dtype(), shape, strides);
        }

        dnnl_memory_desc described() {
            dnnl_memory_desc layout = new dnnl_memory_desc();
            check(dnnl.dnnl_memory_desc_create_with_strides(
                    layout,
                    shape.size(),
                    shape.stream().mapToLong(n -> n).toArray(),
                    dtype == Dtype.BF16 ? dnnl.dnnl_bf16 : dnnl.dnnl_f32,
                    strides.stream().mapToLong(n -> n).toArray()));
            return layout;
        }
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
            List<Long> square = List.of(16L, 16L);
            List<Long> rows = List.of(16L, 1L);
            dnnl_memory_desc narrow = new Layout(Dtype.BF16, square, rows).described();
            dnnl_memory_desc wide = new Layout(Dtype.F32, square, rows).described();
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
