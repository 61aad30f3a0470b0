package org.lionalign.torch.nn;

import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.lionalign.core.pack.AttentionPlan;

/** A stream's plan with what attention makes of it once for all blocks: see {@link TreeAttention#prepare}. Belongs to the scope it was made in. */
public final class PreparedPlan {
    private final AttentionPlan plan;
    private final Map<Integer, List<Tile>> tiles = new HashMap<>();

    PreparedPlan(AttentionPlan plan, Collection<Integer> tiledWindows) {
        this.plan = plan;
        for (int window : tiledWindows) {
            tiles.computeIfAbsent(window, w -> Tile.all(plan, w));
        }
    }

    AttentionPlan plan() {
        return plan;
    }

    List<Tile> tiles(int window) {
        return Objects.requireNonNull(tiles.get(window), () -> "not prepared for a window of " + window);
    }
}
