package org.lionalign.core.data;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import java.util.TreeMap;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.json.Json;

/**
 * Rows in = rows kept + rows set aside, by source and reason; tokens in = supervised + context. It must balance, else the run fails
 * (ARCHITECTURE.md 3).
 */
public final class Ledger {
    /** Why a row is set aside that occurred before. */
    public static final String DUPLICATE = "duplicate";

    /** How the reasons begin for rows that could be used but are not wanted (data.select). */
    public static final String NOT_SELECTED = "not selected: ";

    private static final String NOT_DRAWN = "not drawn (fraction)";

    private final TreeMap<String, Long> in = new TreeMap<>();
    private final TreeMap<String, Long> kept = new TreeMap<>();
    private final TreeMap<String, Map<String, Long>> aside = new TreeMap<>();
    private final TreeMap<String, Long> cut = new TreeMap<>();
    private final TreeMap<String, Long> repeated = new TreeMap<>();
    private final TreeMap<String, Map<String, Long>> layouts = new TreeMap<>();
    private final TreeMap<String, long[]> tokens = new TreeMap<>();
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

    /** It was understood as having this layout. */
    public void layout(String source, String layout) {
        layouts.computeIfAbsent(source, s -> new TreeMap<>()).merge(layout, 1L, Long::sum);
    }

    /** Tokens of a row, each time it is trained on. */
    public void tokens(String source, long supervised, long context) {
        long[] both = tokens.computeIfAbsent(source, s -> new long[2]);
        both[0] += supervised;
        both[1] += context;
    }

    /**
     * Fails when a source is supervised not at all, or wholly although only answers should be: the sign of a template whose answers were
     * not found (PITFALLS 2).
     *
     * @param answersOnly whether some tokens of each row should be context
     */
    public void checkMasks(boolean answersOnly) {
        tokens.forEach((source, both) -> {
            if (both[0] == 0 || (answersOnly && both[1] == 0)) {
                throw new BadInput(source + ": expected some tokens to be supervised and some context, found " + both[0]
                        + " supervised and " + both[1] + " context; does the chat template mark the assistant's turns?"
                        + " (lion data --show 3 shows them)");
            }
        });
    }

    /** Kept rows that the source's fraction leaves out. */
    public void notDrawn(String source, long rows) {
        if (rows > 0) {
            kept.merge(source, -rows, Long::sum);
            aside.computeIfAbsent(source, s -> new TreeMap<>()).merge(NOT_DRAWN, rows, Long::sum);
        }
    }

    /** Kept rows that the random subset of all sources leaves out. */
    public void notInSubset(String source, long rows) {
        if (rows > 0) {
            kept.merge(source, -rows, Long::sum);
            aside.computeIfAbsent(source, s -> new TreeMap<>()).merge(NOT_SELECTED + "random subset", rows, Long::sum);
        }
    }

    /** Kept rows that the source's fraction takes once more; below 0 where a subset leaves repetitions out. */
    public void repeated(String source, long times) {
        if (times != 0) {
            repeated.merge(source, times, Long::sum);
        }
    }

    /** Fails when a source lost more than this share of its rows to anything but its own fraction and duplicates. */
    public void checkShare(double share) {
        for (String source : in.keySet()) {
            long lost = aside.getOrDefault(source, new TreeMap<>()).entrySet().stream()
                    .filter(entry -> !entry.getKey().equals(NOT_DRAWN)
                            && !entry.getKey().equals(DUPLICATE)
                            && !entry.getKey().startsWith(NOT_SELECTED))
                    .mapToLong(Map.Entry::getValue)
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
            ledger.aside.put(entry.getKey(), counts(values.path("set_aside")));
            if (values.has("layouts")) {
                ledger.layouts.put(entry.getKey(), counts(values.path("layouts")));
            }
            if (values.has("supervised_tokens")) {
                ledger.tokens(
                        entry.getKey(),
                        values.path("supervised_tokens").asLong(),
                        values.path("context_tokens").asLong());
            }
        }
        return ledger;
    }

    private static Map<String, Long> counts(JsonNode node) {
        Map<String, Long> counts = new TreeMap<>();
        node.properties().forEach(r -> counts.put(r.getKey(), r.getValue().asLong()));
        return counts;
    }

    /** By source: in, kept, cut, tokens, layouts, set aside by reason. */
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
            long[] both = tokens.get(source);
            if (both != null) {
                entry.put("supervised_tokens", both[0]).put("context_tokens", both[1]);
            }
            if (layouts.containsKey(source)) {
                layouts.get(source).forEach(entry.putObject("layouts")::put);
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
