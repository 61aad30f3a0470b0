package org.lionalign.torch.nn;

import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.Objects;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The parts of one training pass, each on a core of its own from the embedding to the embedding's gradient: a core that shares every operator
 * with the others waits for them at each. The parts meet once, for the loss; and they add to a gradient in turns, so that its sum comes out
 * the same every time: the k-th addition of a part follows the k-th of the part before it, and the (k−1)-th of the one behind it.
 *
 * <p>All parts do the same additions in the same order, or fewer, with no other left to do after the last.
 */
public final class SideBySide {
    private static final ThreadLocal<@Nullable Place> PLACE = new ThreadLocal<>();

    private record Place(SideBySide all, int index) {}

    private final int count;
    private final IdentityHashMap<Object, int[]> done = new IdentityHashMap<>();
    private final boolean[] over;
    private final float[][] outputs;
    private int arrived;
    private float @Nullable [] answer;
    private @Nullable RuntimeException failure;

    public SideBySide(int count) {
        this.count = count;
        this.over = new boolean[count];
        this.outputs = new float[count][];
    }

    /** Does the work of part {@code index} on this thread; what one part throws, the others throw as well where they wait for it. */
    public void run(int index, Runnable work) {
        PLACE.set(new Place(this, index));
        try {
            work.run();
        } catch (RuntimeException e) {
            fail(e);
            throw e;
        } catch (Error e) {
            fail(new IllegalStateException(e));
            throw e;
        } finally {
            PLACE.remove();
            end(index);
        }
    }

    private synchronized void fail(RuntimeException e) {
        failure = failure == null ? e : failure;
        notifyAll();
    }

    private synchronized void end(int index) {
        over[index] = true;
        notifyAll();
    }

    /** Whether this thread does a part of a pass. */
    static boolean here() {
        return PLACE.get() != null;
    }

    /** Does an addition to {@code target}'s gradient when it is this thread's turn; at once outside of parts. */
    static void inTurn(Object target, Runnable addition) {
        Place place = PLACE.get();
        if (place == null) {
            addition.run();
        } else {
            place.all().turn(place.index(), target, addition);
        }
    }

    private void turn(int index, Object target, Runnable addition) {
        int[] counts = counts(target);
        synchronized (this) {
            await(() -> mayAdd(index, counts));
        }
        addition.run();
        synchronized (this) {
            counts[index]++;
            notifyAll();
        }
    }

    private synchronized int[] counts(Object target) {
        return done.computeIfAbsent(target, t -> new int[count]);
    }

    private boolean mayAdd(int index, int[] counts) {
        for (int other = 0; other < count; other++) {
            int needed = counts[index] + (other < index ? 1 : 0);
            if (other != index && counts[other] < needed && !over[other]) {
                return false;
            }
        }
        return true;
    }

    /**
     * Waits until all parts have their outputs, and gives each its share of the loss's gradient.
     *
     * @param values this part's outputs
     * @param objective of all parts' outputs, in order; called by one part
     */
    public synchronized float[] meet(float[] values, UnaryOperator<float[]> objective) {
        Place place = PLACE.get();
        if (place == null || place.all() != this) {
            throw new IllegalStateException("outside of run");
        }
        outputs[place.index()] = values;
        arrived++;
        if (arrived == count) {
            answer = objective.apply(joined());
            notifyAll();
        }
        await(() -> answer != null);
        float[] all = Objects.requireNonNull(answer);
        int from = 0;
        for (int part = 0; part < place.index(); part++) {
            from += outputs[part].length;
        }
        float[] share = new float[values.length];
        System.arraycopy(all, from, share, 0, share.length);
        return share;
    }

    /** What the parts brought to {@link #meet}, one after the other. */
    public synchronized float[] joined() {
        return joined(outputs);
    }

    /** The values of parts, one part's after the other's. */
    public static float[] joined(float[][] parts) {
        FloatBuffer all = FloatBuffer.allocate(
                Arrays.stream(parts).mapToInt(part -> part.length).sum());
        for (float[] part : parts) {
            all.put(part);
        }
        return all.array();
    }

    /** Called with this object's lock, as all that changes what is waited for. */
    private synchronized void await(BooleanSupplier ready) {
        while (!ready.getAsBoolean() && failure == null) {
            try {
                wait();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("interrupted", e);
            }
        }
        if (failure != null) {
            throw failure;
        }
    }
}
