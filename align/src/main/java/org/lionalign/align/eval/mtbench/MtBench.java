package org.lionalign.align.eval.mtbench;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.lionalign.align.eval.Answers;
import org.lionalign.align.eval.EvalContext;
import org.lionalign.align.eval.EvalFiles;
import org.lionalign.align.eval.Failures;
import org.lionalign.align.eval.Item;
import org.lionalign.align.eval.JudgeCalls;
import org.lionalign.align.eval.ResultStore;
import org.lionalign.align.eval.Suite;
import org.lionalign.align.eval.SuiteFolder;
import org.lionalign.align.eval.SuiteResult;
import org.lionalign.align.remote.ChatRequest;
import org.lionalign.core.chat.Conversation;
import org.lionalign.core.chat.Message;
import org.lionalign.core.format.AtomicFiles;
import org.lionalign.core.json.Json;

/** MT-Bench: 80 questions of two turns, each turn graded from 1 to 10. Leaves answers and judgements in FastChat's layout. */
public final class MtBench implements Suite {
    /** As {@code --suite} names it. */
    public static final String NAME = "mt_bench";

    private static final String QUESTIONS = "mt_bench/question.jsonl";
    private static final String PROMPTS = "mt_bench/judge_prompts.jsonl";
    private static final String REFERENCES = "mt_bench/reference_answer/gpt-4.jsonl";
    private static final String OTHER_REFERENCES = "mt_bench/reference_answer_gpt-4.jsonl";
    private static final String ON_HUB = "lmsys/mt-bench/data/";
    private static final String HUB = " or huggingface.co/spaces/lmsys/mt-bench";
    private static final String ORIGIN = "github.com/lm-sys/FastChat/tree/main/fastchat/llm_judge/data";
    private static final int MAX_NEW_TOKENS = 1024;

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public Needs needs() {
        return new Needs(
                List.of(
                        Data.required(ORIGIN + HUB, QUESTIONS, ON_HUB + QUESTIONS),
                        Data.required(ORIGIN, PROMPTS),
                        Data.required(ORIGIN, REFERENCES, OTHER_REFERENCES)),
                true,
                80,
                "two-turn answers graded 1 to 10, with reference answers for math, reasoning and coding");
    }

    @Override
    public SuiteResult run(EvalContext context) {
        Path data = context.data();
        List<MtQuestion> questions = MtQuestion.read(
                EvalFiles.find(data, QUESTIONS, ON_HUB + QUESTIONS),
                EvalFiles.find(data, REFERENCES, OTHER_REFERENCES));
        if (context.limit() > 0 && context.limit() < questions.size()) {
            questions = questions.subList(0, context.limit());
        }
        MtBenchPrompts prompts = new MtBenchPrompts(EvalFiles.find(data, PROMPTS), context.judgeModel());
        Failures failures = new Failures();
        SuiteFolder folder = new SuiteFolder(context, NAME);
        JudgeCalls judge = JudgeCalls.of(context, NAME, folder.judgements());
        Answers answers = new Answers(context, folder.answers());
        List<Answers.Given> first = answers.to(
                questions.stream().map(question -> first(question, answers)).toList());
        List<Answers.Given> second = second(questions, first, answers);
        List<Grade> grades = new ArrayList<>();
        grades.addAll(grade(context, questions, List.of(first), prompts, judge, failures, () -> {}));
        grades.addAll(grade(context, questions, List.of(first, second), prompts, judge, failures, context.progress()));
        write(folder.official(context), context, questions, first, second, grades);
        Map<String, String> categories = new HashMap<>(); // looked up only
        questions.forEach(question -> categories.put(question.id(), question.category()));
        SuiteResult result = MtBenchReport.of(grades, id -> categories.getOrDefault(id, ""), failures);
        Map<String, Integer> at = new HashMap<>(); // looked up only
        for (int q = 0; q < questions.size(); q++) {
            at.put(questions.get(q).id(), q);
        }
        for (Item item : result.items()) {
            int slash = item.id().lastIndexOf('/');
            int q = at.getOrDefault(item.id().substring(0, slash), 0);
            boolean later = item.id().endsWith("/2");
            Answers.Given answer = (later ? second : first).get(q);
            item.detail()
                    .put("question", questions.get(q).turns().get(later ? 1 : 0))
                    .put("answer", answer.text())
                    .put("finish", answer.finish());
        }
        return result;
    }

    /** Where the model's context is too short for both turns, the first answer may take half of what it leaves. */
    private static Answers.Ask first(MtQuestion question, Answers answers) {
        Conversation conversation =
                Conversation.of(new Message("user", question.turns().get(0)));
        int room = answers.room(answers.promptIds(withSecond(conversation, question, "")).length);
        int budget = Math.min(MAX_NEW_TOKENS, Math.max(1, room / 2));
        return new Answers.Ask(conversation, question.temperature(), 1, budget);
    }

