package org.lionalign.align.eval.harness;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.lionalign.align.eval.harness.Rows.Row;
import org.lionalign.align.eval.python.PyRandom;
import org.lionalign.core.error.BadInput;

/**
 * The harness's samplers ({@code lm_eval/api/samplers.py}): the first n of the pool, or n drawn for each question in turn by Python's
 * {@code Random(1234).sample}. Questions must be given in the file's order, for each draw moves the generator on.
 */
final class FewShots {
    /** {@code fewshot_random_seed}. */
    static final long SEED = 1234;

    private final Task task;
    private final List<Row> pool;
    private final boolean drawn;
    private final boolean apart;
    private final boolean borrowed;
    private final TaskFiles files;
    private final PyRandom random = new PyRandom(SEED);

    FewShots(Task task, TaskFiles files, List<Row> asked) {
        this.task = task;
        this.files = files;
        Task.Shots shots = task.shotCount() == 0 ? new Task.Shots.None() : task.shots();
        boolean missing = false;
        boolean leaveOut = false;
        List<Row> rows = List.of();
        if (shots instanceof Task.Shots.First first) {
            rows = TaskSuite.ofSubject(files.rows(first.source(), task.name()), task);
        } else if (shots instanceof Task.Shots.Fixed fixed) {
            rows = fixed.rows().stream()
                    .map(row -> new Row(row, task.name() + ": few-shot example"))
                    .toList();
        } else if (shots instanceof Task.Shots.Drawn from) {
            List<Row> there = files.rowsIfThere(from.source());
            missing = there == null;
            leaveOut = from.apart() || missing;
            rows = there == null ? asked : there;
        }
        this.pool = rows;
        this.drawn = shots instanceof Task.Shots.Drawn;
        this.apart = leaveOut;
        this.borrowed = missing;
        int needed = task.shotCount() + (apart ? 1 : 0);
        if (!(shots instanceof Task.Shots.None) && pool.size() < needed) {
            throw new BadInput(task.name() + ": few-shot examples: expected " + needed
                    + " rows to take them from, found " + pool.size());
        }
    }

    /** Whether the data folder has no split for examples, so that they come from the evaluated one (never the question itself). */
    boolean borrowed() {
        return borrowed;
    }

    /** The examples before this question. */
    List<Question.Shot> before(Question question) {
        if (pool.isEmpty()) {
            return List.of();
        }
        if (!drawn) {
            return pool.subList(0, task.shotCount()).stream().map(this::shot).toList();
        }
        List<Row> taken = draw(pool, task.shotCount() + (apart ? 1 : 0));
        if (apart) {
            taken.removeIf(row -> row.value().equals(question.row()));
            if (taken.size() < task.shotCount()) {
                List<Row> others = pool.stream()
                        .filter(row -> !row.value().equals(question.row()))
                        .toList();
                taken = draw(others, task.shotCount());
            }
        }
        return taken.subList(0, task.shotCount()).stream().map(this::shot).toList();
    }

    private List<Row> draw(List<Row> from, int count) {
        return new ArrayList<>(IntStream.of(random.sample(from.size(), count))
                .mapToObj(from::get)
                .toList());
    }

    private Question.Shot shot(Row row) {
        return task.format().read(row, files.global()).shot();
    }
}
