package org.lionalign.align.eval.harness.generative;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.lionalign.align.eval.EvalContext;
import org.lionalign.align.eval.FileScorer;
import org.lionalign.align.eval.ResultStore;
import org.lionalign.align.eval.Suite;
import org.lionalign.align.eval.SuiteResult;
import org.lionalign.core.error.BadInput;

/** The suites of this package, and what scores answers from files. */
public final class GenerativeSuites {
    private GenerativeSuites() {}

    /** {@code gsm8k}, {@code bbh_cot_fewshot}, {@code leaderboard_math_hard}. */
    public static List<Suite> all() {
        return List.of(
                new Group(
                        Gsm8k.NAME,
                        new Suite.Needs(
                                Gsm8k.needs(),
                                false,
                                1319,
                                "school arithmetic; 5-shot; exact match of the number after ####"),
                        1,
                        context -> List.of(Gsm8k.read(context.data(), context.limit()))),
                new Group(
                        BbhCot.NAME,
                        new Suite.Needs(
                                BbhCot.needs(),
                                false,
                                6511,
                                "27 hard tasks, those that are there; 3-shot with chains of thought; exact match"),
                        BbhCot.TASKS.size(),
                        GenerativeSuites::bbh),
                new Group(
                        MathHard.NAME,
                        new Suite.Needs(
                                MathHard.needs(),
                                false,
                                1324,
                                "MATH level 5, seven subjects; 4-shot; equality of formulas"),
                        7,
                        context -> MathHard.read(context.data(), context.limit())));
    }

    public static List<FileScorer> scorers() {
        return List.of(new Gsm8kFileScorer());
    }

    private static List<GenerativeTask> bbh(EvalContext context) {
        List<String> present = BbhCot.present(context.data());
        if (present.isEmpty()) {
            throw new BadInput(context.data() + ": " + BbhCot.NAME
                    + " needs bbh/TASK.json and bbh/cot-prompts/TASK.txt in this folder, found no task with both");
        }
        return present.stream()
                .map(task -> BbhCot.read(context.data(), task, context.limit()))
                .toList();
    }

    /** Tasks under one name; a single one stands for itself. */
    private record Group(String name, Needs needs, int taskCount, Function<EvalContext, List<GenerativeTask>> questions)
            implements Suite {
        @Override
        public SuiteResult run(EvalContext context) {
            List<SuiteResult> parts = new ArrayList<>();
            Path file = context.store().resolve(name).resolve("completions.jsonl");
            ResultStore store = ResultStore.open(file);
            for (GenerativeTask task : questions.apply(context)) {
                parts.add(TaskRun.score(task, TaskRun.ask(task, context, store)));
            }
            return parts.size() == 1 && parts.get(0).suite().equals(name) ? parts.get(0) : TaskRun.group(name, parts);
        }
    }
}
