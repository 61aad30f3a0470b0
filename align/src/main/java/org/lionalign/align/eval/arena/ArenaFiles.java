package org.lionalign.align.eval.arena;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.lionalign.align.eval.EvalFiles;
import org.lionalign.align.eval.Failures;
import org.lionalign.align.eval.FileScorer;
import org.lionalign.align.eval.ScoreOptions;
import org.lionalign.align.eval.SuiteResult;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.json.JsonLines;

/**
 * Scores of Arena-Hard's judgement files, or of a table of battles. All models of the files are rated together, as {@code show_result.py}
 * does; files of a folder in the order of their names, which that tool leaves to the file system.
 */
public final class ArenaFiles implements FileScorer {
    @Override
    public String suite() {
        return ArenaHard.NAME;
    }

    @Override
    public String reads() {
        return "model_judgment/JUDGE/*.jsonl, one of them, or arena_hard_battles.jsonl; --style-control with --answers model_answer";
    }

    @Override
    public SuiteResult score(Path from, ScoreOptions options) {
        List<Judgment> judgments = new ArrayList<>();
        List<Battle> battles = new ArrayList<>();
        for (Path file : EvalFiles.files(from, ".jsonl")) {
            List<JsonLines.Row> rows = EvalFiles.rows(file);
            boolean table = !rows.isEmpty() && rows.get(0).value().has("winner");
            if (table) {
                battles.addAll(Battle.read(file, rows));
            } else {
                judgments.addAll(Judgment.read(file, rows));
            }
        }
        if (judgments.isEmpty() == battles.isEmpty()) {
            throw new BadInput(from + ": expected judgements or battles, found "
                    + (battles.isEmpty() ? "neither" : "both together"));
        }
        String wanted = options.model();
        if (wanted != null) {
            judgments.removeIf(judgment -> !judgment.model().equals(wanted));
            battles.removeIf(battle -> !battle.model().equals(wanted));
            if (judgments.isEmpty() && battles.isEmpty()) {
                throw new BadInput(from + ": model: expected " + wanted + ", found no such model");
            }
        }
        Failures failures = new Failures();
        if (!battles.isEmpty()) {
            Set<String> against = new TreeSet<>();
            battles.forEach(battle -> against.add(battle.baseline()));
            String baseline = baseline(from, against, options.baseline());
            battles.removeIf(battle -> !battle.baseline().equals(baseline));
            return ArenaReport.ofBattles(battles, baseline, options.styleControl(), failures);
        }
        Set<String> against = new TreeSet<>();
        judgments.forEach(judgment -> {
            String said = judgment.baseline();
            if (said != null) {
                against.add(said);
            }
        });
        String baseline = baseline(from, against, options.baseline());
        judgments.removeIf(judgment -> judgment.baseline() != null && !baseline.equals(judgment.baseline()));
        judgments.removeIf(judgment -> judgment.model().equals(baseline));
        Map<String, Style> styles = styles(options.answers());
        for (Judgment judgment : judgments) {
            judgment.games().forEach(game -> ArenaReport.countUnscored(game, failures));
            Style mine = styles.get(judgment.model() + "/" + judgment.question());
            Style other = styles.get(baseline + "/" + judgment.question());
            judgment.battles(baseline).forEach(battle -> battles.add(battle.with(other, mine)));
        }
        if (battles.isEmpty()) {
            throw new BadInput(from + ": games.score: expected verdicts, found none");
        }
        return ArenaReport.ofJudgments(judgments, battles, baseline, options.styleControl(), failures);
    }

    /** The one that is asked for, or that the rows name, or that a folder {@code vs_NAME} names, or v0.1's. */
    private static String baseline(Path from, Set<String> named, @Nullable String asked) {
        if (asked != null) {
            if (!named.isEmpty() && !named.contains(asked)) {
                throw new BadInput(from + ": baseline: expected one of " + named + ", found " + asked);
            }
            return asked;
        }
        if (named.size() > 1) {
            throw new BadInput(from + ": baseline: expected one, found " + named + "; --baseline chooses");
        }
        if (named.size() == 1) {
            return named.iterator().next();
        }
        for (Path at = from.toAbsolutePath().normalize(); at != null; at = at.getParent()) {
            String name = at.getFileName() == null ? "" : at.getFileName().toString();
            if (name.startsWith("vs_")) {
                return name.substring("vs_".length());
            }
        }
        return Leaderboard.ANCHOR;
    }

    private static Map<String, Style> styles(@Nullable Path answers) {
        Map<String, Style> styles = new HashMap<>(); // looked up only
        if (answers != null) {
            for (Path file : EvalFiles.files(answers, ".jsonl")) {
                for (ArenaAnswer answer : ArenaAnswer.read(file)) {
                    Style style = answer.style();
                    if (style != null) {
                        styles.put(answer.model() + "/" + answer.question(), style);
                    }
                }
            }
        }
        return styles;
    }
}
