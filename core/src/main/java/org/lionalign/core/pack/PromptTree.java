package org.lionalign.core.pack;

import java.util.ArrayList;
import java.util.List;

/**
 * A prompt and what follows it: runs of token ids in a tree. A token attends to itself and to what precedes it in its own
 * run and in the runs above it; nothing else. Positions count from the root of the tree.
 *
 * <p>Supervised fine-tuning uses a root alone; a preference pair is a root (the prompt) with two leaves (chosen = node 1,
 * rejected = node 2); multiple choice may be three deep (few-shot examples, question, choices).
 *
 * @param id where the tree came from, for ledgers and errors: {@code source#row}
 * @param nodes the runs, parents before children, node 0 the root
 */
public record PromptTree(String id, List<Node> nodes) {
    /**
     * One run of tokens.
     *
     * @param parent index of the run it continues, −1 for the root
     * @param ids the tokens; a leaf may be empty, a root may not
     * @param supervised for each token whether its log-probability is scored (and trained); same length as {@code ids}
     */
    public record Node(int parent, int[] ids, boolean[] supervised) {
        public Node {
            if (ids.length != supervised.length) {
                throw new IllegalArgumentException(ids.length + " ids but " + supervised.length + " supervised flags");
            }
        }
    }

    public PromptTree {
        nodes = List.copyOf(nodes);
        if (nodes.isEmpty() || nodes.get(0).ids().length == 0) {
            throw new IllegalArgumentException(id + ": a tree needs a root with at least one token");
        }
        for (int i = 0; i < nodes.size(); i++) {
            int parent = nodes.get(i).parent();
            if (i == 0 ? parent != -1 : parent < 0 || parent >= i) {
                throw new IllegalArgumentException(id + ": node " + i + " has parent " + parent);
            }
        }
    }

    /** A root alone: a document or a conversation. */
    public static PromptTree document(String id, int[] ids, boolean[] supervised) {
        return new PromptTree(id, List.of(new Node(-1, ids, supervised)));
    }

    /** An unsupervised prompt and fully supervised answers, node 1 the first of them. */
    public static PromptTree answers(String id, int[] prompt, List<int[]> answers) {
        List<Node> nodes = new ArrayList<>();
        nodes.add(new Node(-1, prompt, new boolean[prompt.length]));
        for (int[] answer : answers) {
            nodes.add(new Node(0, answer, allTrue(answer.length)));
        }
        return new PromptTree(id, nodes);
    }

    /** Number of tokens, shared ones once. */
    public int length() {
        int sum = 0;
        for (Node node : nodes) {
            sum += node.ids().length;
        }
        return sum;
    }

    /** Position of a node's first token, counted from the root. */
    public int depthOf(int node) {
        int depth = 0;
        for (int at = nodes.get(node).parent(); at >= 0; at = nodes.get(at).parent()) {
            depth += nodes.get(at).ids().length;
        }
        return depth;
    }

    /** Tokens on the longest way from the root to the end of a leaf: what must fit into the model's context. */
    public int longestPath() {
        int longest = 0;
        for (int i = 0; i < nodes.size(); i++) {
            longest = Math.max(longest, depthOf(i) + nodes.get(i).ids().length);
        }
        return longest;
    }

    /** Number of tokens whose log-probability can be scored: supervised and with a predecessor. */
    public int supervisedTokens() {
        int count = 0;
        for (Node node : nodes) {
            for (int t = node.parent() < 0 ? 1 : 0; t < node.ids().length; t++) {
                if (node.supervised()[t]) {
                    count++;
                }
            }
        }
        return count;
    }

    private static boolean[] allTrue(int length) {
        boolean[] flags = new boolean[length];
        java.util.Arrays.fill(flags, true);
        return flags;
    }
}
