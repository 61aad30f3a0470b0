package org.lionalign.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.lionalign.align.judge.AnswerRows;
import org.lionalign.align.judge.Judge;
import org.lionalign.align.judge.JudgeComparison;
import org.lionalign.align.judge.JudgeSpec;
import org.lionalign.align.judge.JudgedFile;
import org.lionalign.align.judge.Judgement;
import org.lionalign.align.judge.Judges;
import org.lionalign.align.judge.Question;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.json.Json;
import org.lionalign.core.json.JsonLines;
import org.lionalign.core.recipe.JudgeRecipe;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code lion judge}. */
@Command(
        name = "judge",
        mixinStandardHelpOptions = true,
        description = "Says which answers are better: reward models, PairRM, language models, rules, ensembles.",
        footer = {
            "",
            "Rows: a prompt (prompt, messages or instruction) and \"answers\": texts, or objects with \"text\" as lion generate writes them;",
            "or output_1 and output_2. Each comes back with \"judgement\": {\"scores\",\"failures\",\"pairwise\"}; a failure is never a score.",
            "The same command again continues; to ask again about what failed, remove the file (replies are kept, only failures cost).",
            "Several judges are an ensemble: the weighted mean of their ranks within each question.",
            "",
            "Judges: a YAML file with a list of judges as in a recipe, or pairrm:DIR, reward:DIR, implicit:POLICY,REFERENCE, replay:FILE,",
            "class:NAME (jar in LION_CLASSPATH), llm:URL,MODEL, llm-score:URL,MODEL (key from OPENAI_API_KEY), rule:longer, rule:shorter,",
            "rule:json, rule:min=N, rule:max=N, rule:matches=REGEX, rule:contains=TEXT, rule:lacks=TEXT, rule:number=COLUMN.",
            "",
            "--compare puts the judges side by side, and people's preferences where the rows have them: \"label\" (number of the best answer,",
            "from 1; 0 for none) or \"labels\" (a number for each answer).",
            "",
            "Example:",
            "  ./lion judge --answers answers.jsonl --judge pairrm:PairRM-hf --out judged.jsonl",
            "  ./lion judge --answers answers.jsonl --judge reward:rm --judge rule:longer --compare"
        })
final class JudgeVerb implements Callable<Integer> {
    /** Exit code when a judge said nothing at all. */
    private static final int FAILED = 4;

    @Spec
    private @Nullable CommandSpec spec;

    @Option(
            names = "--answers",
            required = true,
            paramLabel = "FILE.jsonl",
            description = "rows with answers; .gz is unpacked")
    private Path answers = Path.of("-");

    @Option(names = "--judge", required = true, paramLabel = "SPEC", description = "a judge; may be repeated")
    private List<String> judges = new ArrayList<>();

    @Option(names = "--out", paramLabel = "FILE.jsonl", description = "judged rows, appended; not with --compare")
    private @Nullable Path out;

    @Option(names = "--compare", description = "how far the judges agree, instead of judged rows")
    private boolean compare;

    @Option(names = "--json", description = "the comparison, or the summary, as JSON on standard output")
    private boolean json;

    @Option(
            names = "--replies",
            paramLabel = "FILE.jsonl",
            description = "where servers' replies are kept, so that each is paid for once (default: ${DEFAULT-VALUE})",
            defaultValue = "lion-replies.jsonl")
    private Path replies = Path.of("lion-replies.jsonl");

    @Option(
            names = "--price",
            paramLabel = "IN,OUT",
            description = "price of a million prompt and completion tokens: shows what servers cost")
    private @Nullable String price;

    @Mixin
    private FallbackTemplate template = new FallbackTemplate();

    @Mixin
    private ComputeOptions compute = new ComputeOptions("f32");

    @Override
    public Integer call() {
        if (compare == (out != null)) {
            throw new BadInput("expected --out FILE or --compare, found " + (compare ? "both" : "neither"));
        }
        double[] prices = prices();
        Judges.Context context =
                new Judges.Context(Judges.cached(replies), compute.dtype(), compute.device(), template.name(), 8192);
        if (out != null) {
            return judge(out, context, prices);
        }
        compare(context, prices);
        return 0;
    }

