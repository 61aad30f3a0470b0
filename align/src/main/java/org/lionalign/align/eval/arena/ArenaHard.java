package org.lionalign.align.eval.arena;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.lionalign.align.eval.Answers;
import org.lionalign.align.eval.EvalContext;
import org.lionalign.align.eval.EvalFiles;
import org.lionalign.align.eval.Failures;
import org.lionalign.align.eval.JudgeCalls;
import org.lionalign.align.eval.Metric;
import org.lionalign.align.eval.Suite;
import org.lionalign.align.eval.SuiteFolder;
import org.lionalign.align.eval.SuiteResult;
import org.lionalign.core.chat.Conversation;
import org.lionalign.core.chat.Message;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.format.AtomicFiles;
import org.lionalign.core.json.Json;
import org.lionalign.core.json.JsonLines;

/**
 * Arena-Hard-Auto v0.1: answers to 500 hard questions, each in two games against the baseline's answer. Leaves the answers and judgements
 * in the official layout.
 */
public final class ArenaHard implements Suite {
    /** As {@code --suite} names it. */
    public static final String NAME = "arena_hard";

    private static final String QUESTIONS = "arena_hard/question.jsonl";
    private static final String OTHER_QUESTIONS = "arena_hard/question_v0.1.jsonl";
    private static final String ANSWERS = "arena_hard/model_answer/";
    private static final String CONFIG = "arena_hard/judge_config.yaml";
    private static final String ON_HUB = "lmarena-ai/arena-hard-auto/data/arena-hard-v0.1/";
    private static final String ORIGIN = "github.com/lmarena/arena-hard-auto";
    private static final String HUB = ORIGIN + " or huggingface.co/datasets/lmarena-ai/arena-hard-auto";
    /** Tokens of question and answer together, and what is kept free: {@code gen_answer.py}. */
    private static final int BUDGET = 4096;

    private static final int RESERVE = 300;

    private final @Nullable Path baselineAnswers;

    public ArenaHard() {
        this(null);
    }

