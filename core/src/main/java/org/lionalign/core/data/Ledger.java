package org.lionalign.core.data;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.TreeMap;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.json.Json;

/** Rows in = rows kept + rows set aside, by source and reason. It must balance, else the run fails (ARCHITECTURE.md 3). */
public final class Ledger {
    /** Why a row is set aside that occurred before. */
    public static final String DUPLICATE = "duplicate";

    private static final String NOT_DRAWN = "not drawn (fraction)";

    private final TreeMap<String, Long> in = new TreeMap<>();
    private final TreeMap<String, Long> kept = new TreeMap<>();
    private final TreeMap<String, TreeMap<String, Long>> aside = new TreeMap<>();
    private final TreeMap<String, Long> cut = new TreeMap<>();
    private final TreeMap<String, Long> repeated = new TreeMap<>();
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

    /** Kept rows that the source's fraction leaves out. */
    public void notDrawn(String source, long rows) {
        if (rows > 0) {
            kept.merge(source, -rows, Long::sum);
            aside.computeIfAbsent(source, s -> new TreeMap<>()).merge(NOT_DRAWN, rows, Long::sum);
        }
    }

    /** Kept rows that the source's fraction takes once more. */
    public void repeated(String source, long times) {
        if (times > 0) {
            repeated.merge(source, times, Long::sum);
        }
    }

    /** Fails when a source lost more than this share of its rows to anything but its own fraction and duplicates. */
    public void checkShare(double share) {
        for (String source : in.keySet()) {
            long lost = aside.getOrDefault(source, new TreeMap<>()).entrySet().stream()
                    .filter(entry ->
                            !entry.getKey().equals(NOT_DRAWN) && !entry.getKey().equals(DUPLICATE))
                    .mapToLong(java.util.Map.Entry::getValue)
                    .sum();
            if (lost > share * in.get(source)) {
                throw new BadInput(source + ": expected at most " + Math.round(share * 100)
                        + " % of the rows to be unusable (data.set_aside_share), found " + lost + " of "
                        + in.get(source) + ": " + aside.get(source));
            }
        }
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

    /** What {@link #toJson} wrote. */
    public static Ledger of(JsonNode node) {
        Ledger ledger = new Ledger();
        for (var entry : node.properties()) {
            JsonNode values = entry.getValue();
            if (!values.isObject()) {
                ledger.windowsDropped = values.asLong();
                continue;
            }
            ledger.in.put(entry.getKey(), values.path("in").asLong());
            ledger.kept.put(entry.getKey(), values.path("kept").asLong());
            ledger.cut.put(entry.getKey(), values.path("cut").asLong());
            if (values.has("repeated")) {
                ledger.repeated.put(entry.getKey(), values.path("repeated").asLong());
            }
            TreeMap<String, Long> reasons = new TreeMap<>();
            values.path("set_aside")
                    .properties()
                    .forEach(r -> reasons.put(r.getKey(), r.getValue().asLong()));
            ledger.aside.put(entry.getKey(), reasons);
        }
        return ledger;
    }

    /** By source: in, kept, cut, set aside by reason. */
    public ObjectNode toJson() {
        ObjectNode node = Json.object();
        for (String source : in.keySet()) {
            ObjectNode entry = node.putObject(source);
            entry.put("in", in.get(source));
            entry.put("kept", kept.getOrDefault(source, 0L));
            entry.put("cut", cut.getOrDefault(source, 0L));
            if (repeated.containsKey(source)) {
                entry.put("repeated", repeated.get(source));
            }
            ObjectNode reasons = entry.putObject("set_aside");
            aside.getOrDefault(source, new TreeMap<>()).forEach(reasons::put);
        }
        if (windowsDropped > 0) {
            node.put("windows dropped", windowsDropped);
        }
        return node;
    }
}
