package org.lionalign.align.eval.harness;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.lionalign.core.pack.AttentionPlan;
import org.lionalign.core.pack.PackedBatch;
import org.lionalign.core.pack.PromptTree;

/**
 * Sequences laid out so that what they share goes through the model once. They are sorted by their ids; where neighbours agree in enough tokens the
 * common run becomes a node above them: few-shot examples over a task's questions, a question over its choices. Nothing is assumed about where
 * texts meet: only ids are compared. The last token of a sequence is predicted, never read, so choices of one token need no node at all.
 * What several sequences ask is asked once: equal sequences get equal numbers, and not ones that differ by where a product put their rows.
 *
 * @param batch what the model takes; its targets are the continuations' tokens, each in each place once
 * @param asked of each sequence, the indices among the targets of its continuation's tokens
 */
record TokenForest(PackedBatch batch, int[][] asked) {
    /** Shorter common runs are read again in each sequence: a node costs an attention call in every layer. */
    static final int WORTH_SHARING = 16;

    static TokenForest of(List<Request.Sequence> sequences) {
        return of(sequences, WORTH_SHARING);
    }

    /** @param least tokens that a shared run must have; more than any sequence has for no sharing at all */
    static TokenForest of(List<Request.Sequence> sequences, int least) {
        return new Builder(sequences, least).build();
    }

    /** Index of the first id in which two sequences differ, not looking at what is only predicted. */
    static int common(Request.Sequence a, Request.Sequence b) {
        int end = Math.min(a.ids().length, b.ids().length) - 1;
        int at = Arrays.mismatch(a.ids(), 0, end, b.ids(), 0, end);
        return at < 0 ? end : at;
    }

    /** Order of the ids that are read, a prefix before what continues it. */
    static int compare(Request.Sequence a, Request.Sequence b) {
        return Arrays.compare(a.ids(), 0, a.ids().length - 1, b.ids(), 0, b.ids().length - 1);
    }

    /** A run of tokens in a tree. */
    private static final class Run {
        final @Nullable Run above;
        final int depth;
        final int[] ids;
        int index;
        int stream;

        Run(@Nullable Run above, int depth, int[] ids) {
            this.above = above;
            this.depth = depth;
            this.ids = ids;
        }
    }

    /** How likely is the token behind this place of the stream? */
    private record Question(int predictor, int target) {}

    private static final class Builder {
        private final List<Request.Sequence> sequences;
        private final int least;
        private final Integer[] order;
        private final Run[] ends;
        private final List<List<Run>> trees = new ArrayList<>();

        Builder(List<Request.Sequence> sequences, int least) {
            this.sequences = sequences;
            this.least = least;
            this.ends = new Run[sequences.size()];
            this.order = new Integer[sequences.size()];
            Arrays.setAll(order, i -> i);
            Arrays.sort(order, (a, b) -> compare(sequences.get(a), sequences.get(b)));
        }

        private int read(int at) {
            return sequences.get(order[at]).ids().length - 1;
        }

        /** Places the sorted sequences {@code [from, to)}, which agree up to {@code depth}, below {@code above}. */
        private void place(int from, int to, int depth, @Nullable Run above) {
            int shared = common(sequences.get(order[from]), sequences.get(order[to - 1]));
            boolean same = shared == read(from) && shared == read(to - 1);
            if (!same && shared - depth < least) {
                parts(from, to, shared, depth, above);
                return;
            }
            Run run = above;
            if (shared > depth || above == null) {
                int[] ids = Arrays.copyOfRange(sequences.get(order[from]).ids(), depth, shared);
                run = new Run(above, depth, ids);
                if (above == null) {
                    trees.add(new ArrayList<>());
                }
                List<Run> tree = trees.get(trees.size() - 1);
                run.index = tree.size();
                tree.add(run);
            }
            int at = from;
            while (at < to && read(at) == shared) {
                ends[order[at++]] = run;
            }
            if (at < to) {
                parts(at, to, shared, shared, run);
            }
        }

        /** Splits by the token at {@code at}; those that end there stay together. */
        private void parts(int from, int to, int at, int depth, @Nullable Run above) {
            int start = from;
            for (int i = from + 1; i <= to; i++) {
                if (i == to || tokenAt(i, at) != tokenAt(start, at)) {
                    place(start, i, depth, above);
                    start = i;
                }
            }
        }

        private int tokenAt(int i, int at) {
            return at < read(i) ? sequences.get(order[i]).ids()[at] : -1;
        }

        TokenForest build() {
            if (order.length > 0) {
                parts(0, order.length, 0, 0, null);
            }
            List<PromptTree> laid = new ArrayList<>();
            int stream = 0;
            for (List<Run> tree : trees) {
                List<PromptTree.Node> nodes = new ArrayList<>();
                for (Run run : tree) {
                    run.stream = stream;
                    stream += run.ids.length;
                    nodes.add(new PromptTree.Node(
                            run.above == null ? -1 : run.above.index, run.ids, new boolean[run.ids.length]));
                }
                laid.add(new PromptTree("tree " + laid.size(), nodes));
            }
            int[][] asked = new int[sequences.size()][];
            Map<Question, Integer> questions = new LinkedHashMap<>();
            for (int s = 0; s < sequences.size(); s++) {
                Request.Sequence sequence = sequences.get(s);
                Run run = ends[s];
                asked[s] = new int[sequence.ids().length - sequence.from()];
                for (int t = sequence.ids().length - 1; t >= sequence.from(); t--) {
                    while (run.depth > t - 1) {
                        run = java.util.Objects.requireNonNull(run.above);
                    }
                    Question question = new Question(run.stream + t - 1 - run.depth, sequence.ids()[t]);
                    Integer known = questions.putIfAbsent(question, questions.size());
                    asked[s][t - sequence.from()] = known == null ? questions.size() - 1 : known;
                }
            }
            int[] predictors =
                    questions.keySet().stream().mapToInt(Question::predictor).toArray();
            int[] targets =
                    questions.keySet().stream().mapToInt(Question::target).toArray();
            PackedBatch bare = PackedBatch.of(laid);
            AttentionPlan plan = bare.plan();
            return new TokenForest(
                    new PackedBatch(laid, bare.ids(), bare.positions(), plan, predictors, targets, List.of()), asked);
        }
    }
}
