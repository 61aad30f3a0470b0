package org.lionalign.align.eval.alpaca;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.lionalign.core.data.CsvFile;
import org.lionalign.core.error.BadInput;

/**
 * What AlpacaEval's length-controlled win rate needs beside the annotations. The files are on the Hugging Face hub, data set
 * {@code tatsu-lab/alpaca_eval}.
 *
 * @param byIndex difficulty of the instruction at each row of the set
 * @param gamed annotations of the two baselines whose answers were made long or short on purpose; empty where only the difficulties are
 *     known, from {@code instruction_difficulty.csv}
 */
public record Difficulty(Map<Integer, Double> byIndex, List<Gamed> gamed) {
    /**
     * An annotation of a gamed baseline.
     *
     * @param preference 0 to 1
     * @param stdDeltaLen length of the reference minus its own, over the standard deviation
     */
    public record Gamed(double preference, double stdDeltaLen, double difficulty, boolean notGamed) {}

    /** Reads {@code df_gamed.csv}, or {@code instruction_difficulty.csv}. */
    public static Difficulty read(Path file) {
        CsvFile csv = CsvFile.read(file);
        String index = csv.has("index") ? "index" : "";
        if (!csv.has(index) || !csv.has("instruction_difficulty")) {
            throw BadInput.of(
                    file, 1, "header", "index and instruction_difficulty (df_gamed.csv)", "columns " + csv.columns());
        }
        boolean whole = csv.has("std_delta_len");
        Map<Integer, Double> byIndex = new HashMap<>(); // looked up only
        List<Gamed> gamed = new ArrayList<>();
        for (CsvFile.Row row : csv.rows()) {
            double difficulty = csv.number(row, "instruction_difficulty");
            byIndex.putIfAbsent((int) csv.number(row, index), difficulty);
            if (whole) {
                gamed.add(new Gamed(
                        csv.number(row, "preference"),
                        csv.number(row, "std_delta_len"),
                        difficulty,
                        csv.text(row, "not_gamed_baseline").strip().equalsIgnoreCase("true")));
            }
        }
        return new Difficulty(byIndex, gamed);
    }

    double of(int index) {
        Double difficulty = byIndex.get(index);
        if (difficulty == null) {
            throw new BadInput("instruction " + index + ": expected its difficulty in the difficulty file, found none");
        }
        return difficulty;
    }
}