    private int judge(Path target, Judges.Context context, double[] prices) {
        List<JudgeRecipe> recipes = new ArrayList<>();
        judges.forEach(judge -> recipes.addAll(JudgeSpec.parse(judge)));
        ObjectNode summary;
        try (JsonLines lines = JsonLines.open(answers);
                Judge judge = Judges.open(recipes, context);
                Progress progress = Progress.start("judge", -1)) {
            JudgedFile file = new JudgedFile(target, judge);
            file.judge(lines, answers.toString(), progress::step);
            summary = file.summary();
        }
        say(summary.path("judged").asLong() + " rows judged, "
                + summary.path("already").asLong()
                + " were there; of " + summary.path("answers").asLong() + " answers "
                + summary.path("failed").asLong() + " failed"
                + (summary.path("failures").isEmpty() ? "" : " " + summary.get("failures")));
        cost(summary.path("usage"), "", prices);
        if (json) {
            print(Json.write(summary));
        }
        long failed = summary.path("failed").asLong();
        return failed > 0 && failed == summary.path("answers").asLong() ? FAILED : 0;
    }

    private void compare(Judges.Context context, double[] prices) {
        List<Question> questions = new ArrayList<>();
        List<@Nullable Judgement> labels = new ArrayList<>();
        boolean labelled = false;
        try (JsonLines lines = JsonLines.open(answers)) {
            for (JsonLines.Row row : lines) {
                String where = answers + ":" + row.line();
                Question question = AnswerRows.question(row.value(), where);
                if (question.answers().isEmpty()) {
                    continue; // nothing to compare
                }
                Judgement label = AnswerRows.label(question, where);
                labelled |= label != null;
                questions.add(question);
                labels.add(label);
            }
        }
        List<String> names = new ArrayList<>(judges);
        List<List<@Nullable Judgement>> all = new ArrayList<>();
        try (Progress progress = Progress.start("judge", (long) judges.size() * questions.size())) {
            for (String name : judges) {
                try (Judge judge = Judges.open(JudgeSpec.parse(name), context)) {
                    @Nullable Judgement[] found = new Judgement[questions.size()];
                    judge.judge(questions, (q, judgement) -> {
                        found[q] = judgement;
                        progress.step();
                    });
                    all.add(new ArrayList<>(java.util.Arrays.asList(found)));
                    cost(judge.usage(), name + ": ", prices);
                }
            }
        }
        if (labelled) {
            names.add("people");
            all.add(labels);
        }
        JudgeComparison comparison = new JudgeComparison(names);
        for (int q = 0; q < questions.size(); q++) {
            List<@Nullable Judgement> said = new ArrayList<>();
            for (List<@Nullable Judgement> one : all) {
                said.add(one.get(q));
            }
            comparison.add(questions.get(q), said);
        }
        ObjectNode report = comparison.toJson();
        print(json ? Json.write(report) : JudgeComparison.table(report));
    }

    /** What servers were asked, and what that cost. */
    private void cost(JsonNode usage, String name, double[] prices) {
        if (usage.has("requests")) {
            double sum = (usage.path("prompt_tokens").asLong() * prices[0]
                            + usage.path("completion_tokens").asLong() * prices[1])
                    / 1e6;
            say(name + usage + (price == null ? "" : String.format(Locale.ROOT, ", cost %.4f", sum)));
        } else {
            usage.properties().forEach(member -> cost(member.getValue(), name + member.getKey() + ": ", prices));
        }
    }

    private double[] prices() {
        if (price == null) {
            return new double[2];
        }
        if (!price.matches("\\d+(\\.\\d+)?,\\d+(\\.\\d+)?")) {
            throw new BadInput("--price: expected two numbers such as 2.5,10, found " + price);
        }
        String[] both = price.split(",");
        return new double[] {Double.parseDouble(both[0]), Double.parseDouble(both[1])};
    }

    private void say(String line) {
        java.util.Objects.requireNonNull(spec).commandLine().getErr().println(line);
    }

    private void print(String text) {
        java.util.Objects.requireNonNull(spec).commandLine().getOut().println(text);
    }
}
