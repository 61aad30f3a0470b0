package org.lionalign.align.train;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/**
 * What preference learning gathers while it trains, as one file of a checkpoint.
 *
 * @param loss what the loss remembers
 * @param refreshedAt steps that were behind when the reference was refreshed, 0 when it never was
 * @param references the refreshed log-probabilities by example
 */
record PairState(double[] loss, long refreshedAt, Map<Integer, PairObjective.Reference> references) {
    private static final String FILE = "pairs.bin";

    /** Nothing yet. */
    static final PairState NONE = new PairState(new double[0], 0, Map.of());

    boolean isEmpty() {
        return loss.length == 0 && refreshedAt == 0;
    }

    void save(Path folder) throws IOException {
        try (DataOutputStream out =
                new DataOutputStream(new BufferedOutputStream(Files.newOutputStream(folder.resolve(FILE))))) {
            out.writeInt(loss.length);
            for (double value : loss) {
                out.writeDouble(value);
            }
            out.writeLong(refreshedAt);
            out.writeInt(references.size());
            for (Map.Entry<Integer, PairObjective.Reference> entry : new TreeMap<>(references).entrySet()) {
                out.writeInt(entry.getKey());
                write(out, entry.getValue().chosen());
                write(out, entry.getValue().rejected());
            }
        }
    }

    /** What was saved, or nothing where there is no file. */
    static PairState load(Path folder) throws IOException {
        Path file = folder.resolve(FILE);
        if (!Files.exists(file)) {
            return NONE;
        }
        try (DataInputStream in = new DataInputStream(new BufferedInputStream(Files.newInputStream(file)))) {
            double[] loss = new double[in.readInt()];
            for (int i = 0; i < loss.length; i++) {
                loss[i] = in.readDouble();
            }
            long refreshedAt = in.readLong();
            Map<Integer, PairObjective.Reference> references = new TreeMap<>();
            for (int n = in.readInt(); n > 0; n--) {
                int example = in.readInt();
                float[] chosen = read(in);
                references.put(example, new PairObjective.Reference(chosen, read(in)));
            }
            return new PairState(loss, refreshedAt, references);
        }
    }

    private static void write(DataOutputStream out, float[] values) throws IOException {
        out.writeInt(values.length);
        for (float value : values) {
            out.writeFloat(value);
        }
    }

    private static float[] read(DataInputStream in) throws IOException {
        float[] values = new float[in.readInt()];
        for (int i = 0; i < values.length; i++) {
            values[i] = in.readFloat();
        }
        return values;
    }
}
