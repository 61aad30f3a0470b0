package org.lionalign.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.lionalign.align.eval.FileScorer;
import org.lionalign.align.eval.ScoreOptions;
import org.lionalign.align.eval.SuiteJson;
import org.lionalign.align.eval.SuiteResult;
import org.lionalign.align.eval.run.Suites;
import org.lionalign.core.error.BadInput;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code lion eval score}. */
@Command(
        name = "score",
        mixinStandardHelpOptions = true,
        description = "A suite's numbers from files in the official tool's format: no model, no judge.",
        footer = {
            "",
            "Files:",
            "  alpaca_eval  annotations.json[.gz] of one model; --difficulty df_gamed.csv for the length-controlled win rate",
            "  arena_hard   model_judgment/JUDGE/*.jsonl, or arena_hard_battles.jsonl; --style-control with --answers model_answer",
            "  mt_bench     model_judgment/JUDGE_single.jsonl, or JUDGE_pair.jsonl with --baseline NAME",
            "  ifeval       rows of prompt and response beside input_data.jsonl, or the harness's samples_ifeval_*.jsonl",
            "  gsm8k        rows of question, answer and response, or the harness's samples_gsm8k_*.jsonl",
            "",
            "Each number comes with its standard error. What failed is counted below it; above 5 %% of the questions the headline",
            "is withheld, and the exit code is 4.",
            "",
            "Example:",
            "  ./lion eval score --suite alpaca_eval --from results/my-model/annotations.json"
        })
final class EvalScoreVerb implements java.util.concurrent.Callable<Integer> {
    /** Everything that scores files. */
    static final List<FileScorer> SCORERS = Suites.scorers();

    /** A limit of the run was passed. */
    private static final int WITHHELD = 4;

    @Option(names = "--suite", required = true, paramLabel = "NAME", description = "see below")
    private String suite = "";

    @Option(
            names = "--from",
            required = true,
            paramLabel = "FILE|DIR",
            description = "the official tool's file or folder")
    private Path from = Path.of(".");

    @Option(
            names = "--difficulty",
            paramLabel = "FILE",
            description = "AlpacaEval's df_gamed.csv or instruction_difficulty.csv")
    @Nullable
    private Path difficulty;

    @Option(names = "--baseline", paramLabel = "NAME", description = "the model that the others are compared with")
    @Nullable
    private String baseline;

    @Option(names = "--only", paramLabel = "MODEL", description = "the only model to score of those in the files")
    @Nullable
    private String only;

    @Option(names = "--answers", paramLabel = "DIR", description = "Arena-Hard's model_answer folder")
    @Nullable
    private Path answers;

    @Option(names = "--style-control", description = "take length and markdown out of Arena-Hard's ratings")
    private boolean styleControl;

    @Option(names = "--json", description = "one JSON object instead of a table")
    private boolean json;

    @Override
    public Integer call() {
        FileScorer scorer = SCORERS.stream()
                .filter(candidate -> candidate.suite().equals(suite))
                .findFirst()
                .orElseThrow(() -> new BadInput("--suite: expected "
                        + SCORERS.stream().map(FileScorer::suite).collect(Collectors.joining(", ")) + ", found "
                        + suite));
        SuiteResult result = scorer.score(from, new ScoreOptions(difficulty, baseline, only, answers, styleControl));
        try (Output output = new Output(Path.of("-"))) {
            output.line(json ? SuiteJson.shown(result).toPrettyString() : EvalTable.text(result));
            output.commit();
        }
        return result.withheld() ? WITHHELD : 0;
    }
}
