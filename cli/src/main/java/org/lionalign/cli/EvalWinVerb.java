package org.lionalign.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.lionalign.align.eval.run.Contest;
import org.lionalign.align.eval.run.EvalReport;
import org.lionalign.align.judge.Judge;
import org.lionalign.align.judge.JudgeSpec;
import org.lionalign.align.judge.Judgement;
import org.lionalign.align.judge.Judges;
import org.lionalign.align.judge.KeptJudgements;
import org.lionalign.align.judge.Question;
import org.lionalign.align.online.JudgedPrompt;
import org.lionalign.align.sample.AnswerStore;
import org.lionalign.align.sample.LocalSampler;
import org.lionalign.align.sample.PromptRows;
import org.lionalign.align.sample.Sampling;
import org.lionalign.align.text.TextModel;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.recipe.JudgeRecipe;
import org.lionalign.core.recipe.SampleRecipe;
import org.lionalign.torch.model.CausalLm;
import org.lionalign.torch.model.LoadOptions;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code lion eval win}. */
@Command(
        name = "win",
        mixinStandardHelpOptions = true,
        description =
                "How often one checkpoint's answers beat another's, by any judge of Lion, on prompts of your own.",
        footer = {
            "",
            "Every model answers every prompt once, greedily unless told otherwise; each judge gives a table of its own: mean scores with",
            "their errors, win rates of every model against every other (ties half) with 95 %% intervals of the paired bootstrap and",
            "the rate at equal lengths of the answers, and each model against the one before it with a paired test. Answers that a",
            "judge has no score for are counted and never become a win; above 5 %% of the prompts its table is withheld (exit code 4).",
            "",
            "Prompts: rows with prompt (text or messages), messages (without the assistant's last turn), or preference pairs. Judges: as",
            "lion judge names them; a YAML file with several is an ensemble. The same command again continues.",
            "",
            "Examples:",
            "  ./lion eval win --model runs/sft/model --model runs/dpo/model --prompts heldout.jsonl --judge pairrm:PairRM-hf",
            "  ./lion eval win --model a --model b --model c --prompts p.jsonl --judge reward:rm --judge rule:longer --out ab"
        })
final class EvalWinVerb implements Callable<Integer> {
    private static final int WITHHELD = 4;

    @Option(
            names = "--model",
            required = true,
            paramLabel = "[NAME=]DIR",
            description = "model folders, two or more, in the order they are compared in")
    private List<String> models = new ArrayList<>();

    @Option(
            names = "--prompts",
            required = true,
            arity = "1..*",
            paramLabel = "FILE|DIR[#SPLIT]",
            description = "sources of prompts")
    private List<String> prompts = new ArrayList<>();

    @Option(
            names = "--judge",
            required = true,
            paramLabel = "SPEC",
            description = "pairrm:DIR, reward:DIR, llm:URL,MODEL, rule:… as in lion judge; may be repeated")
    private List<String> judges = new ArrayList<>();

    @Option(names = "--limit", paramLabel = "N", description = "the first N of the seeded order (default: all)")
    private @Nullable Integer limit;

    @Option(
            names = "--out",
            defaultValue = "eval-win",
            paramLabel = "DIR",
            description = "report.html, comparison.json, answers and judgements (default: ${DEFAULT-VALUE})")
    private Path out = Path.of("eval-win");

    @Option(names = "--json", description = "the comparison as JSON on standard output instead of tables")
    private boolean json;

    @Option(names = "--temperature", defaultValue = "0", description = "0 is greedy (default: ${DEFAULT-VALUE})")
    private double temperature;

    @Option(names = "--top-p", description = "nucleus mass (default: 1, all)")
    private @Nullable Double topP;

    @Option(
            names = "--max-new-tokens",
            defaultValue = "512",
            description = "longest answer (default: ${DEFAULT-VALUE})")
    private int maxNewTokens;

    @Mixin
    private FallbackTemplate template = new FallbackTemplate();

    @Mixin
    private ComputeOptions compute = new ComputeOptions("f32");

    @Option(names = "--seed", defaultValue = "42", description = "default: ${DEFAULT-VALUE}")
    private long seed;

