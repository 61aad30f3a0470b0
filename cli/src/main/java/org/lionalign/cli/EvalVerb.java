package org.lionalign.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.lionalign.align.eval.HubData;
import org.lionalign.align.eval.Suite;
import org.lionalign.align.eval.SuiteResult;
import org.lionalign.align.eval.run.Contender;
import org.lionalign.align.eval.run.EvalReport;
import org.lionalign.align.eval.run.Evaluation;
import org.lionalign.align.eval.run.JudgeSource;
import org.lionalign.align.eval.run.SuiteRun;
import org.lionalign.align.eval.run.Suites;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.hub.HubPaths;
import org.lionalign.torch.model.LoadOptions;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code lion eval}: benchmarks on models; with a subcommand, from files or between checkpoints. */
@Command(
        name = "eval",
        mixinStandardHelpOptions = true,
        description =
                "Benchmarks on one or several models, with what failed beside every number and paired tests between the models.",
        subcommands = {EvalScoreVerb.class, EvalWinVerb.class},
        footer = {
            "",
            "The suites' files come from their own sources, in their original formats; --list says which and where. Answers and judgements",
            "are kept below --out by the hash of everything that shaped them: the same command again, after a kill too, computes and",
            "pays for nothing twice, and --limit 100 after --limit 20 asks for eighty. --out holds report.html, results.json,",
            "questions.jsonl, and official files of the judged suites below suites/.",
            "",
            "Exit code 4: a headline was withheld, for more than 5 %% of its questions have no score.",
            "",
            "Examples:",
            "  ./lion eval --list --data eval-data",
            "  ./lion eval --model hub:HuggingFaceTB/SmolLM2-135M --suite arc_challenge,hellaswag --data hub --limit 100",
            "  ./lion eval --model runs/dpo/model --suite arc_challenge,gsm8k --data eval-data --limit 100",
            "  ./lion eval --model sft=runs/sft/model --model dpo=runs/dpo/model --suite mt_bench --judge http://localhost:8000/v1",
            "  ./lion eval win --model runs/sft/model --model runs/dpo/model --prompts prompts.jsonl --judge pairrm:PairRM-hf",
            "  ./lion eval score --suite mt_bench --from data/mt_bench/model_judgment/gpt-4_single.jsonl"
        })
final class EvalVerb implements Callable<Integer> {
    /** A limit of the run was passed. */
    private static final int WITHHELD = 4;

    /** Questions of a suite that the page shows. */
    private static final int SHOWN = 300;

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Option(
            names = "--model",
            paramLabel = "[NAME=]DIR",
            description = "model folder in Hugging Face layout; several are compared with each other")
    private List<String> models = new ArrayList<>();

    @Option(names = "--suite", split = ",", paramLabel = "NAME", description = "one or several, parted by commas")
    private List<String> suites = new ArrayList<>();

    @Option(names = "--list", description = "what each suite needs, and whether --data has it")
    private boolean list;

    @Option(
            names = "--data",
            defaultValue = "eval-data",
            paramLabel = "DIR[,hub]|hub",
            description =
                    "folder of the suites' files (default: ${DEFAULT-VALUE}); with hub, what it lacks is fetched from the Hugging Face hub into it")
    private String data = "eval-data";

    @Option(
            names = "--limit",
            defaultValue = "0",
            paramLabel = "N",
            description = "the first N questions of each task (default: all)")
    private int limit;

    @Option(
            names = "--judge",
            paramLabel = "URL[,MODEL]|replay:FILE|DIR",
            description =
                    "of the suites that need one: a server, its recorded replies, or a model folder; key from OPENAI_API_KEY")
    private @Nullable String judge;

    @Option(
            names = "--baseline",
            paramLabel = "FILE",
            description = "answers that alpaca_eval or arena_hard compares with, instead of its own")
    private @Nullable Path baseline;

    @Option(
            names = "--out",
            defaultValue = "eval",
            paramLabel = "DIR",
            description = "results, report, and what is kept (default: ${DEFAULT-VALUE})")
    private Path out = Path.of("eval");

    @Option(names = "--json", description = "the results as JSON on standard output instead of tables")
    private boolean json;

    @Mixin
    private FallbackTemplate template = new FallbackTemplate();

    @Mixin
    private ComputeOptions compute = new ComputeOptions("f32");

