/**
 * Recipes: one strict YAML file per run, bound to records; every error names file, line, key and what was expected.
 *
 * <p>Knows no training. Start with {@link org.lionalign.core.recipe.RecipeReader}.
 */
@NullMarked
package org.lionalign.core.recipe;

import org.jspecify.annotations.NullMarked;
