package org.lionalign.torch.nn;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.lionalign.core.pack.AttentionPlan;
import org.lionalign.torch.tensor.Tensor;
import org.lionalign.torch.tensor.Tensors;

/**
 * Neighbouring queries of a stream and the keys that any of them sees: what {@link TiledAttention} takes at a time. Queries and keys are
 * filled up to multiples of {@link #GRAIN}, with what follows in the stream.
 *
 * @param start first query
 * @param queries without filling
 * @param rows with filling
 * @param runs {@code {start, end}} of the keys, ascending; gaps are keys that no query sees
 * @param keys in all runs, with filling
 * @param masked first column that not all queries see
 * @param mask {@code [rows, 1, keys − masked]} fp32, 0 or −∞, to be added to the scores; nothing is hidden from filling rows
 */
record Tile(int start, int queries, int rows, int[][] runs, int keys, int masked, Tensor mask) {
    /** Products of other sizes take up to three times as long. */
    static final int GRAIN = 16;

    /** Most queries. */
    private static final int ROWS = 128;

    /** Keys nobody sees between two runs, from which they are left out. */
    private static final int GAP = 64;

    /** The tiles of a stream, in order. */
    static List<Tile> all(AttentionPlan plan, int window) {
        List<Tile> tiles = new ArrayList<>();
        for (int[] part : parts(plan)) {
            tiles.add(tile(plan, window, part[0], part[1]));
        }
        return tiles;
    }

    /** Queries × keys: what it costs. */
    long area() {
        return (long) rows * keys;
    }

    /** Cuts at every tree's start, and between; small trees that follow each other go together. */
    private static List<int[]> parts(AttentionPlan plan) {
        List<int[]> parts = new ArrayList<>();
        int[] open = {0, 0};
        boolean whole = true; // whether the open part is of whole trees
        for (int i = 0; i < plan.nodes().size(); ) {
            int start = plan.nodes().get(i).start();
            int end;
            do {
                end = plan.nodes().get(i++).end();
            } while (i < plan.nodes().size() && plan.nodes().get(i).ancestors().length > 0);
            if (whole && end - open[0] <= ROWS) {
                open[1] = end;
                continue;
            }
            parts.add(open);
            whole = end - start <= ROWS;
            for (; end - start > ROWS; start += ROWS) {
                parts.add(new int[] {start, start + ROWS});
            }
            open = new int[] {start, end};
        }
        parts.add(open);
        parts.removeIf(part -> part[0] == part[1]);
        return parts;
    }

    private static Tile tile(AttentionPlan plan, int window, int start, int end) {
        List<int[]> seen = new ArrayList<>();
        List<List<int[]>> byQuery = new ArrayList<>();
        for (AttentionPlan.Node node : plan.nodes()) {
            for (int query = Math.max(start, node.start()); query < Math.min(end, node.end()); query++) {
                List<int[]> ranges = seen(plan, node, query, window);
                byQuery.add(ranges);
                seen.addAll(ranges);
            }
        }
        List<int[]> runs = joined(seen);
        int keys = runs.stream().mapToInt(run -> run[1] - run[0]).sum();
        runs.get(runs.size() - 1)[1] += filled(keys) - keys;
        keys = filled(keys);
        int rows = filled(end - start);
        float[] mask = new float[rows * keys];
        Arrays.fill(mask, 0, (end - start) * keys, Float.NEGATIVE_INFINITY);
        int masked = keys;
        for (int row = 0; row < byQuery.size(); row++) {
            int open = 0; // columns from the first on that this query sees
            for (int[] range : byQuery.get(row)) {
                int at = column(runs, range[0]);
                Arrays.fill(mask, row * keys + at, row * keys + at + range[1] - range[0], 0);
                open = at == open ? at + range[1] - range[0] : open;
            }
            masked = Math.min(masked, open);
        }
        Tensor whole = Tensors.of(mask, rows, 1, keys);
        Tensor part =
                masked == 0 ? whole : whole.narrow(2, masked, keys - masked).contiguous();
        return new Tile(start, end - start, rows, runs.toArray(int[][]::new), keys, masked, part);
    }

    /** The keys that a query sees, ascending. */
    private static List<int[]> seen(AttentionPlan plan, AttentionPlan.Node node, int query, int window) {
        List<int[]> ranges = new ArrayList<>();
        int position = plan.prefixLength(node) + query - node.start();
        int hidden = window == 0 ? 0 : Math.max(0, position + 1 - window); // keys of its path
        for (int ancestor : node.ancestors()) {
            AttentionPlan.Node above = plan.nodes().get(ancestor);
            int cut = Math.min(hidden, above.queries());
            hidden -= cut;
            if (cut < above.queries()) {
                ranges.add(new int[] {above.start() + cut, above.end()});
            }
        }
        ranges.add(new int[] {node.start() + hidden, query + 1});
        return ranges;
    }

    private static List<int[]> joined(List<int[]> ranges) {
        List<int[]> sorted = new ArrayList<>(ranges);
        sorted.sort(Comparator.comparingInt(range -> range[0]));
        List<int[]> runs = new ArrayList<>();
        for (int[] range : sorted) {
            int[] last = runs.isEmpty() ? null : runs.get(runs.size() - 1);
            if (last != null && range[0] - last[1] < GAP) {
                last[1] = Math.max(last[1], range[1]);
            } else {
                runs.add(range.clone());
            }
        }
        return runs;
    }

    private static int column(List<int[]> runs, int key) {
        int at = 0;
        for (int[] run : runs) {
            if (key < run[1]) {
                return at + key - run[0];
            }
            at += run[1] - run[0];
        }
        throw new IllegalStateException("key " + key + " is in no run");
    }

    private static int filled(int n) {
        return (n + GRAIN - 1) / GRAIN * GRAIN;
    }
}
