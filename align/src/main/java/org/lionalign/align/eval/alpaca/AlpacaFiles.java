package org.lionalign.align.eval.alpaca;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.lionalign.align.eval.EvalFiles;
import org.lionalign.align.eval.Failures;
import org.lionalign.align.eval.FileScorer;
import org.lionalign.align.eval.ScoreOptions;
import org.lionalign.align.eval.SuiteResult;
import org.lionalign.core.error.BadInput;

/** Scores of {@code annotations.json}, as the leaderboard computes them. */
public final class AlpacaFiles implements FileScorer {
    @Override
    public String suite() {
        return AlpacaEval.NAME;
    }

    @Override
    public String reads() {
        return "annotations.json[.gz] of one model, or the folder that holds it; --difficulty df_gamed.csv for the length-controlled rate";
    }

    @Override
    public SuiteResult score(Path from, ScoreOptions options) {
        Path file = Files.isDirectory(from) ? EvalFiles.find(from, "annotations.json") : from;
        List<Annotation> rows = Annotation.read(file);
        String wanted = options.model();
        if (wanted != null) {
            rows = rows.stream().filter(row -> row.generator2().equals(wanted)).toList();
        }
        List<String> models =
                rows.stream().map(Annotation::generator2).distinct().toList();
        if (models.size() != 1) {
            throw new BadInput(file + ": generator_2: expected the annotations of one model"
                    + (wanted == null ? " (--only chooses)" : " named " + wanted) + ", found " + models);
        }
        Failures failures = new Failures();
        failures.add(
                "no_preference",
                rows.stream().filter(row -> Double.isNaN(row.preference())).count());
        Path difficulty = options.difficulty();
        return AlpacaReport.of(rows, difficulty == null ? null : Difficulty.read(difficulty), failures);
    }
}
