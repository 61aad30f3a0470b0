package org.lionalign.torch.tensor;

import java.util.concurrent.atomic.AtomicBoolean;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.global.torch;

/** Starts libtorch once per process, with the settings that ENGINE.md 2 found necessary. */
public final class Engine {
    private static final AtomicBoolean STARTED = new AtomicBoolean();

    private Engine() {}

    /** Loads the native library; later calls do nothing. Every entry point of this package calls it. */
    public static synchronized void start() {
        if (STARTED.get()) {
            return;
        }
        if (Pointer.maxPhysicalBytes() > 0 && System.getProperty("org.bytedeco.javacpp.maxPhysicalBytes") == null) {
            throw new IllegalStateException(
                    "start the JVM with -Dorg.bytedeco.javacpp.maxPhysicalBytes=0, as ./lion does:"
                            + " JavaCPP would otherwise take tensors for a leak");
        }
        useThreads(threads());
        BlasThreads.all();
        STARTED.set(true);
    }

    /** Intra-operator threads: {@code LION_THREADS}, else the processors the JVM sees. */
    public static int threads() {
        String set = System.getenv("LION_THREADS");
        return set == null ? Runtime.getRuntime().availableProcessors() : Integer.parseInt(set);
    }

    /**
     * Operators of this thread run on so many threads from now on. The question before it is not idle: the first time that a thread asks, libtorch
     * sets its number to what was set last on any thread. Left to an operator after this, one core or all would be chance, and so the order of sums.
     */
    static void useThreads(int threads) {
        torch.get_num_threads();
        torch.set_num_threads(threads);
    }

    /** Number of native objects alive, for leak tests. */
    public static long liveObjects() {
        return Pointer.totalCount();
    }

    /** Resident memory of this process in bytes. */
    public static long residentBytes() {
        return Pointer.physicalBytes();
    }

    /** Version of the libtorch binding, such as {@code 2.10.0-1.5.13}; "unknown" when the jar does not say. */
    public static String version() {
        try {
            return org.bytedeco.javacpp.Loader.getVersion("org.bytedeco", "pytorch");
        } catch (java.io.IOException e) {
            return "unknown";
        }
    }
}
