package org.lionalign.core.data;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.TreeMap;
import org.lionalign.core.json.Json;

/** Rows in = rows kept + rows set aside, by source and reason. It must balance, else the run fails (ARCHITECTURE.md 3). */
public final class Ledger {
    private final TreeMap<String, Long> in = new TreeMap<>();
    private final TreeMap<String, Long> kept = new TreeMap<>();
    private final TreeMap<String, TreeMap<String, Long>> aside = new TreeMap<>();
    private final TreeMap<String, Long> cut = new TreeMap<>();
    private long windowsDropped;

    /** A row was read. */
    public void read(String source) {
        in.merge(source, 1L, Long::sum);
    }

    /** It will be trained on. */
    public void keep(String source) {
        kept.merge(source, 1L, Long::sum);
    }

    /** It will not, for this reason. */
    public void setAside(String source, String reason) {
        aside.computeIfAbsent(source, s -> new TreeMap<>()).merge(reason, 1L, Long::sum);
    }

    /** A kept row lost its end. */
    public void cut(String source) {
        cut.merge(source, 1L, Long::sum);
    }

    /** A packed window went because too little of it is supervised. */
    public void droppedWindow() {
        windowsDropped++;
    }

    public long windowsDropped() {
        return windowsDropped;
    }

    /** Fails unless every row that was read is accounted for. */
    public void check() {
        for (String source : in.keySet()) {
            long out = kept.getOrDefault(source, 0L)
                    + aside.getOrDefault(source, new TreeMap<>()).values().stream()
                            .mapToLong(Long::longValue)
                            .sum();
            if (out != in.get(source)) {
                throw new IllegalStateException(
                        "ledger of " + source + ": " + in.get(source) + " rows in, " + out + " accounted for");
            }
        }
    }

    public long keptRows() {
        return kept.values().stream().mapToLong(Long::longValue).sum();
    }

    /** By source: in, kept, cut, set aside by reason. */
    public ObjectNode toJson() {
        ObjectNode node = Json.object();
        for (String source : in.keySet()) {
            ObjectNode entry = node.putObject(source);
            entry.put("in", in.get(source));
            entry.put("kept", kept.getOrDefault(source, 0L));
            entry.put("cut", cut.getOrDefault(source, 0L));
            ObjectNode reasons = entry.putObject("set_aside");
            aside.getOrDefault(source, new TreeMap<>()).forEach(reasons::put);
        }
        return node;
    }
}
