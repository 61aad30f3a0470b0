package org.lionalign.align.pipeline;

import java.nio.file.Path;
import java.util.function.LongSupplier;
import org.lionalign.core.format.AppendLog;
import org.lionalign.core.json.Json;

/**
 * The time that a node took over all its starts: {@code seconds.jsonl} in its folder, a line {@code {"start","seconds"}} for each stretch.
 * What was not written down when a start was killed, a few seconds or the time since the last mark of progress, is not counted.
 */
final class Spent {
    private static final double SECONDS_BETWEEN_LINES = 5;

    private final AppendLog log;
    private final LongSupplier nanos;
    private int starts;
    private double total;
    private long last;

    /**
     * A new start.
     *
     * @param nanos a clock
     */
    Spent(Path folder, LongSupplier nanos) {
        this.log = new AppendLog(folder.resolve("seconds.jsonl"));
        this.nanos = nanos;
        log.read((place, line) -> {
            var node = Json.parse(line, log.file().toString());
            starts = node.path("start").asInt();
            total += node.path("seconds").asDouble();
        });
        starts++;
        last = nanos.getAsLong();
        write(0);
    }

    private void write(double seconds) {
        log.append(Json.write(Json.object().put("start", starts).put("seconds", seconds)));
        total += seconds;
    }

    /** Writes down what passed, if that is worth a line. */
    void mark() {
        if ((nanos.getAsLong() - last) / 1e9 >= SECONDS_BETWEEN_LINES) {
            end();
        }
    }

    /** Writes down what passed. */
    void end() {
        long now = nanos.getAsLong();
        write((now - last) / 1e9);
        last = now;
    }

    /** Seconds of all starts, as far as they were written down. */
    double seconds() {
        return total;
    }

    /** How often the node was started, this time included. */
    int starts() {
        return starts;
    }
}