    @Option(
            names = "--seed",
            defaultValue = "0",
            description =
                    "of sampling and of the order in which answers are shown; 0 (default) is AlpacaEval's official order")
    private long seed;

    @Override
    public Integer call() {
        Suites known = new Suites(baseline);
        HubData questions = HubData.parse(data);
        if (list) {
            print(SuiteList.text(known, questions.folder(), Files.isDirectory(questions.folder())));
            return 0;
        }
        if (models.isEmpty() || suites.isEmpty()) {
            throw new CommandLine.ParameterException(
                    spec.commandLine(),
                    "expected --model DIR and --suite NAME, or --list, or a subcommand: score, win; found "
                            + (models.isEmpty() ? "no --model" : "no --suite"));
        }
        if (limit < 0) {
            throw new BadInput("--limit: expected 0 or above, found " + limit);
        }
        List<Suite> chosen = known.named(suites, "--suite");
        questions.fetch(chosen, line -> System.err.println("lion: " + line));
        Suites.check(chosen, questions.folder(), judge, baseline, List.of("--data", "--judge", "--baseline"));
        Map<String, Path> folders = named(models);
        LoadOptions options = new LoadOptions(compute.dtype(), compute.device(), false, false);
        JudgeSource source = judge == null ? null : JudgeSource.parse(judge, "--judge");
        Evaluation evaluation;
        try (JudgeSource.Opened opened = source == null ? null : source.open(out.resolve("replies.jsonl"), options)) {
            evaluation = evaluate(chosen, questions, folders, opened, options);
        }
        EvalReport.write(evaluation, SHOWN, out);
        print(json ? evaluation.toJson(0).toPrettyString() : EvalTable.headlines(evaluation.toJson(0)));
        System.err.println("lion: the report is " + out.resolve("report.html"));
        return evaluation.withheld() ? WITHHELD : 0;
    }

    private Evaluation evaluate(
            List<Suite> chosen,
            HubData questions,
            Map<String, Path> folders,
            JudgeSource.@Nullable Opened opened,
            LoadOptions options) {
        Evaluation evaluation = new Evaluation(List.copyOf(folders.keySet()), limit);
        evaluation.readFrom(questions.commits(chosen));
        SuiteRun run = new SuiteRun(questions.folder(), out.resolve("suites"), limit, opened, seed);
        folders.forEach((name, folder) -> {
            try (Contender contender = Contender.load(name, folder, template.of(folder), options)) {
                for (Suite suite : chosen) {
                    long asked = suite.asked(limit);
                    try (Progress progress = Progress.start(name + " " + suite.name(), asked > 0 ? asked : -1)) {
                        SuiteResult result = run.run(suite, contender, done -> progress.step(), () -> false);
                        evaluation.add(suite, name, java.util.Objects.requireNonNull(result));
                    }
                }
            }
        });
        return evaluation;
    }

    /** Folders by name: the one that is given, or the shortest end of the path that tells them apart and says more than {@code model}. */
    static Map<String, Path> named(List<String> models) {
        Map<String, Path> named = new LinkedHashMap<>();
        for (String model : models) {
            int equals = model.indexOf('=');
            boolean isNamed = equals > 0 && !Files.isDirectory(Path.of(model));
            Path folder = Path.of(isNamed ? model.substring(equals + 1) : model);
            if (!Files.isDirectory(folder)) {
                throw new BadInput("--model: " + folder + ": expected a model folder, found "
                        + (Files.exists(folder) ? "a file" : "nothing"));
            }
            String name = isNamed ? model.substring(0, equals) : "";
            Path whole = folder.toAbsolutePath().normalize();
            for (Path at = HubPaths.named(whole);
                    !isNamed
                            && at != null
                            && at.getFileName() != null
                            && (name.isEmpty() || name.equals("model") || named.containsKey(name));
                    at = at.getParent()) {
                name = at.getFileName() + (name.isEmpty() ? "" : "/" + name);
            }
            boolean again = named.values().stream()
                    .anyMatch(other -> other.toAbsolutePath().normalize().equals(whole));
            if (name.isEmpty() || again || named.put(name, folder) != null) {
                throw new BadInput(
                        "--model: expected different models under different names, found " + model + " twice");
            }
        }
        return named;
    }

    private static void print(String text) {
        try (Output output = new Output(Path.of("-"))) {
            output.line(text);
            output.commit();
        }
    }
}
