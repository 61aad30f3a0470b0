/**
 * Training stages as a user runs them: from a recipe and rows to a trained model folder with its evidence.
 *
 * <p>Knows no terminal. Start with {@link org.lionalign.align.stage.Stage}.
 */
@NullMarked
package org.lionalign.align.stage;

import org.jspecify.annotations.NullMarked;
