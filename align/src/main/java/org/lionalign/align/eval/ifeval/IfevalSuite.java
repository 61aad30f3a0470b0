package org.lionalign.align.eval.ifeval;

import java.util.List;
import org.lionalign.align.eval.EvalContext;
import org.lionalign.align.eval.ResultStore;
import org.lionalign.align.eval.Suite;
import org.lionalign.align.eval.SuiteResult;
import org.lionalign.align.eval.completion.Completions;

/**
 * IFEval as lm-evaluation-harness runs it ({@code tasks/ifeval/ifeval.yaml}): greedy, 1280 new tokens, no stop text; the prompt is a user's
 * message where the model has a chat template.
 */
public final class IfevalSuite implements Suite {
    static final String NAME = "ifeval";
    private static final int NEW_TOKENS = 1280;

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public Needs needs() {
        return new Needs(
                IfevalFiles.needs(),
                false,
                541,
                "25 instructions that a program checks, strict and loose; 0-shot; share of prompts with all followed");
    }

    @Override
    public SuiteResult run(EvalContext context) {
        List<IfevalQuestion> questions =
                IfevalFiles.questions(context.data(), new Instructions(IfevalFiles.punkt(context.data())));
        if (context.limit() > 0 && context.limit() < questions.size()) {
            questions = questions.subList(0, context.limit());
        }
        boolean chat = context.text().hasTemplate();
        IfevalScores scores = new IfevalScores();
        ResultStore store = ResultStore.open(context.store().resolve(NAME).resolve("completions.jsonl"));
        List<Completions.Given> answers = new Completions(context, store)
                .to(questions.stream()
                        .map(q -> new Completions.Ask(q.prompt(), chat, List.of(), NEW_TOKENS))
                        .toList());
        for (int i = 0; i < questions.size(); i++) {
            Completions.Given given = answers.get(i);
            scores.add(questions.get(i), given.text(), given.truncated(), given.promptLost());
        }
        return scores.result(NAME);
    }
}