    /** @param baselineAnswers answers to compare with instead of those of the judge's configuration */
    public ArenaHard(@Nullable Path baselineAnswers) {
        this.baselineAnswers = baselineAnswers;
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public Needs needs() {
        List<Data> data = new ArrayList<>(List.of(
                Data.required(HUB + ", data/arena-hard-v0.1", QUESTIONS, OTHER_QUESTIONS, ON_HUB + "question.jsonl"),
                Data.required(ORIGIN + ", config", CONFIG)));
        if (baselineAnswers == null) {
            data.add(Data.required(
                    HUB + ", data/arena-hard-v0.1/model_answer",
                    ANSWERS + Leaderboard.ANCHOR + ".jsonl",
                    "arena_hard/baseline_" + Leaderboard.ANCHOR + ".jsonl",
                    ANSWERS,
                    ON_HUB + "model_answer/" + Leaderboard.ANCHOR + ".jsonl"));
        }
        return new Needs(
                data,
                true,
                500,
                "single-turn answers against gpt-4-0314 in two orders: win rate by Bradley-Terry, interval by bootstrap");
    }

    private record Question(String id, String category, String prompt) {}

    @Override
    public SuiteResult run(EvalContext context) {
        Path data = context.data();
        List<Question> questions =
                questions(EvalFiles.find(data, QUESTIONS, OTHER_QUESTIONS, ON_HUB + "question.jsonl"));
        if (context.limit() > 0 && context.limit() < questions.size()) {
            questions = questions.subList(0, context.limit());
        }
        ArenaJudge judge = ArenaJudge.read(EvalFiles.find(data, CONFIG), context.judgeModel());
        Path baselineFile = baselineAnswers != null
                ? baselineAnswers
                : EvalFiles.find(
                        data,
                        ANSWERS + judge.baseline() + ".jsonl",
                        "arena_hard/baseline_" + judge.baseline() + ".jsonl",
                        ON_HUB + "model_answer/" + judge.baseline() + ".jsonl");
        Map<String, ArenaAnswer> baseline = new HashMap<>(); // looked up only
        ArenaAnswer.read(baselineFile).forEach(answer -> baseline.put(answer.question(), answer));
        for (Question question : questions) {
            if (!baseline.containsKey(question.id)) {
                throw new BadInput(
                        baselineFile + ": question_id: expected an answer to " + question.id + ", found none");
            }
        }
        SuiteFolder folder = new SuiteFolder(context, NAME);
        JudgeCalls calls = JudgeCalls.of(context, NAME, folder.judgements());
        Answers answers = new Answers(context, folder.answers());
        List<Answers.Given> given =
                answers.to(questions.stream().map(q -> ask(q, context)).toList());
        return judge(context, folder, questions, given, baseline, judge, calls);
    }

    private static List<Question> questions(Path file) {
        List<Question> questions = new ArrayList<>();
        for (JsonLines.Row row : EvalFiles.rows(file)) {
            String prompt = row.value().has("turns")
                    ? row.value().path("turns").path(0).path("content").asText("")
                    : EvalFiles.text(file, row, "prompt");
            if (prompt.isEmpty()) {
                throw BadInput.of(file, row.line(), "turns.content", "a text", "nothing");
            }
            String category = row.value().path("category").asText("");
            questions.add(new Question(EvalFiles.id(file, row, "question_id", "uid"), category, prompt));
        }
        return questions;
    }

    private static Answers.Ask ask(Question question, EvalContext context) {
        int budget = BUDGET - context.text().promptIds(question.prompt).length - RESERVE;
        return new Answers.Ask(Conversation.of(new Message("user", question.prompt)), 0, 1, budget);
    }

    private static SuiteResult judge(
            EvalContext context,
            SuiteFolder folder,
            List<Question> questions,
            List<Answers.Given> given,
            Map<String, ArenaAnswer> baseline,
            ArenaJudge judge,
            JudgeCalls calls) {
        Failures failures = new Failures();
        String model = SuiteFolder.modelName(context);
        String against = baseline.values().iterator().next().model();
        List<ArenaJudge.Match> matches = new ArrayList<>();
        for (int i = 0; i < given.size(); i++) {
            String prompt = questions.get(i).prompt;
            String other = other(baseline, questions.get(i)).text();
            if (given.get(i).isOverlong()) {
                context.progress().run();
                continue;
            }
            matches.add(new ArenaJudge.Match(prompt, other, given.get(i).text()));
            matches.add(new ArenaJudge.Match(prompt, given.get(i).text(), other));
        }
        int[] replies = new int[1];
        List<ArenaJudge.Played> played = judge.play(matches, calls, () -> {
            if (++replies[0] % 2 == 0) {
                context.progress().run();
            }
        });
        List<Judgment> judgments = new ArrayList<>();
        List<Battle> battles = new ArrayList<>();
        List<ArenaAnswer> answers = new ArrayList<>();
        int next = 0;
        for (int i = 0; i < given.size(); i++) {
            Question question = questions.get(i);
            Answers.Given answer = given.get(i);
            Style style = styleOf(answer.text(), context);
            if (answer.isTruncated()) {
                failures.add("truncated_answer");
            }
            List<Judgment.Game> games = new ArrayList<>();
            if (answer.isOverlong()) {
                failures.add(Answers.Given.OVERLONG);
            } else {
                answers.add(new ArenaAnswer(question.id, model, answer.text(), style));
                for (int game = 0; game < 2; game++) {
                    ArenaJudge.Played one = played.get(next++);
                    games.add(one.game());
                    if (one.failure().isEmpty()) {
                        ArenaReport.countUnscored(one.game(), failures);
                    } else {
                        failures.add("judge_" + one.failure());
                    }
                }
            }
            Judgment judgment =
                    new Judgment(question.id, question.category, model, context.judgeModel(), against, games);
            judgments.add(judgment);
            Style others = styleOf(other(baseline, question).text(), context);
            judgment.battles(against).forEach(battle -> battles.add(battle.with(others, style)));
        }
        write(folder.official(context), context, model, against, answers, judgments, battles);
        SuiteResult plain = ArenaReport.ofJudgments(judgments, battles, against, false, failures);
        for (int i = 0; i < given.size(); i++) {
            plain.items()
                    .get(i)
                    .detail()
                    .put("prompt", questions.get(i).prompt)
                    .put("baseline_answer", other(baseline, questions.get(i)).text())
                    .put("answer", given.get(i).text())
                    .put("finish", given.get(i).finish());
        }
        return battles.isEmpty() ? plain : withStyleControl(plain, judgments, battles, against);
    }

    /** The plain numbers, and behind them the style-controlled win rate. */
    private static SuiteResult withStyleControl(
            SuiteResult plain, List<Judgment> judgments, List<Battle> battles, String against) {
        List<Metric> metrics = new ArrayList<>(plain.metrics());
        metrics.add(ArenaReport.ofJudgments(judgments, battles, against, true, new Failures())
                .metrics()
                .get(0));
        return new SuiteResult(plain.suite(), metrics, plain.categories(), plain.items(), plain.failures());
    }

    private static ArenaAnswer other(Map<String, ArenaAnswer> baseline, Question question) {
        ArenaAnswer answer = baseline.get(question.id);
        if (answer == null) {
            throw new IllegalStateException("no baseline answer to " + question.id);
        }
        return answer;
    }

    /** Lengths are compared in the checkpoint's own tokens, for both sides. */
    private static Style styleOf(String answer, EvalContext context) {
        return Style.of(answer, context.text().tokenizer().encode(answer).length);
    }

    private static void write(
            Path official,
            EvalContext context,
            String model,
            String against,
            List<ArenaAnswer> answers,
            List<Judgment> judgments,
            List<Battle> battles) {
        lines(
                official.resolve("model_answer/" + model + ".jsonl"),
                answers.stream().map(ArenaAnswer::json).toList());
        String judge = context.judgeModel().replaceAll("[^A-Za-z0-9._-]", "_");
        lines(
                official.resolve("model_judgment/" + judge + "/vs_" + against + "/" + model + ".jsonl"),
                judgments.stream()
                        .filter(judgment -> !judgment.games().isEmpty())
                        .map(Judgment::json)
                        .toList());
        lines(
                official.resolve("arena_hard_battles.jsonl"),
                battles.stream().map(Battle::json).toList());
    }

    private static void lines(Path file, List<ObjectNode> rows) {
        AtomicFiles.write(file, rows.stream().map(row -> Json.write(row) + "\n").collect(Collectors.joining()));
    }
}
