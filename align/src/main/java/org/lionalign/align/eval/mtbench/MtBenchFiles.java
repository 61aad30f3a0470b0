package org.lionalign.align.eval.mtbench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.lionalign.align.eval.EvalFiles;
import org.lionalign.align.eval.Failures;
import org.lionalign.align.eval.FileScorer;
import org.lionalign.align.eval.ScoreOptions;
import org.lionalign.align.eval.SuiteResult;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.json.JsonLines;

/** Scores of FastChat's judgement files: single grades, or pairs in both orders. */
public final class MtBenchFiles implements FileScorer {
    private static final String PAIR_BASELINE = "gpt-3.5-turbo";

    @Override
    public String suite() {
        return MtBench.NAME;
    }

    @Override
    public String reads() {
        return "model_judgment/JUDGE_single.jsonl or JUDGE_pair.jsonl (--baseline NAME, or all), or a folder of one kind";
    }

    @Override
    public SuiteResult score(Path from, ScoreOptions options) {
        List<Grade> grades = new ArrayList<>();
        List<JsonLines.Row> pairs = new ArrayList<>();
        List<Path> files = EvalFiles.files(from, ".jsonl");
        for (Path file : files) {
            List<JsonLines.Row> rows = EvalFiles.rows(file);
            if (!rows.isEmpty() && rows.get(0).value().has("g1_winner")) {
                pairs.addAll(rows);
            } else {
                grades.addAll(Grade.read(file, rows));
            }
        }
        if (grades.isEmpty() == pairs.isEmpty() || (!pairs.isEmpty() && files.size() > 1)) {
            throw new BadInput(from + ": expected single grades, or one file of pairs, found "
                    + (pairs.isEmpty() ? "no row" : "both kinds or several files of pairs"));
        }
        if (!pairs.isEmpty()) {
            String asked = options.baseline();
            String baseline = asked == null ? PAIR_BASELINE : asked;
            return PairTable.score(files.get(0), pairs, baseline.equals("all") ? null : baseline);
        }
        String wanted = options.model();
        if (wanted != null) {
            grades.removeIf(grade -> !grade.model().equals(wanted));
            if (grades.isEmpty()) {
                throw new BadInput(from + ": model: expected " + wanted + ", found no such model");
            }
        }
        Failures failures = new Failures();
        failures.add(
                "no_rating",
                grades.stream().filter(grade -> Double.isNaN(grade.score())).count());
        failures.add("repeated_rows_counted", MtBenchReport.repeated(grades));
        return MtBenchReport.of(grades, MtBenchReport::category, failures);
    }
}