    @Override
    public Integer call() {
        Map<String, Path> folders = EvalVerb.named(models);
        if (folders.size() < 2) {
            throw new BadInput("--model: expected two or more, found " + folders.size());
        }
        judges.forEach(EvalWinVerb::check);
        PromptRows.Read read =
                PromptRows.read(prompts.stream().map(SampleVerb::source).toList(), limit, seed);
        if (read.prompts().isEmpty()) {
            throw new BadInput(prompts + ": expected prompts, found none that can be used: "
                    + read.ledger().toJson());
        }
        List<List<JudgedPrompt>> answers = new ArrayList<>();
        try (Interruption interruption = new Interruption()) {
            for (Map.Entry<String, Path> model : folders.entrySet()) {
                if (!answer(model.getKey(), model.getValue(), read, interruption)) {
                    System.err.println("lion: interrupted; the same command continues");
                    return 130;
                }
                answers.add(JudgedPrompt.read(rows(model.getKey())));
            }
        }
        Contest contest = Contest.of(List.copyOf(folders.keySet()), answers, "--prompts");
        judges.forEach(spec -> judge(spec, contest));
        EvalReport.write(contest, out);
        if (json) {
            try (Output output = new Output(Path.of("-"))) {
                output.line(contest.toJson().toPrettyString());
                output.commit();
            }
        } else {
            ComparisonTable.print(contest.toJson(), System.out);
        }
        System.err.println("lion: the report is " + out.resolve("report.html"));
        return contest.withheld() ? WITHHELD : 0;
    }

    /** What cannot be a judge is known before anything is sampled; its model is loaded when it is its turn. */
    private static void check(String spec) {
        for (JudgeRecipe recipe : JudgeSpec.parse(spec)) {
            String path = recipe.path();
            if (path != null && !Files.exists(Path.of(path))) {
                throw new BadInput("--judge: " + spec + ": " + path + ": no such file or folder");
            }
        }
    }

    private Path rows(String model) {
        return out.resolve("answers-" + model.replaceAll("[^A-Za-z0-9._-]", "_") + ".jsonl");
    }

    @SuppressWarnings("NullAway") // null asks for the default
    private boolean answer(String name, Path folder, PromptRows.Read read, Interruption interruption) {
        SampleRecipe recipe = new SampleRecipe(1, temperature, topP, null, maxNewTokens, null, null, null, null);
        LoadOptions options = new LoadOptions(compute.dtype(), compute.device(), false, false);
        try (CausalLm model = CausalLm.load(folder, options);
                Progress progress =
                        Progress.start("answers " + name, read.prompts().size())) {
            LocalSampler sampler =
                    new LocalSampler(model, TextModel.open(folder, template.of(folder)), recipe, seed, compute.name());
            Sampling sampling = new Sampling(sampler, new AnswerStore(out.resolve("answers.jsonl")));
            int[] shown = {0};
            boolean finished = sampling.run(
                    read.prompts(),
                    done -> {
                        for (; shown[0] < done; shown[0]++) {
                            progress.step();
                        }
                    },
                    interruption);
            if (finished) {
                sampling.write(read.prompts(), rows(name));
            }
            return finished;
        }
    }

    /** Adds the judge's table. */
    private void judge(String spec, Contest contest) {
        List<Question> questions = contest.questions();
        Judgement[] judgements = new Judgement[questions.size()];
        Judges.Context context = new Judges.Context(
                Judges.cached(out.resolve("replies.jsonl")), compute.dtype(), compute.device(), template.name(), 8192);
        try (Judge judge = Judges.open(JudgeSpec.parse(spec), context);
                Progress progress = Progress.start("judge " + spec, questions.size())) {
            int[] shown = {0};
            new KeptJudgements(out.resolve("judgements.jsonl"))
                    .judge(
                            judge,
                            questions,
                            done -> {
                                for (; shown[0] < done; shown[0]++) {
                                    progress.step();
                                }
                            },
                            () -> false, // killed, it goes on from the file
                            (q, judgement) -> judgements[q] = judgement);
        }
        contest.judged(spec, List.of(judgements));
    }
}
