package org.lionalign.core.pack;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Trees laid out one after another as a single stream without padding: what a model's forward pass takes.
 *
 * <p>The k-th target is the token {@code targets[k]}, predicted by the hidden state at stream index {@code predictors[k]}: its
 * predecessor in the tree, which for the first token of a branch is the last token of the trunk. Targets are ordered by tree,
 * node and token; {@code slices} says which belong to which node.
 *
 * @param trees in stream order
 * @param ids {@code [T]}
 * @param positions {@code [T]}, counted from each tree's root
 * @param plan who sees whom
 * @param predictors {@code [S]} indices into the stream
 * @param targets {@code [S]} token ids
 * @param slices one for each node that has targets, in order
 */
public record PackedBatch(
        List<PromptTree> trees,
        int[] ids,
        int[] positions,
        AttentionPlan plan,
        int[] predictors,
        int[] targets,
        List<Slice> slices) {
    /**
     * The targets {@code [from, to)} of node {@code node} of tree {@code tree}.
     *
     * @param tree index into {@code trees}
     */
    public record Slice(int tree, int node, int from, int to) {}

    /** Lays the trees out in the given order. Documents never see each other. */
    public static PackedBatch of(List<PromptTree> trees) {
        int total = 0;
        for (PromptTree tree : trees) {
            total += tree.length();
        }
        int[] ids = new int[total];
        int[] positions = new int[total];
        int[] predictors = new int[total];
        int[] targets = new int[total];
        List<AttentionPlan.Node> planNodes = new ArrayList<>();
        List<Slice> slices = new ArrayList<>();
        int at = 0;
        int scored = 0;
        for (int t = 0; t < trees.size(); t++) {
            PromptTree tree = trees.get(t);
            int count = tree.nodes().size();
            int[] lastToken = new int[count]; // stream index of the token a child's first token follows
            int[][] path = new int[count][]; // plan indices from the root to this node, itself included
            for (int n = 0; n < count; n++) {
                PromptTree.Node node = tree.nodes().get(n);
                int length = node.ids().length;
                int[] above = n == 0 ? new int[0] : path[node.parent()];
                int depth = tree.depthOf(n);
                int before = n == 0 ? -1 : lastToken[node.parent()];
                System.arraycopy(node.ids(), 0, ids, at, length);
                int from = scored;
                for (int i = 0; i < length; i++) {
                    positions[at + i] = depth + i;
                    int predictor = i == 0 ? before : at + i - 1;
                    if (node.supervised()[i] && predictor >= 0) {
                        predictors[scored] = predictor;
                        targets[scored++] = node.ids()[i];
                    }
                }
                if (scored > from) {
                    slices.add(new Slice(t, n, from, scored));
                }
                if (length > 0) {
                    path[n] = Arrays.copyOf(above, above.length + 1);
                    path[n][above.length] = planNodes.size();
                    planNodes.add(new AttentionPlan.Node(at, at + length, above));
                    at += length;
                    lastToken[n] = at - 1;
                } else {
                    path[n] = above;
                    lastToken[n] = before;
                }
            }
        }
        return new PackedBatch(
                List.copyOf(trees),
                ids,
                positions,
                new AttentionPlan(total, planNodes),
                Arrays.copyOf(predictors, scored),
                Arrays.copyOf(targets, scored),
                List.copyOf(slices));
    }

    /**
     * The batch in parts of whole trees with about as many tokens each, whose targets one after the other are the batch's; fewer where there
     * are fewer trees, and the batch itself where its targets are not in the order of its trees.
     *
     * @param count of parts
     */
    public List<PackedBatch> parts(int count) {
        List<PackedBatch> parts = new ArrayList<>();
        int tree = 0;
        int at = 0;
        int target = 0;
        for (int part = 1; part <= count && tree < trees.size(); part++) {
            long wanted = (long) ids.length * part / count;
            int first = tree;
            int start = at;
            int from = target;
            // A tree that reaches beyond the end of the part is in it if the larger half of it is.
            while (tree < trees.size() && (part == count || at + trees.get(tree).length() / 2 < wanted)) {
                at += trees.get(tree++).length();
            }
            while (target < targets.length && predictors[target] >= start && predictors[target] < at) {
                target++;
            }
            if (tree > first) {
                parts.add(part(first, tree, start, at, from, target));
            }
        }
        return target == targets.length ? parts : List.of(this);
    }

    private PackedBatch part(int firstTree, int lastTree, int start, int end, int from, int to) {
        List<PromptTree> some = trees.subList(firstTree, lastTree);
        List<Slice> own = slices.stream()
                .filter(slice -> slice.tree() >= firstTree && slice.tree() < lastTree)
                .map(slice -> new Slice(slice.tree() - firstTree, slice.node(), slice.from() - from, slice.to() - from))
                .toList();
        return new PackedBatch(
                List.copyOf(some),
                Arrays.copyOfRange(ids, start, end),
                Arrays.copyOfRange(positions, start, end),
                of(some).plan(),
                Arrays.stream(predictors, from, to).map(p -> p - start).toArray(),
                Arrays.copyOfRange(targets, from, to),
                own);
    }

    /**
     * The same tokens at other positions; who sees whom stays.
     *
     * @param other {@code [T]}
     */
    public PackedBatch withPositions(int[] other) {
        if (other.length != ids.length) {
            throw new IllegalArgumentException(other.length + " positions for " + ids.length + " tokens");
        }
        return new PackedBatch(trees, ids, other, plan, predictors, targets, slices);
    }

    /**
     * Stream indices of the last token of every leaf, by tree and node: where sequence heads read. An empty leaf ends where its parent
     * does.
     */
    public int[] leafEnds() {
        List<Integer> ends = new ArrayList<>();
        int at = 0;
        for (PromptTree tree : trees) {
            int count = tree.nodes().size();
            int[] last = new int[count];
            boolean[] inner = new boolean[count];
            for (int n = 0; n < count; n++) {
                PromptTree.Node node = tree.nodes().get(n);
                at += node.ids().length;
                last[n] = node.ids().length > 0 ? at - 1 : last[node.parent()];
                if (n > 0) {
                    inner[node.parent()] = true;
                }
            }
            for (int n = 0; n < count; n++) {
                if (!inner[n]) {
                    ends.add(last[n]);
                }
            }
        }
        return ends.stream().mapToInt(Integer::intValue).toArray();
    }

    /** Tokens in the stream, {@code T}. */
    public int length() {
        return ids.length;
    }

    /** Scored tokens, {@code S}. */
    public int supervised() {
        return targets.length;
    }
}
