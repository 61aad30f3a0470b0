package org.lionalign.torch.model;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.lionalign.torch.tensor.Device;
import org.lionalign.torch.tensor.Tensor;
import org.lionalign.torch.tensor.Tensors;

/**
 * The positions of a stream that are read behind the last block, by the head. Behind its attention this block computes no others: nobody sees
 * what it makes of a prompt but the keys and values in between.
 *
 * @param rows distinct positions, ascending, to which the last block's result is cut; null where it stays whole
 * @param order of what is read, the row among the result's
 */
record Reading(@Nullable Tensor rows, Tensor order) {
    /** The share of a stream's positions up to which cutting is worth its copies. */
    private static final double WORTH = 0.75;

    /** Of a pass's scope. */
    static Reading of(int[] at, int tokens, Device device) {
        int[] distinct = Arrays.stream(at).sorted().distinct().toArray();
        if (!cuts(tokens, distinct.length)) {
            return new Reading(null, Tensors.of(at).to(device));
        }
        int[] order = Arrays.stream(at)
                .map(position -> Arrays.binarySearch(distinct, position))
                .toArray();
        return new Reading(Tensors.of(distinct).to(device), Tensors.of(order).to(device));
    }

    /** Whether the last block's result is cut to so many positions. */
    static boolean cuts(long tokens, long positions) {
        return positions <= WORTH * tokens;
    }
}
