package org.lionalign.core.pack;

import java.util.List;

/**
 * Which tokens see which, for one packed stream: each node's query range, and the nodes above it whose keys it also sees.
 * Within its own range a node is causal. The CPU kernel runs one attention per node; a variable-length flash kernel gathers
 * the keys per node with a causal mask aligned bottom right; the fp64 reference kernel uses {@link #mask()}.
 *
 * @param length tokens in the stream, {@code T}
 * @param nodes in stream order; their ranges partition {@code [0, T)}; empty nodes are left out
 */
public record AttentionPlan(int length, List<Node> nodes) {
    /**
     * @param start first query (and own key), inclusive
     * @param end last query, exclusive
     * @param ancestors indices into {@code nodes}, root first, of the runs whose keys precede its own
     */
    public record Node(int start, int end, int[] ancestors) {
        public int queries() {
            return end - start;
        }
    }

    public AttentionPlan {
        nodes = List.copyOf(nodes);
        int at = 0;
        for (Node node : nodes) {
            if (node.start() != at || node.end() <= at) {
                throw new IllegalArgumentException("node ranges do not partition the stream at " + at);
            }
            at = node.end();
        }
        if (at != length) {
            throw new IllegalArgumentException("nodes end at " + at + ", the stream at " + length);
        }
    }

    /** Number of keys before a node's own. */
    public int prefixLength(Node node) {
        int sum = 0;
        for (int ancestor : node.ancestors()) {
            sum += nodes.get(ancestor).queries();
        }
        return sum;
    }

    /** Exact number of (query, key) pairs that are seen: the measure for attention's FLOPs. */
    public long pairs() {
        long sum = 0;
        for (Node node : nodes) {
            long q = node.queries();
            sum += q * prefixLength(node) + q * (q + 1) / 2;
        }
        return sum;
    }

    /** {@code [T][T]}, true where the query (row) sees the key (column). For tests and the reference kernel only. */
    public boolean[][] mask() {
        boolean[][] mask = new boolean[length][length];
        for (Node node : nodes) {
            for (int q = node.start(); q < node.end(); q++) {
                for (int ancestor : node.ancestors()) {
                    java.util.Arrays.fill(
                            mask[q],
                            nodes.get(ancestor).start(),
                            nodes.get(ancestor).end(),
                            true);
                }
                java.util.Arrays.fill(mask[q], node.start(), q + 1, true);
            }
        }
        return mask;
    }
}
