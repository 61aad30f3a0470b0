package org.lionalign.core.recipe;

import static org.lionalign.core.recipe.Checks.require;

import java.util.List;

/**
 * A study: one recipe, some choices varied, several seeds. {@code lion study} runs every cell over one store, so that what cells have in common is
 * made once.
 *
 * @param about the question, in a sentence
 * @param recipe the run's recipe
 * @param set overrides for all cells, as {@code --set} takes them
 * @param axes what is varied; their cells are crossed
 * @param seeds at least one; with fewer than two there is no interval over seeds
 * @param measure the model whose score counts, by its name in the comparison, e.g. {@code dpo}
 * @param also further figures: paths into the nodes' summaries, e.g. {@code sft.training_seconds}
 */
public record StudyRecipe(
        String about,
        String recipe,
        List<String> set,
        List<Axis> axes,
        List<Long> seeds,
        String measure,
        List<String> also) {
    public StudyRecipe {
        require(about != null, "about", "a sentence", "nothing");
        require(recipe != null, "recipe", "a run's recipe", "nothing");
        set = set == null ? List.of() : List.copyOf(set);
        require(axes != null && !axes.isEmpty(), "axes", "at least one", "none");
        axes = List.copyOf(axes);
        seeds = seeds == null ? List.of(1L, 2L, 3L) : List.copyOf(seeds);
        require(!seeds.isEmpty(), "seeds", "at least one", "none");
        require(measure != null, "measure", "a model's name", "nothing");
        also = also == null ? List.of() : List.copyOf(also);
    }

    /**
     * A choice.
     *
     * @param cells its values; the first is what the others are compared with
     */
    public record Axis(String name, List<Cell> cells) {
        public Axis {
            require(name != null, "axes.name", "a name", "nothing");
            require(cells != null && cells.size() > 1, "axes." + name + ".cells", "two or more", cells);
            cells = List.copyOf(cells);
        }
    }

    /**
     * A value of a choice.
     *
     * @param set overrides that make it; none for what the recipe says
     */
    public record Cell(String name, List<String> set) {
        public Cell {
            require(name != null, "cells.name", "a name", "nothing");
            set = set == null ? List.of() : List.copyOf(set);
        }
    }
}