    private static Conversation withSecond(Conversation first, MtQuestion question, String answer) {
        return first.plus(new Message("assistant", answer))
                .plus(new Message("user", question.turns().get(1)));
    }

    /** The second turn sees the first one's answer; where there is none, it has none either. */
    private static List<Answers.Given> second(List<MtQuestion> questions, List<Answers.Given> first, Answers answers) {
        List<Answers.Ask> asks = new ArrayList<>();
        for (int i = 0; i < questions.size(); i++) {
            if (!first.get(i).isOverlong()) {
                MtQuestion question = questions.get(i);
                Conversation conversation = withSecond(
                        Conversation.of(new Message("user", question.turns().get(0))),
                        question,
                        first.get(i).text());
                asks.add(new Answers.Ask(conversation, question.temperature(), 1, MAX_NEW_TOKENS));
            }
        }
        List<Answers.Given> given = answers.to(asks);
        List<Answers.Given> second = new ArrayList<>();
        int next = 0;
        for (Answers.Given answer : first) {
            second.add(answer.isOverlong() ? answer : given.get(next++));
        }
        return second;
    }

    /** @param turns the answers to the turns up to the one that is graded */
    private static List<Grade> grade(
            EvalContext context,
            List<MtQuestion> questions,
            List<List<Answers.Given>> turns,
            MtBenchPrompts prompts,
            JudgeCalls judge,
            Failures failures,
            Runnable progress) {
        int turn = turns.size();
        List<Answers.Given> graded = turns.get(turn - 1);
        List<ChatRequest> requests = new ArrayList<>();
        for (int i = 0; i < graded.size(); i++) {
            if (graded.get(i).isOverlong()) {
                progress.run();
            } else {
                requests.add(prompts.request(questions.get(i), turn, texts(turns, i)));
            }
        }
        List<JudgeCalls.Reply> replies = judge.ask(requests, progress);
        List<Grade> grades = new ArrayList<>();
        int next = 0;
        for (int i = 0; i < graded.size(); i++) {
            MtQuestion question = questions.get(i);
            String prompt = "";
            String text = "";
            if (graded.get(i).isTruncated()) {
                failures.add("truncated_answer");
            }
            if (graded.get(i).isOverlong()) {
                failures.add(Answers.Given.OVERLONG);
            } else {
                JudgeCalls.Reply reply = replies.get(next++);
                prompt = prompts.userPrompt(question, turn, texts(turns, i));
                text = reply.text();
                if (reply.failure() != null) {
                    failures.add("judge_" + reply.failure());
                } else if (Double.isNaN(Ratings.of(text))) {
                    failures.add("no_rating");
                }
            }
            grades.add(new Grade(
                    question.id(),
                    SuiteFolder.modelName(context),
                    turn,
                    context.judgeModel(),
                    MtBenchPrompts.name(question.needsReference(), turn),
                    prompt,
                    text,
                    Ratings.of(text)));
        }
        return grades;
    }

    private static List<String> texts(List<List<Answers.Given>> turns, int question) {
        return turns.stream().map(turn -> turn.get(question).text()).toList();
    }

    private static void write(
            Path official,
            EvalContext context,
            List<MtQuestion> questions,
            List<Answers.Given> first,
            List<Answers.Given> second,
            List<Grade> grades) {
        String model = SuiteFolder.modelName(context);
        List<ObjectNode> answers = new ArrayList<>();
        for (int i = 0; i < questions.size(); i++) {
            ObjectNode node = Json.object();
            String id = questions.get(i).id();
            if (id.matches("\\d{1,9}")) {
                node.put("question_id", Integer.parseInt(id));
            } else {
                node.put("question_id", id);
            }
            node.put(
                    "answer_id",
                    ResultStore.key(
                                    id,
                                    model,
                                    first.get(i).text(),
                                    second.get(i).text())
                            .substring(0, 22));
            node.put("model_id", model);
            ObjectNode choice = node.putArray("choices").addObject();
            choice.put("index", 0);
            ArrayNode turns = choice.putArray("turns");
            turns.add(first.get(i).text()).add(second.get(i).text());
            answers.add(node);
        }
        lines(official.resolve("model_answer/" + model + ".jsonl"), answers);
        String judge = context.judgeModel().replaceAll("[^A-Za-z0-9._-]", "_");
        lines(
                official.resolve("model_judgment/" + judge + "_single.jsonl"),
                grades.stream().map(Grade::json).toList());
    }

    private static void lines(Path file, List<ObjectNode> rows) {
        AtomicFiles.write(file, rows.stream().map(row -> Json.write(row) + "\n").collect(Collectors.joining()));
    }
}
