package org.lionalign.align.eval.alpaca;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lionalign.align.eval.Answers;
import org.lionalign.align.eval.DataPlaces;
import org.lionalign.align.eval.EvalContext;
import org.lionalign.align.eval.EvalFiles;
import org.lionalign.align.eval.Failures;
import org.lionalign.align.eval.JudgeCalls;
import org.lionalign.align.eval.Suite;
import org.lionalign.align.eval.SuiteFolder;
import org.lionalign.align.eval.SuiteResult;
import org.lionalign.align.remote.ChatRequest;
import org.lionalign.core.chat.Conversation;
import org.lionalign.core.chat.Message;
import org.lionalign.core.json.Json;

/**
 * AlpacaEval 2: answers to 805 instructions, each judged against the reference's answer. Leaves {@code model_outputs.json} and
 * {@code annotations.json} that the official tool reads.
 */
public final class AlpacaEval implements Suite {
    /** As {@code --suite} names it. */
    public static final String NAME = "alpaca_eval";

    private static final String REFERENCE = "alpaca_eval/alpaca_eval_gpt4_baseline.json";
    private static final String PROMPT = "alpaca_eval/alpaca_eval_clf.txt";
    private static final String OTHER_REFERENCE = "alpaca_eval/reference_outputs.jsonl";
    private static final String OTHER_PROMPT = "alpaca_eval/judge_prompt_alpaca_eval_clf.txt";
    private static final String GAMED = "alpaca_eval/df_gamed.csv";
    private static final String ON_HUB = "tatsu-lab/";
    private static final String HUB = "huggingface.co/datasets/tatsu-lab/alpaca_eval";
    private static final String ORIGIN = "github.com/tatsu-lab/alpaca_eval, evaluators_configs";

    /** How answers are sampled; the default is LION's (LION.md 2.12). */
    public record Sampling(double temperature, double topP, int maxNewTokens) {
        public static final Sampling LION = new Sampling(0.7, 0.7, 2048);
    }

    private final @Nullable Path reference;
    private final Sampling sampling;

    public AlpacaEval() {
        this(null, Sampling.LION);
    }

    /** @param reference outputs to compare with instead of the set's own; its instructions are the questions */
    public AlpacaEval(@Nullable Path reference, Sampling sampling) {
        this.reference = reference;
        this.sampling = sampling;
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public Needs needs() {
        List<Data> data = new ArrayList<>();
        if (reference == null) {
            data.add(Data.required(HUB, REFERENCE, OTHER_REFERENCE, ON_HUB + REFERENCE));
        }
        data.add(Data.required(ORIGIN + "/alpaca_eval_clf_gpt4_turbo", PROMPT, OTHER_PROMPT));
        data.add(new Data(List.of(GAMED, ON_HUB + GAMED), HUB, "no length-controlled win rate"));
        return new Needs(
                data,
                true,
                805,
                "single-turn answers against gpt4_1106_preview: win rate, length-controlled where the difficulties are there");
    }

    @Override
    public SuiteResult run(EvalContext context) {
        Path data = context.data();
        Path questions =
                reference != null ? reference : EvalFiles.find(data, REFERENCE, OTHER_REFERENCE, ON_HUB + REFERENCE);
        List<Annotation.Output> references = Annotation.Output.read(questions);
        if (context.limit() > 0 && context.limit() < references.size()) {
            references = references.subList(0, context.limit());
        }
        Path prompt = EvalFiles.find(data, PROMPT, OTHER_PROMPT);
        WeightedAnnotator annotator =
                new WeightedAnnotator(EvalFiles.text(prompt), prompt.toString(), context.judgeModel(), context.seed());
        Failures failures = new Failures();
        SuiteFolder folder = new SuiteFolder(context, NAME);
        JudgeCalls judge = JudgeCalls.of(context, NAME, folder.judgements());
        List<Answers.Given> answers = new Answers(context, folder.answers())
                .to(references.stream().map(this::ask).toList());
        List<ObjectNode> said = new ArrayList<>();
        List<Annotation> rows = judge(context, references, answers, annotator, judge, failures, said);
        Path official = folder.official(context);
        Annotation.Output.write(
                official.resolve("model_outputs.json"),
                rows.stream()
                        .map(row -> new Annotation.Output(
                                row.instruction(), row.dataset(), row.output2(), row.generator2()))
                        .toList());
        Annotation.write(official.resolve("annotations.json"), rows);
        // The difficulties belong to the whole set: a part of it has no length-controlled rate of its own that
        // means anything.
        List<Path> gamed = DataPlaces.first(data, List.of(GAMED, ON_HUB + GAMED));
        Difficulty difficulty = context.limit() == 0 && !gamed.isEmpty() ? Difficulty.read(gamed.get(0)) : null;
        SuiteResult result = AlpacaReport.of(rows, difficulty, failures);
        for (int i = 0; i < said.size(); i++) {
            result.items().get(i).detail().setAll(said.get(i));
        }
        return result;
    }

    private Answers.Ask ask(Annotation.Output question) {
        return new Answers.Ask(
                Conversation.of(new Message("user", question.instruction())),
                sampling.temperature,
                sampling.topP,
                sampling.maxNewTokens);
    }

    private static List<Annotation> judge(
            EvalContext context,
            List<Annotation.Output> references,
            List<Answers.Given> answers,
            WeightedAnnotator annotator,
            JudgeCalls judge,
            Failures failures,
            List<ObjectNode> said) {
        List<ChatRequest> requests = new ArrayList<>();
        for (int i = 0; i < answers.size(); i++) {
            if (isJudged(references.get(i), answers.get(i))) {
                requests.add(annotator.request(
                        references.get(i).instruction(),
                        references.get(i).output(),
                        answers.get(i).text()));
            } else {
                context.progress().run();
            }
        }
        List<JudgeCalls.Reply> replies = judge.ask(requests, context.progress());
        List<Annotation> rows = new ArrayList<>();
        int next = 0;
        for (int i = 0; i < answers.size(); i++) {
            Annotation.Output question = references.get(i);
            Answers.Given answer = answers.get(i);
            double preference;
            ObjectNode detail = Json.object().put("finish", answer.finish());
            said.add(detail);
            if (answer.isOverlong()) {
                failures.add(Answers.Given.OVERLONG);
                preference = Double.NaN;
            } else if (!isJudged(question, answer)) {
                preference = 1.5; // equal answers are a draw, and nobody is asked
            } else {
                JudgeCalls.Reply reply = replies.get(next++);
                preference = annotator.preference(question.instruction(), reply.top());
                detail.put("shown_first", annotator.isSwitched(question.instruction()) ? "answer" : "baseline");
                detail.put("judge_text", reply.text());
                ObjectNode top = detail.putObject("judge_logprobs");
                reply.top().forEach(top::put);
                if (reply.failure() != null) {
                    detail.put("judge_failure", reply.failure() + ": " + reply.detail());
                }
                if (Double.isNaN(preference)) {
                    failures.add("judge_" + (reply.failure() == null ? "unparsed" : reply.failure()));
                }
            }
            if (answer.isTruncated()) {
                failures.add("truncated_answer");
            }
            rows.add(new Annotation(
                    question.instruction(),
                    question.dataset(),
                    question.output(),
                    question.generator(),
                    answer.text(),
                    SuiteFolder.modelName(context),
                    WeightedAnnotator.NAME,
                    preference));
        }
        return rows;
    }

    private static boolean isJudged(Annotation.Output question, Answers.Given answer) {
        return !answer.isOverlong() && !answer.text().equals(question.output());
    }
}
