package org.lionalign.core.data;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Finds training rows that hold a run of 13 words of a benchmark's prompts (GPT-3's criterion; Brown et al. 2020, appendix C). Prompts of
 * fewer words, but at least 8, count as a whole.
 */
public final class Decontamination {
    private static final int RUN = 13;
    private static final int SHORTEST = 8;

    private final Set<Long> runs = new HashSet<>();
    private final Set<Integer> lengths = new HashSet<>();

    /** @param benchmarks files of rows; every text in them counts */
    public Decontamination(List<Path> benchmarks) {
        for (Path file : benchmarks) {
            try (RowReader rows = RowFiles.open(file)) {
                for (RowReader.Row row = rows.next(); row != null; row = rows.next()) {
                    if (row.value() != null) {
                        collect(row.value());
                    }
                }
            }
        }
    }

    private void collect(JsonNode node) {
        if (node.isTextual()) {
            List<String> words = Words.of(node.textValue());
            int run = Math.min(RUN, words.size());
            if (run >= SHORTEST) {
                lengths.add(run);
                for (int from = 0; from + run <= words.size(); from++) {
                    runs.add(Words.hash(words, from, from + run));
                }
            }
        }
        node.forEach(this::collect);
    }

    /** Whether the text holds such a run. */
    public boolean contaminated(String text) {
        List<String> words = Words.of(text);
        for (int run : lengths) {
            for (int from = 0; from + run <= words.size(); from++) {
                if (runs.contains(Words.hash(words, from, from + run))) {
                    return true;
                }
            }
        }
        return false;
    }
}
