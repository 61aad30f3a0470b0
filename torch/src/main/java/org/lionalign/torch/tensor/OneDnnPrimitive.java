package org.lionalign.torch.tensor;

import static org.lionalign.torch.tensor.OneDnn.check;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.dnnl.dnnl_exec_arg_t;
import org.bytedeco.dnnl.dnnl_memory;
import org.bytedeco.dnnl.dnnl_memory_desc;
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
 * Code that oneDNN generated for one computation, one layout of its operands and one number of threads. Several threads may run it at once, each
 * with its own memory for what is between.
 */
final class OneDnnPrimitive {
    /** What is computed, but for the operands; equal kinds of operands alike share what is generated. */
    interface Kind {
        /**
         * Describes it to oneDNN.
         *
         * @param layouts of the operands
         * @param attributes to be added to
         */
        void describe(dnnl_primitive_desc description, List<dnnl_memory_desc> layouts, dnnl_primitive_attr attributes);
    }

    /**
     * A tensor's part in it.
     *
     * @param role one of {@code DNNL_ARG_…}
     * @param open the dimension whose size is left open, so that one primitive serves all; {@link #CLOSED} for none
     */
    record Operand(int role, Tensor tensor, int open) {
        static final int CLOSED = -1;

        Operand(int role, Tensor tensor) {
            this(role, tensor, CLOSED);
        }

        private dnnl_memory_desc layout(boolean general) {
            long[] shape = tensor.shape();
            if (general && open != CLOSED) {
                shape[open] = dnnl.DNNL_RUNTIME_DIM_VAL();
            }
            return OneDnn.layout(tensor.dtype(), shape, OneDnn.strides(tensor));
        }

        private long openSize() {
            return open == CLOSED ? 0 : tensor.size(open);
        }
    }

    private static final Map<Key, OneDnnPrimitive> CACHE = new LinkedHashMap<>(64, 0.75f, true);
    private static long runs;

    private final dnnl_primitive primitive = new dnnl_primitive();
    private final dnnl_memory_desc scratch = new dnnl_memory_desc();
    private final long scratchBytes;
    private final ArrayDeque<Call> idle = new ArrayDeque<>();
    private long lastRun;
    private int users;
    private boolean kept = true;

    static void run(Kind kind, Operand... operands) {
        Key key = Key.of(kind, operands);
        OneDnnPrimitive found;
        Call call;
        synchronized (CACHE) {
            found = CACHE.computeIfAbsent(key, k -> new OneDnnPrimitive(kind, operands));
            call = found.idle.isEmpty() ? found.new Call(operands) : found.idle.pop();
            found.users++;
            found.lastRun = ++runs;
            letIdleGo();
        }
        try {
            call.run(operands);
        } finally {
            found.giveBack(call);
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
        for (OneDnnPrimitive found = oldest.next(); found.lastRun < since; found = oldest.next()) {
            oldest.remove();
            found.kept = false;
            found.freeUnlessUsed();
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
            check(dnnl.dnnl_memory_desc_destroy(scratch));
        }
    }

    private OneDnnPrimitive(Kind kind, Operand... operands) {
        List<dnnl_memory_desc> layouts =
                Arrays.stream(operands).map(operand -> operand.layout(true)).toList();
        dnnl_primitive_attr attributes = new dnnl_primitive_attr();
        check(dnnl.dnnl_primitive_attr_create(attributes));
        // Its own would belong to the thread that it was made on.
        check(dnnl.dnnl_primitive_attr_set_scratchpad_mode(attributes, dnnl.dnnl_scratchpad_mode_user));
        dnnl_primitive_desc description = new dnnl_primitive_desc();
        kind.describe(description, layouts, attributes);
        layouts.forEach(layout -> check(dnnl.dnnl_memory_desc_destroy(layout)));
        check(dnnl.dnnl_primitive_attr_destroy(attributes));
        check(dnnl.dnnl_primitive_create(primitive, description));
        check(dnnl.dnnl_memory_desc_clone(
                scratch, dnnl.dnnl_primitive_desc_query_md(description, dnnl.dnnl_query_scratchpad_md, 0)));
        scratchBytes = dnnl.dnnl_memory_desc_get_size(scratch);
        check(dnnl.dnnl_primitive_desc_destroy(description));
    }

    /** What one run at a time needs; made anew for each, it would take longer than a small product. */
    private final class Call {
        private final dnnl_stream stream = new dnnl_stream();
        private final List<dnnl_memory> places = new ArrayList<>();
        private final long[] sizes; // of the open dimensions, which places are for
        private final dnnl_exec_arg_t arguments;

        Call(Operand... operands) {
            sizes = Arrays.stream(operands).mapToLong(Operand::openSize).toArray();
            arguments = new dnnl_exec_arg_t(operands.length + 1);
            arguments.retainReference(); // not of the scope that is open here
            check(dnnl.dnnl_stream_create(stream, OneDnn.engine(), dnnl.dnnl_stream_default_flags));
            for (int i = 0; i < operands.length; i++) {
                put(i, operands[i]);
            }
            put(operands.length, dnnl.DNNL_ARG_SCRATCHPAD, scratch);
        }

        private void put(int i, Operand operand) {
            dnnl_memory_desc layout = operand.layout(false);
            put(i, operand.role(), layout);
            check(dnnl.dnnl_memory_desc_destroy(layout));
        }

        private void put(int i, int role, dnnl_memory_desc layout) {
            dnnl_memory place = new dnnl_memory();
            check(dnnl.dnnl_memory_create(place, layout, OneDnn.engine(), (Pointer) null));
            places.add(i, place);
            arguments.getPointer(i).arg(role).memory(place);
        }

        void run(Operand... operands) {
            for (int i = 0; i < operands.length; i++) {
                if (sizes[i] != operands[i].openSize()) {
                    sizes[i] = operands[i].openSize();
                    check(dnnl.dnnl_memory_destroy(places.remove(i)));
                    put(i, operands[i]);
                }
                check(dnnl.dnnl_memory_set_data_handle(
                        places.get(i), operands[i].tensor().raw().data_ptr()));
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

    /** What code is generated for: its kind, the threads, and each operand's dtype, shape (−1 where it is open) and strides. */
    private record Key(Kind kind, long[] values) {
        static Key of(Kind kind, Operand... operands) {
            int dims = 0;
            for (Operand operand : operands) {
                dims += operand.tensor().dim();
            }
            long[] values = new long[1 + operands.length + 2 * dims];
            values[0] = torch.get_num_threads();
            int at = 1;
            for (Operand operand : operands) {
                Tensor tensor = operand.tensor();
                values[at++] = OneDnn.type(tensor.dtype());
                for (int i = 0; i < tensor.dim(); i++) {
                    values[at++] = i == operand.open() ? -1 : tensor.size(i);
                    values[at++] = tensor.raw().stride(i);
                }
            }
            return new Key(kind, values);
        }

        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Key key && kind.equals(key.kind) && Arrays.equals(values, key.values);
        }

        @Override
        public int hashCode() {
            return 31 * Arrays.hashCode(values) + kind.hashCode();
        }
    }

    /** A thread's memory for intermediate results, as large as its largest run needed: anew for each it would not be in the cache. */
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
}
